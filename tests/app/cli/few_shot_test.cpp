// SPDX-License-Identifier: Apache-2.0
#include "tests/app/cli/teach_fixture.h"

namespace overfeat::test {
namespace {

class FewShot : public TeachCliTest {
protected:
    // Four pictures each of red and of blue things.
    std::string colours() {
        for (int i = 0; i < 4; ++i) {
            const auto shade = static_cast<std::uint8_t>(255 - 10 * i);
            picture("set/red/" + std::to_string(i) + ".png", {shade, 0, 0});
            picture("set/blue/" + std::to_string(i) + ".png", {0, 0, shade});
        }
        return path("set");
    }

    // The flag at four places, of which the first teaches; in one picture there are two.
    std::string flags() {
        flag("flags/val/0.png", 8, 30);
        flag("flags/val/1.png", 44, 24);
        flag("flags/val/2.png", 20, 24);
        folder_.write("flags/annotations/instances_val.json",
                      R"({"categories":[{"id":1,"name":"flag"}],"images":[
                {"id":0,"file_name":"0.png","width":96,"height":96},
                {"id":1,"file_name":"1.png","width":96,"height":96},
                {"id":2,"file_name":"2.png","width":96,"height":96}],"annotations":[
                {"id":0,"image_id":0,"category_id":1,"bbox":[8,30,40,40]},
                {"id":1,"image_id":1,"category_id":1,"bbox":[44,24,40,40]},
                {"id":2,"image_id":2,"category_id":1,"bbox":[20,24,40,40]}]})");
        return path("flags");
    }
};

