// SPDX-License-Identifier: Apache-2.0
#include "engine/learn/class_library.h"

#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <limits>

#include "engine/core/error.h"
#include "tests/engine/learn/library_model.h"
#include "tests/support/stopwatch.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::test {
namespace {

using learn::ClassLibrary;
using learn::NewCapture;

std::vector<NewCapture> captures(const std::vector<std::string>& sources) {
    std::vector<NewCapture> all;
    for (const std::string& source : sources)
        all.push_back(captureNamed(source));
    return all;
}

class ClassLibraryTest : public testing::Test {
protected:
    void reopen() {
        library.reset();
        auto opened = ClassLibrary::open(file);
        EXPECT_EQ(opened.notice, "");
        library = std::move(opened.library);
    }

    // The code of what was thrown, and nothing was changed by it.
    template <typename Action>
    ErrorCode refusal(const Action& action) {
        const auto before = modelOf(*library);
        try {
            action();
        } catch (const Error& error) {
            EXPECT_EQ(modelOf(*library), before);
            EXPECT_TRUE(std::string(error.what()).ends_with('.')) << error.what();
            return error.code();
        }
        ADD_FAILURE() << "nothing was thrown";
        return ErrorCode::kRuntime;
    }

    TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "new folder" / "classes.db";
    std::unique_ptr<ClassLibrary> library = ClassLibrary::open(file).library;
};

TEST_F(ClassLibraryTest, WhatWasTaughtIsThereTomorrow) {
    const std::string mug = library->teach("mug", captures({"left", "right"}));
    const std::string cup = library->teach("  cup ", captures({"one"}));
    EXPECT_EQ(library->teach("MUG", captures({"third"})), mug);
    reopen();
    const auto content = library->content();
    ASSERT_EQ(content->classes.size(), 2U);
    EXPECT_EQ(content->classes[0].id, mug);
    EXPECT_EQ(content->classes[0].name, "mug");
    EXPECT_EQ(content->classes[1].id, cup);
    EXPECT_EQ(content->classes[1].name, "cup");
    ASSERT_EQ(content->classes[0].captures.size(), 3U);
    const learn::Capture& first = content->classes[0].captures[0];
    const NewCapture made = captureNamed("left");
    EXPECT_EQ(first.source, "left");
    EXPECT_EQ(first.class_id, mug);
    EXPECT_EQ(first.box, made.box);
    EXPECT_EQ(first.made_unix_s, made.made_unix_s);
    EXPECT_FALSE(first.negative);
    EXPECT_EQ(library->picture(first.id), made.picture);
    EXPECT_EQ(content->find(cup)->captures.size(), 1U);
    EXPECT_EQ(content->findNamed("Mug")->id, mug);
    EXPECT_EQ(content->findNamed("plate"), nullptr);
    EXPECT_EQ(content->captureCount(), 4U);
    EXPECT_EQ(content->findCapture(first.id)->source, "left");
}

TEST_F(ClassLibraryTest, TheContentIsTheSamePointerUntilSomethingChanges) {
    library->teach("mug", captures({"a"}));
    const auto before = library->content();
    EXPECT_EQ(library->content(), before);
    EXPECT_FALSE(library->changedElsewhere());
    library->teach("cup", captures({"b"}));
    EXPECT_NE(library->content(), before);
    EXPECT_EQ(before->classes.size(), 1U) << "what was handed out does not change";
}

TEST_F(ClassLibraryTest, EverythingOfAClassCanBeSet) {
    const std::string id = library->teach("mug", captures({"a"}));
    library->rename(id, "beer mug");
    library->setThreshold(id, 0.625);
    library->setEnabled(id, false);
    library->setColour(id, 0x102030);
    reopen();
    const auto one = library->content()->classes.at(0);
    EXPECT_EQ(one.name, "beer mug");
    EXPECT_EQ(one.threshold, 0.625);
    EXPECT_FALSE(one.enabled);
    EXPECT_EQ(one.colour, 0x102030);
    library->setThreshold(id, std::nullopt);
    EXPECT_FALSE(library->content()->classes.at(0).threshold);
    // Another spelling of the same name is free.
    library->rename(id, "Beer Mug");
    EXPECT_EQ(library->content()->classes.at(0).name, "Beer Mug");
}

TEST_F(ClassLibraryTest, NegativesBelongToAClassOrToNone) {
    const std::string id = library->teach("mug", captures({"a"}));
    library->addNegatives(id, captures({"a plate"}));
    library->addNegatives({}, captures({"the wall"}));
    reopen();
    const auto content = library->content();
    ASSERT_EQ(content->classes.at(0).captures.size(), 2U);
    EXPECT_TRUE(content->classes[0].captures[1].negative);
    ASSERT_EQ(content->negatives.size(), 1U);
    EXPECT_TRUE(content->negatives[0].negative);
    EXPECT_EQ(content->negatives[0].class_id, "");
    EXPECT_EQ(content->negatives[0].source, "the wall");
}

TEST_F(ClassLibraryTest, ACaptureChangesSides) {
    const std::string mug = library->teach("mug", captures({"a"}));
    const std::string id = library->content()->classes.at(0).captures.at(0).id;
    library->moveCaptures({&id, 1}, mug, true);
    EXPECT_EQ(library->content()->undo->what, "move a counterexample to mug");
    EXPECT_TRUE(library->content()->classes.at(0).captures.at(0).negative);
    library->moveCaptures({&id, 1}, "", true);
    EXPECT_EQ(library->content()->negatives.at(0).id, id);
    EXPECT_TRUE(library->content()->classes.at(0).captures.empty());
    library->moveCaptures({&id, 1}, mug);
    EXPECT_FALSE(library->content()->classes.at(0).captures.at(0).negative);
    library->moveCaptures({&id, 1}, mug);
    EXPECT_EQ(library->undo(), "move a capture to mug");
    EXPECT_EQ(library->content()->negatives.at(0).id, id);
}

TEST_F(ClassLibraryTest, SeveralCapturesMoveAndGoAsOneStep) {
    const std::string mug = library->teach("mug", captures({"a", "b", "c"}));
    const std::string cup = library->teach("cup", captures({"d"}));
    const auto before = library->content()->classes;
    const std::vector<std::string> two{before[0].captures[0].id, before[0].captures[2].id};
    library->moveCaptures(two, cup);
    EXPECT_EQ(library->content()->find(mug)->captures.size(), 1U);
    EXPECT_EQ(library->content()->find(cup)->captures.size(), 3U);
    EXPECT_EQ(library->content()->undo->what, "move 2 captures to cup");
    library->moveCaptures(two, cup);
    EXPECT_EQ(library->content()->undo->what, "move 2 captures to cup") << "nothing to do";
    EXPECT_EQ(library->undo(), "move 2 captures to cup");
    EXPECT_EQ(library->content()->classes, before) << "their order, too";
    library->deleteCaptures(two);
    ASSERT_EQ(library->content()->find(mug)->captures.size(), 1U);
    EXPECT_EQ(library->undo(), "delete 2 captures of mug");
    EXPECT_EQ(library->content()->classes, before);
    library->deleteCaptures({});
    EXPECT_EQ(library->content()->redo->what, "delete 2 captures of mug") << "nothing is no step";
}

// The step that is undone says what went: of whom only if all were of that class, and none twice.
TEST_F(ClassLibraryTest, CapturesNamedTwiceOrOfSeveralClassesAreCountedRight) {
    const std::string mug = library->teach("mug", captures({"a", "b"}));
    const std::string cup = library->teach("cup", captures({"c"}));
    const auto before = library->content()->classes;
    const std::string a = before[0].captures[0].id;
    const std::string c = before[1].captures[0].id;
    library->deleteCaptures(std::vector<std::string>{a, a});
    EXPECT_EQ(library->undo(), "delete a capture of mug");
    library->deleteCaptures(std::vector<std::string>{a, c, a});
    EXPECT_EQ(library->undo(), "delete 2 captures");
    library->moveCaptures(std::vector<std::string>{a, a}, cup);
    EXPECT_EQ(library->content()->find(cup)->captures.size(), 2U);
    EXPECT_EQ(library->undo(), "move a capture to cup");
    EXPECT_EQ(library->content()->classes, before);
}

TEST_F(ClassLibraryTest, ClassesMergeAndSplit) {
    const std::string mug = library->teach("mug", captures({"a", "b"}));
    const std::string cup = library->teach("cup", captures({"c"}));
    library->merge(cup, mug);
    auto content = library->content();
    ASSERT_EQ(content->classes.size(), 1U);
    ASSERT_EQ(content->classes[0].captures.size(), 3U);
    EXPECT_EQ(content->classes[0].captures[2].source, "c");
    const std::vector<std::string> two{content->classes[0].captures[0].id,
                                       content->classes[0].captures[2].id};
    const std::string glass = library->split(two, "glass");
    content = library->content();
    ASSERT_EQ(content->classes.size(), 2U);
    EXPECT_EQ(content->find(glass)->captures.size(), 2U);
    EXPECT_EQ(content->find(mug)->captures.size(), 1U);
    library->moveCaptures({&two[0], 1}, mug);
    EXPECT_EQ(library->content()->find(mug)->captures.back().id, two[0]);
    library->deleteCaptures({&two[1], 1});
    EXPECT_TRUE(library->content()->find(glass)->captures.empty());
    library->deleteClass(mug);
    EXPECT_EQ(library->content()->classes.size(), 1U);
}

TEST_F(ClassLibraryTest, RefusesWhatIsNotThereOrOutsideTheLimits) {
    const std::string mug = library->teach("mug", captures({"a"}));
    const std::string cup = library->addClass("cup");
    const std::string capture = library->content()->find(mug)->captures[0].id;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    NewCapture empty = captureNamed("a");
    empty.picture.clear();
    NewCapture large = captureNamed("a");
    large.picture.resize(learn::kLargestPictureBytes + 1);
    NewCapture flat = captureNamed("a");
    flat.box.height = 0;
    NewCapture nowhere = captureNamed("a");
    nowhere.box.x = nan;
    const std::vector<std::function<void()>> wrong{
        [&] { library->addClass(" "); },
        [&] { library->addClass("\n\x01"); },
        [&] { library->addClass("MUG"); },
        [&] { library->rename(cup, "mug"); },
        [&] { library->rename("nobody", "plate"); },
        [&] { library->setThreshold(mug, 1.5); },
        [&] { library->setThreshold(mug, nan); },
        [&] { library->setColour(mug, 0x1000000); },
        [&] { library->setColour(mug, -2); },
        [&] { library->merge(mug, mug); },
        [&] { library->merge(mug, "nobody"); },
        [&] { library->split({}, "plate"); },
        [&] {
            library->split(std::vector<std::string>{capture, "nobody"}, "plate");
        },
        [&] { library->split(std::vector<std::string>{capture}, "Cup"); },
        [&] {
            library->moveCaptures({&capture, 1}, "nobody");
        },
        [&] {
            library->moveCaptures({&capture, 1}, "");
        },
        [&] {
            library->moveCaptures({&capture, 1}, "nobody", true);
        },
        [&] {
            library->deleteCaptures(std::vector<std::string>{capture, "nobody"});
        },
        [&] { library->deleteClass("nobody"); },
        [&] { library->picture("nobody"); },
        [&] { library->teach("plate", {}); },
        [&] {
            library->teach("plate", std::vector{captureNamed("b"), empty});
        },
        [&] { library->teach("plate", std::vector{large}); },
        [&] { library->teach("plate", std::vector{flat}); },
        [&] { library->teach("plate", std::vector{nowhere}); },
        [&] { library->addCaptures("nobody", captures({"b"})); },
        [&] { library->addCaptures("", captures({"b"})); },
        [&] { library->addNegatives("nobody", captures({"b"})); },
    };
    for (std::size_t i = 0; i < wrong.size(); ++i) {
        EXPECT_EQ(refusal(wrong[i]), ErrorCode::kUsage) << "case " << i;
    }
}

TEST_F(ClassLibraryTest, TextsAreCleaned) {
    const std::string id = library->teach(
        "a\tb\xE2\x80\xAE"
        "c\xFF",
        captures({"a"}));
    EXPECT_EQ(library->content()->find(id)->name, "abc?");
    NewCapture capture = captureNamed("a");
    capture.source = std::string("line\nbreak\0nul", 14);
    library->addCaptures(id, std::vector{capture});
    EXPECT_EQ(library->content()->find(id)->captures.back().source, "linebreaknul");
    // Nothing that is said to SQLite is taken for a command.
    const std::string name = "'; DROP TABLE class; --";
    library->teach(name, captures({"b"}));
    reopen();
    EXPECT_NE(library->content()->findNamed(name), nullptr);
}

learn::StoredEmbedding embeddingOf(const std::string& capture, float value) {
    return {.capture_id = capture,
            .prototypes = {.rows = 2, .columns = 3, .values = {value, 1, 0.2F, 0.3F, -1, -0.0F}},
            .negatives = {.rows = 1, .columns = 3, .values = {0.7F, 0.8F, value}}};
}

TEST_F(ClassLibraryTest, KeepsEmbeddingsPerSpace) {
    library->teach("mug", captures({"a", "b"}));
    const auto all = library->content()->classes.at(0).captures;
    EXPECT_EQ(library->capturesWithoutEmbedding("lite0/1").size(), 2U);
    const std::vector first{embeddingOf(all[0].id, 0.1F)};
    library->storeEmbeddings("lite0/1", first);
    library->storeEmbeddings(
        "other/1", std::vector{embeddingOf(all[0].id, 0.2F), embeddingOf(all[1].id, 0.3F)});
    reopen();
    EXPECT_EQ(library->embeddings("lite0/1"), first);
    EXPECT_EQ(library->capturesWithoutEmbedding("lite0/1"), std::vector<std::string>{all[1].id});
    EXPECT_TRUE(library->capturesWithoutEmbedding("other/1").empty());
    EXPECT_EQ(library->embeddings("other/1").size(), 2U);
    EXPECT_TRUE(library->embeddings("third/1").empty());
    EXPECT_EQ(library->spaces(), (std::vector<std::string>{"lite0/1", "other/1"}));
    library->forgetSpace("other/1");
    EXPECT_EQ(library->spaces(), std::vector<std::string>{"lite0/1"});

    // Replaced, not doubled.
    const std::vector again{embeddingOf(all[0].id, 0.4F)};
    library->storeEmbeddings("lite0/1", again);
    EXPECT_EQ(library->embeddings("lite0/1"), again);
}

// Whatever wrote it: one such number would make every class as like a picture as every other.
TEST_F(ClassLibraryTest, AnEmbeddingThatNoNetworkMakesIsAsIfItWereNotThere) {
    library->teach("mug", captures({"a", "b"}));
    const auto all = library->content()->classes.at(0).captures;
    for (const float wrong : {std::numeric_limits<float>::quiet_NaN(), 1e30F, -1.5F}) {
        const std::vector made{embeddingOf(all[0].id, wrong), embeddingOf(all[1].id, 0.3F)};
        library->storeEmbeddings("lite0/1", made);
        ASSERT_EQ(library->embeddings("lite0/1").size(), 1U) << wrong;
        EXPECT_EQ(library->embeddings("lite0/1")[0], made[1]);
        EXPECT_EQ(library->capturesWithoutEmbedding("lite0/1"), std::vector{all[0].id})
            << "it is made again";
    }
}

TEST_F(ClassLibraryTest, EmbeddingsFollowTheirCapture) {
    library->teach("mug", captures({"a"}));
    const std::string id = library->content()->classes.at(0).captures.at(0).id;
    const std::vector made{embeddingOf(id, 0.5F)};
    library->storeEmbeddings("lite0/1", made);
    library->deleteCaptures({&id, 1});
    EXPECT_TRUE(library->embeddings("lite0/1").empty());
    EXPECT_TRUE(library->capturesWithoutEmbedding("lite0/1").empty());
    library->undo();
    EXPECT_EQ(library->embeddings("lite0/1"), made);
    // Whoever computes in the background may come too late.
    const std::vector stray{embeddingOf("6f0e2f5e-0000-4000-8000-000000000000", 1)};
    library->storeEmbeddings("lite0/1", stray);
    EXPECT_EQ(library->embeddings("lite0/1"), made);
}

TEST_F(ClassLibraryTest, RefusesAnEmbeddingThatIsNone) {
    library->teach("mug", captures({"a"}));
    auto wrong = embeddingOf(library->content()->classes.at(0).captures.at(0).id, 1);
    wrong.prototypes.rows = 3;
    EXPECT_EQ(refusal([&] { library->storeEmbeddings("lite0/1", std::vector{wrong}); }),
              ErrorCode::kUsage);
    wrong.prototypes.rows = -2;
    wrong.prototypes.columns = -3;
    EXPECT_EQ(refusal([&] { library->storeEmbeddings("lite0/1", std::vector{wrong}); }),
              ErrorCode::kUsage);
    EXPECT_EQ(refusal([&] { library->storeEmbeddings("", {}); }), ErrorCode::kUsage);
}

TEST_F(ClassLibraryTest, ThousandsOfCapturesStayFast) {
    constexpr int kClasses = 50;
    constexpr int kEach = 100;
    // Shown, not judged: how long the disk takes is not ours.
    auto elapsed = [since = Stopwatch::now()](const char* what) mutable {
        const std::chrono::duration<double, std::milli> took = Stopwatch::now() - since;
        std::cout << what << ": " << took.count() << " ms\n";
        since = Stopwatch::now();
    };
    for (int c = 0; c < kClasses; ++c) {
        std::vector<NewCapture> many(kEach, captureNamed("many"));
        for (int i = 0; i < kEach; ++i)
            many[static_cast<std::size_t>(i)].source = std::to_string(i);
        library->teach("class " + std::to_string(c), many);
    }
    elapsed("taught 50 times 100 captures");
    reopen();
    elapsed("closed, backed up, checked and opened");
    const auto content = library->content();
    ASSERT_EQ(content->captureCount(), std::size_t{kClasses * kEach});
    for (int i = 0; i < kEach; ++i) {
        EXPECT_EQ(content->classes[7].captures[static_cast<std::size_t>(i)].source,
                  std::to_string(i));
    }
    library->setEnabled(content->classes[3].id, false);
    elapsed("one action");
    EXPECT_NE(library->content(), content);
    elapsed("content");
    library->merge(content->classes[0].id, content->classes[1].id);
    elapsed("merged 100 captures into another class");
    for (int i = 0; i < 1000; ++i)
        EXPECT_FALSE(library->changedElsewhere() && i > 0);
    elapsed("asked a thousand times whether something changed");
    EXPECT_EQ(library->undo(), "merge class 0 into class 1");
    EXPECT_EQ(library->content()->classes[1].captures.size(), std::size_t{kEach});
}

}  // namespace
}  // namespace overfeat::test
