// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iterator>

#include "tests/app/cli/cli_fixture.h"

namespace overfeat::test {
namespace {

class Evaluate : public CliTest {
protected:
    // Four pictures of 8x8: two right, one whose label lies, one that is right with a box far off.
    std::string dataset() {
        folder_.write("data/classes.tsv",
                      "index\twnid\tname\tsynonyms\n0\tc2\tblue\tblue\n1\tc0\tred\tred\n"
                      "2\tc1\tgreen\tgreen\n");
        folder_.write("data/val.tsv",
                      "file\tclass\tx1\ty1\tx2\ty2\n"
                      "a.png\t1\t2\t2\t5\t5\n"
                      "b.png\t0\t2\t2\t5\t5\n"
                      "c.png\t2\t2\t2\t5\t5\n"
                      "d.png\t1\t0\t0\t0\t0\n");
        picture("data/val/a.png", {255, 0, 0}, {8, 8});
        picture("data/val/b.png", {0, 0, 255}, {8, 8});
        picture("data/val/c.png", {255, 0, 0}, {8, 8});
        picture("data/val/d.png", {255, 0, 0}, {8, 8});
        return path("data");
    }
};

TEST_F(Evaluate, CountsClassesByTheirIdsAndNotTheirOrder) {
    const auto outcome =
        run({"evaluate", "classification", "--data", dataset(), "--json", "--split", "val"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto report = outcome.objects().at(0);
    EXPECT_EQ(report["pictures"], 4);
    EXPECT_EQ(report["top1_error"], 0.25);
    EXPECT_EQ(report["top5_error"], 0.0);  // there are only three classes
    EXPECT_FALSE(report.contains("mean_iou"));
    EXPECT_NE(outcome.err.find("4 of 4"), std::string::npos);
}

TEST_F(Evaluate, BoxesAreMeasuredWhereTheModelHasThem) {
    folder_.write("models/boxes.onnx", colourModel({.boxes = true}));
    const auto outcome =
        run({"evaluate", "classification", "--data", dataset(), "--json", "--model", "boxes"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto report = outcome.objects().at(0);
    // The model answers the middle half, [2, 6) x [2, 6): exactly right three times, IoU 0 once.
    EXPECT_EQ(report["iou50_share"], 0.75);
    EXPECT_EQ(report["mean_iou"], 0.75);
    EXPECT_EQ(report["localization_top1_error"], 0.5);
    EXPECT_EQ(report["localization_top5_error"], 0.25);
}

TEST_F(Evaluate, BackgroundIsNoAnswer) {
    folder_.write("models/background.onnx", colourModel({.background = true}));
    const auto outcome =
        run({"evaluate", "classification", "--data", dataset(), "--json", "--model", "background"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.objects().at(0)["top1_error"], 0.25);
}

TEST_F(Evaluate, PicturesWithoutAnObjectAreCountedApart) {
    folder_.write("models/background.onnx", colourModel({.background = true}));
    const std::string data = dataset();
    // Of the four pictures one shows its object; three do not, whatever colour they have.
    folder_.write("data/val.tsv",
                  "file\tclass\na.png\t1\t2\t2\t5\t5\nb.png\t-\nc.png\t-\nd.png\t-\n");
    picture("data/val/d.png", {0, 0, 0}, {8, 8});
    const std::vector<std::string> command{"evaluate", "classification", "--data",
                                           data,       "--model",        "background"};
    auto json = command;
    json.emplace_back("--json");
    const auto outcome = run(json);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto report = outcome.objects().at(0);
    EXPECT_EQ(report["pictures"], 1);
    EXPECT_EQ(report["top1_error"], 0.0);
    EXPECT_EQ(report["background_pictures"], 3);
    EXPECT_EQ(report["background_called_object"], 0.6667);
    EXPECT_EQ(report["background_shown"], 0.6667);
    EXPECT_NE(run(command).out.find("called an object"), std::string::npos);

    folder_.write("data/val.tsv", "file\tclass\na.png\t-\nb.png\t-\nc.png\t-\nd.png\t-\n");
    const auto none = run(json).objects().at(0);
    EXPECT_FALSE(none.contains("top1_error"));
    EXPECT_FALSE(none.contains("mean_iou"));
    EXPECT_EQ(none["background_called_object"], 0.75);
}

TEST_F(Evaluate, ADataSetThatCannotBeUsedIsSaidSo) {
    EXPECT_EQ(run({"evaluate", "classification", "--data", path("nowhere")}).code, 3);
    const std::string data = dataset();
    EXPECT_EQ(run({"evaluate", "classification", "--data", data, "--split", "test"}).code, 3);
    std::filesystem::remove(folder_.path() / "data/val/b.png");
    const auto missing = run({"evaluate", "classification", "--data", data});
    EXPECT_EQ(missing.code, 3);
    EXPECT_EQ(missing.out, "");
    folder_.write("data/val/b.png", "no picture");
    EXPECT_EQ(run({"evaluate", "classification", "--data", data}).code, 3);
    folder_.write("data/classes.tsv", "index\twnid\tname\n0\tn0\tdog\n1\tn1\tcat\n2\tn2\tcow\n");
    blue("data/val/b.png");
    const auto foreign = run({"evaluate", "classification", "--data", data});
    EXPECT_EQ(foreign.code, 2);
    EXPECT_NE(foreign.err.find("dog"), std::string::npos);
}

TEST_F(Evaluate, StopsWhenAskedTo) {
    const std::string data = dataset();
    stop_.request_stop();
    EXPECT_EQ(run({"evaluate", "classification", "--data", data}).code, 130);
}

TEST_F(Evaluate, SeveralMergesAreComparedOnOneRun) {
    folder_.write("models/boxes.onnx", colourModel({.boxes = true}));
    const auto outcome = run({"evaluate", "detection", "--data", dataset(), "--model", "boxes",
                              "--merge", "vote,nms,soft-nms", "--json", "--per-class", "--pr-plot",
                              path("curve.svg"), "--dump", path("all.jsonl")});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto report = outcome.objects().at(0);
    EXPECT_EQ(report["pictures"], 4);
    EXPECT_EQ(report["objects"], 4);
    EXPECT_EQ(report["format"], "tiny-imagenet");
    ASSERT_EQ(report["merges"].size(), 3U);
    // In each class the one true object is found: red in a and d with d's box far off, so half of
    // it; blue in b wholly; green never, its picture is red.
    for (const auto& merge : report["merges"]) {
        EXPECT_EQ(merge["classes"].size(), 3U);
        EXPECT_GT(merge["ap50"], 0.0);
        EXPECT_LT(merge["ap50"], 1.0);
        EXPECT_GT(merge["false_detections"], 0);
    }
    EXPECT_EQ(report["merges"][1]["merge"], "nms");
    std::ifstream plot(path("curve.svg"));
    std::string text((std::istreambuf_iterator<char>(plot)), {});
    EXPECT_TRUE(text.starts_with("<svg"));
    EXPECT_NE(text.find("soft-nms, AP50"), std::string::npos);
    std::ifstream dump(path("all.jsonl"));
    std::string line;
    ASSERT_TRUE(std::getline(dump, line));
    EXPECT_TRUE(nlohmann::json::parse(line).contains("true"));
}

TEST_F(Evaluate, TheTableIsComplete) {
    folder_.write("models/boxes.onnx", colourModel({.boxes = true}));
    const auto outcome = run({"evaluate", "detection", "--data", dataset(), "--model", "boxes",
                              "--merge", "vote,nms", "--per-class"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    for (const char* part :
         {"vote ", "nms ", "green", "ms per picture: resize ", "object-free windows"})
        EXPECT_NE(outcome.out.find(part), std::string::npos) << part << "\n" << outcome.out;
}

TEST_F(Evaluate, LocalisationIsAnErrorOfFiveAnswers) {
    folder_.write("models/boxes.onnx", colourModel({.boxes = true}));
    const auto outcome = run({"evaluate", "localization", "--data", dataset(), "--model", "boxes",
                              "--scales", "1", "--largest", "1", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    // One window: a and b are right, c is of another class, d's box is far off.
    EXPECT_EQ(outcome.objects().at(0)["merges"][0]["localization_top1_error"], 0.5);
}

TEST_F(Evaluate, AModelWithoutABoxOutputIsMeasuredByItsEvidence) {
    EXPECT_EQ(run({"evaluate", "detection", "--data", dataset()}).code, 0);
    EXPECT_EQ(run({"evaluate", "detection", "--data", dataset(), "--merge", "glue"}).code, 2);
}

TEST_F(Evaluate, BoxesNeedAModelThatCanSlide) {
    folder_.write("models/still.onnx", colourModel({.boxes = true, .slides = false}));
    const auto outcome = run({"evaluate", "localization", "--data", dataset(), "--model", "still"});
    EXPECT_EQ(outcome.code, 4);
    expectOneSentence(outcome.err);
}

// Hours of measuring are not thrown away for a folder that is not there.
TEST_F(Evaluate, WhatWasMeasuredIsSaidEvenIfAFileCannotBeWritten) {
    folder_.write("models/boxes.onnx", colourModel({.boxes = true}));
    const auto outcome = run({"evaluate", "detection", "--data", dataset(), "--model", "boxes",
                              "--pr-plot", path("nowhere/curve.svg")});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_NE(outcome.out.find("vote"), std::string::npos) << outcome.out;
}

TEST_F(Evaluate, NoFileOfTheDataSetIsReplaced) {
    folder_.write("models/boxes.onnx", colourModel({.boxes = true}));
    const std::string data = dataset();
    std::filesystem::create_hard_link(path("data/val/b.png"), path("same.jsonl"));
    for (const char* output : {"--dump", "--pr-plot"}) {
        for (const char* name : {"data/classes.tsv", "data/val.tsv", "data/val/b.png", "same.jsonl",
                                 "models/boxes.onnx"}) {
            for (const char* kind : {"detection", "localization"}) {
                expectOutputRefused(
                    {"evaluate", kind, "--data", data, "--model", "boxes", output, path(name)},
                    std::filesystem::path(name).filename());
            }
        }
    }
    // What the run does not read may be there already: an earlier dump, another split.
    folder_.write("data/train.tsv", "file\tclass\n");
    EXPECT_EQ(run({"evaluate", "detection", "--data", data, "--model", "boxes", "--dump",
                   path("data/train.tsv")})
                  .code,
              0);
}

TEST_F(Evaluate, ArchivesAreKept) {
    folder_.write("models/boxes.onnx", colourModel({.boxes = true}));
    const std::string data = dataset();
    std::filesystem::rename(path("data/val"), path("data/elsewhere"));
    folder_.write("data/val.tar.xz", "not opened before the outputs are known to be fine");
    expectOutputRefused({"evaluate", "detection", "--data", data, "--model", "boxes", "--dump",
                         path("data/val.tar.xz")},
                        "val.tar.xz");
}

TEST_F(Evaluate, TwoOutputsDoNotShareAFile) {
    folder_.write("models/boxes.onnx", colourModel({.boxes = true}));
    expectOutputRefused({"evaluate", "detection", "--data", dataset(), "--model", "boxes", "--dump",
                         path("one.svg"), "--pr-plot", path("one.svg")},
                        "Two outputs");
}

TEST_F(Evaluate, AnInterruptedRunLeavesNoFiles) {
    folder_.write("models/boxes.onnx", colourModel({.boxes = true}));
    const std::string data = dataset();
    stop_.request_stop();
    EXPECT_EQ(run({"evaluate", "detection", "--data", data, "--model", "boxes", "--pr-plot",
                   path("curve.svg"), "--dump", path("all.jsonl")})
                  .code,
              130);
    EXPECT_FALSE(std::filesystem::exists(path("curve.svg")));
    EXPECT_FALSE(std::filesystem::exists(path("all.jsonl")));
}

}  // namespace
}  // namespace overfeat::test
