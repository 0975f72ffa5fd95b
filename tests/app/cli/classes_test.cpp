// SPDX-License-Identifier: Apache-2.0
#include "tests/app/cli/teach_fixture.h"

namespace overfeat::test {
namespace {

class Classes : public TeachCliTest {
protected:
    Outcome classes(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), "classes");
        arguments.insert(arguments.end(), {"--library", library()});
        return run(arguments);
    }
    void expectRefused(const std::vector<std::string>& arguments, int code) {
        const auto outcome = classes(arguments);
        EXPECT_EQ(outcome.code, code) << outcome.err;
        expectOneSentence(outcome.err);
        EXPECT_EQ(outcome.out, "");
    }
};

TEST_F(Classes, ListSaysWhatThereIs) {
    expectRefused({"list"}, 3);
    teachFlag();
    const auto one = listed().at(0);
    EXPECT_EQ(one["label"], "flag");
    EXPECT_EQ(one["captures"], 1);
    EXPECT_EQ(one["negatives"], 0);
    EXPECT_TRUE(one["threshold"].is_null());
    EXPECT_EQ(one["enabled"], true);
    EXPECT_EQ(classes({"list"}).out,
              "flag                      1 capture, threshold 0.47 (auto)\n");
    ASSERT_EQ(classes({"remove", "flag"}).code, 0);
    const auto empty = classes({"list"});
    EXPECT_EQ(empty.code, 0);
    EXPECT_EQ(empty.out, "");
    expectOneSentence(empty.err);
}

TEST_F(Classes, AThresholdAndASwitchChangeWhatIsFound) {
    teachFlag();
    const std::string two = flag("two.png", 48, 16);
    const auto found = [&] {
        const auto outcome = run({"detect", two, "--library", library(), "--json"});
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        return taughtIn(outcome.objects().at(0)).size();
    };
    EXPECT_EQ(found(), 1U);
    const auto strict = classes({"set", "flag", "--threshold", "1", "--json"});
    ASSERT_EQ(strict.code, 0) << strict.err;
    EXPECT_EQ(strict.objects().at(0)["threshold"], 1.0);
    EXPECT_EQ(found(), 0U) << "nothing is the same to the last bit";
    const auto usual = classes({"set", "flag", "--threshold", "auto", "--json"});
    EXPECT_TRUE(usual.objects().at(0)["threshold"].is_null());
    EXPECT_EQ(found(), 1U);
    EXPECT_EQ(classes({"set", "flag", "--enabled", "no", "--json"}).objects().at(0)["enabled"],
              false);
    EXPECT_EQ(found(), 0U);
    EXPECT_EQ(classes({"set", "flag", "--enabled", "yes"}).code, 0);
    EXPECT_EQ(found(), 1U);
    for (const char* wrong : {"2", "-0.1", "nan", "much", ""})
        expectRefused({"set", "flag", "--threshold", wrong}, 2);
    expectRefused({"set", "flag"}, 2);
    expectRefused({"set", "flag", "--enabled", "maybe"}, 2);
}

TEST_F(Classes, AreRenamedMergedAndRemovedByName) {
    teachFlag();
    teachFlag("banner");
    EXPECT_EQ(classes({"rename", "banner", "pennant", "--json"}).objects().at(0)["label"],
              "pennant");
    expectRefused({"rename", "pennant", "FLAG"}, 2);
    expectRefused({"rename", "penna", "x"}, 2);
    EXPECT_NE(classes({"remove", "penna"}).err.find("did you mean 'pennant'?"), std::string::npos);
    const auto merged = classes({"merge", "pennant", "flag", "--json"}).objects().at(0);
    EXPECT_EQ(merged["label"], "flag");
    EXPECT_EQ(merged["captures"], 2);
    expectRefused({"merge", "flag", "flag"}, 2);
    const auto removed = classes({"remove", "flag", "--json"});
    EXPECT_EQ(removed.objects().at(0)["removed"], true);
    EXPECT_TRUE(listed().empty());
    expectRefused({"remove", "flag"}, 2);
}

TEST_F(Classes, EveryChangeIsUndoneAndRedone) {
    teachFlag();
    ASSERT_EQ(classes({"remove", "flag"}).code, 0);
    EXPECT_EQ(classes({"undo", "--json"}).objects().at(0)["undone"], "delete flag");
    EXPECT_EQ(listed().size(), 1U);
    EXPECT_EQ(classes({"redo"}).out, "redone: delete flag\n");
    EXPECT_TRUE(listed().empty());
    EXPECT_EQ(classes({"undo"}).code, 0);
    EXPECT_EQ(classes({"undo"}).out, "undone: teach flag\n");
    EXPECT_EQ(classes({"undo"}).out, "nothing to undo\n");
    EXPECT_TRUE(classes({"undo", "--json"}).objects().at(0)["undone"].is_null());
}

TEST_F(Classes, TravelInOneFile) {
    teachFlag();
    teachFlag("banner");
    const std::string file = path("out.classes");
    EXPECT_EQ(classes({"export", file, "flag", "--json"}).objects().at(0)["classes"], 1);
    expectRefused({"export", library()}, 2);
    expectRefused({"export", file, "flags"}, 2);
    const std::string elsewhere = path("elsewhere.overfeat");
    const auto imported = run({"classes", "import", file, "--library", elsewhere, "--json"});
    ASSERT_EQ(imported.code, 0) << imported.err;
    EXPECT_EQ(imported.objects().at(0)["new_classes"], 1);
    EXPECT_EQ(imported.objects().at(0)["new_captures"], 1);
    const auto found = run({"detect", flag("two.png", 48, 16), "--library", elsewhere, "--json"});
    ASSERT_EQ(found.code, 0) << found.err;
    EXPECT_EQ(taughtIn(found.objects().at(0)).size(), 1U);
    const auto again = run({"classes", "import", file, "--library", elsewhere, "--json"});
    EXPECT_EQ(again.objects().at(0)["known_captures"], 1);

    // Where another class has that name.
    const std::string third = path("third.overfeat");
    const auto teach = [&](const std::string& name) {
        return run({"teach", name, boxed(flag("three.png", 20, 20), 20, 20), "--library", third})
            .code;
    };
    ASSERT_EQ(teach("Flag"), 0);
    const auto both = run({"classes", "import", file, "--library", third, "--keep-both", "--json"});
    EXPECT_EQ(both.objects().at(0)["new_classes"], 1);
    EXPECT_EQ(run({"classes", "list", "--library", third, "--json"}).objects().size(), 2U);

    folder_.write("hostile", "SQLite format 3 and nothing else");
    for (const char* wrong : {"hostile", "missing", "two.png"}) {
        const auto refused = run({"classes", "import", path(wrong), "--library", elsewhere});
        EXPECT_EQ(refused.code, 3) << wrong << refused.err;
        expectOneSentence(refused.err);
    }
}

TEST_F(Classes, NoHomeNoLibrary) {
    std::ostringstream out;
    std::ostringstream err;
    cli::Console console{out, err, {}};
    const store::ModelStore models({folder_.path() / "models"}, {});
    EXPECT_EQ(cli::run({"classes", "list"}, models, console), 2);
    EXPECT_NE(err.str().find("--library FILE"), std::string::npos) << err.str();
}

}  // namespace
}  // namespace overfeat::test