TEST_F(FewShot, ClassesAreToldApartByOnePictureOfEach) {
    picture("other/green.png", {0, 255, 0});
    const auto outcome =
        run({"evaluate", "few-shot", "--data", colours(), "--unknown", path("other"), "--ways", "2",
             "--shots", "1,3", "--queries", "2", "--episodes", "20", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto report = outcome.objects().at(0);
    EXPECT_EQ(report["classes"], 2);
    EXPECT_EQ(report["pictures"], 8);
    EXPECT_EQ(report["unknown"], 1);
    // The object, the centre view and four views, plain and centred, each by the nearest row and by
    // the mean.
    ASSERT_EQ(report["rows"].size(), 12U);
    EXPECT_EQ(report["rows"][2]["embedding"], "object CL2N");
    for (const auto& row : report["rows"]) {
        EXPECT_EQ(row["accuracy"], 1.0) << row;
        EXPECT_EQ(row["accepted"], 1.0) << row;
        EXPECT_EQ(row["auroc_unknown"], 1.0) << row;
        EXPECT_EQ(row["accepted_alone"], 1.0) << row;
        EXPECT_EQ(row["auroc_alone"], 1.0) << row;
        ASSERT_EQ(row["episodes"].size(), 2U);
        EXPECT_EQ(row["episodes"][1]["shots"], 3);
        EXPECT_EQ(row["episodes"][1]["accuracy"], 1.0);
        EXPECT_EQ(row["episodes"][1]["interval95"], 0.0);
    }
    const auto table = run({"evaluate", "few-shot", "--data", path("set"), "--ways", "2"});
    ASSERT_EQ(table.code, 0) << table.err;
    EXPECT_NE(table.out.find("object, nearest"), std::string::npos) << table.out;
    EXPECT_NE(table.out.find("100.0 +- 0.0"), std::string::npos) << table.out;
}

TEST_F(FewShot, SomeClassesOnly) {
    colours();
    picture("set/green/0.png", {0, 255, 0});
    picture("set/green/1.png", {0, 245, 0});
    folder_.write("names.txt", "red\ngreen\r\n");
    const auto outcome = run({"evaluate", "few-shot", "--data", path("set"), "--only",
                              path("names.txt"), "--ways", "2", "--episodes", "5", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.objects().at(0)["pictures"], 6);
}

TEST_F(FewShot, BoxesAreFoundFromOneOfEachClass) {
    const auto outcome = run({"evaluate", "few-shot", "--data", flags(), "--split", "val",
                              "--without", red(), "--without", blue(), "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto report = outcome.objects().at(0);
    EXPECT_EQ(report["pictures"], 2) << "but for the one that taught";
    EXPECT_EQ(report["objects"], 2);
    EXPECT_EQ(report["ap50"], 1.0);
    EXPECT_EQ(report["recall"], 1.0);
    EXPECT_EQ(report["false_per_picture"], 0.0);
    EXPECT_EQ(report["empty_frames"], 2);
    EXPECT_EQ(report["empty_objects"], 0);
    // At a threshold that nothing reaches nothing is found.
    const auto strict = run({"evaluate", "few-shot", "--data", path("flags"), "--split", "val",
                             "--threshold", "1", "--json"});
    ASSERT_EQ(strict.code, 0) << strict.err;
    EXPECT_EQ(strict.objects().at(0)["recall"], 0.0);
    const auto table = run({"evaluate", "few-shot", "--data", path("flags"), "--split", "val"});
    EXPECT_NE(table.out.find("AP50 100.0 %"), std::string::npos) << table.out;
    EXPECT_NE(table.out.find("one box each"), std::string::npos) << table.out;
    // Two teach, each also upside down: one picture is left.
    const auto more = run({"evaluate", "few-shot", "--data", path("flags"), "--split", "val",
                           "--examples", "2", "--turns", "2", "--json"});
    ASSERT_EQ(more.code, 0) << more.err;
    EXPECT_EQ(more.objects().at(0)["examples"], 2);
    EXPECT_EQ(more.objects().at(0)["turns"], 2);
    EXPECT_EQ(more.objects().at(0)["pictures"], 1);
    EXPECT_EQ(more.objects().at(0)["recall"], 1.0);
}

TEST_F(FewShot, SomethingElsewhereIsFoundAgain) {
    flag("things/flag/0.png", 28, 28);
    flag("things/turned/0.png", 28, 28, true);
    picture("behind/grey.png", {128, 128, 128});
    const std::vector<std::string> command{"evaluate",     "few-shot",  "--data",
                                           path("things"), "--unknown", path("behind"),
                                           "--live-like",  "3"};
    auto as_json = command;
    as_json.emplace_back("--json");
    const auto outcome = run(as_json);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto report = outcome.objects().at(0);
    EXPECT_EQ(report["classes"], 2);
    EXPECT_EQ(report["scenes"], 6);
    EXPECT_EQ(report["backgrounds"], 1);
    EXPECT_EQ(report["false_per_background"], 0.0) << "there is nothing";
    EXPECT_EQ(run(as_json).objects().at(0), report) << "the same scenes every time";
    const auto text = run(command);
    EXPECT_NE(text.out.find("2 things in 6 scenes"), std::string::npos) << text.out;
    EXPECT_EQ(run({"evaluate", "few-shot", "--data", path("things"), "--live-like", "3"}).code, 2)
        << "before what?";
    picture("more/white.png", {250, 250, 250});
    as_json.insert(as_json.end(), {"--unknown", path("more")});
    EXPECT_EQ(run(as_json).objects().at(0)["backgrounds"], 2) << "of all sets";
    for (const std::vector<std::string>& ignored :
         {std::vector<std::string>{"--only", path("names")},
          {"--shots", "1"},
          {"--draws", "3"},
          {"--without", path("behind")}}) {
        auto with = command;
        with.insert(with.end(), ignored.begin(), ignored.end());
        const auto refused = run(with);
        EXPECT_EQ(refused.code, 2) << ignored[0];
        EXPECT_NE(refused.err.find(ignored[0]), std::string::npos) << refused.err;
    }
}

TEST_F(FewShot, WhatCannotBeMeasuredIsSaid) {
    const auto few = run({"evaluate", "few-shot", "--data", colours()});
    EXPECT_EQ(few.code, 2) << "two classes, and five ways";
    EXPECT_NE(few.err.find("5 are wanted"), std::string::npos) << few.err;
    EXPECT_EQ(run({"evaluate", "few-shot", "--data", path("nothing")}).code, 3);
    EXPECT_EQ(run({"evaluate", "few-shot", "--data", path("set"), "--only", path("no")}).code, 3);
    EXPECT_EQ(run({"evaluate", "few-shot", "--data", path("set"), "--split", "val"}).code, 3);
    const auto plain = run({"evaluate", "few-shot", "--data", path("set"), "--model", "plain"});
    EXPECT_EQ(plain.code, 4);
    expectOneSentence(plain.err);
    EXPECT_EQ(
        run({"evaluate", "few-shot", "--data", flags(), "--split", "val", "--model", "plain"}).code,
        4);
}

}  // namespace
}  // namespace overfeat::test
