// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iterator>

#include "tests/app/cli/cli_fixture.h"

namespace overfeat::test {
namespace {

class Detect : public CliTest {};

TEST_F(Detect, AModelThatCannotSlideIsRefusedRatherThanFindingNothing) {
    folder_.write("models/still.onnx", colourModel({.boxes = true, .slides = false}));
    const auto outcome = run({"detect", red(), "--model", "still"});
    EXPECT_EQ(outcome.code, 4);
    expectOneSentence(outcome.err);
    EXPECT_NE(outcome.err.find("cannot slide"), std::string::npos);
}

// The colour model of the fixture has no box output; its evidence says where things are.
TEST_F(Detect, AModelWithoutABoxOutputFindsObjectsByItsEvidence) {
    const auto outcome = run({"detect", red(), "--json", "--threshold", "0.01"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto found = nlohmann::json::parse(outcome.out)["detections"];
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0]["label"], "red");
}

TEST_F(Detect, RefusesOptionsThatMeanNothing) {
    EXPECT_EQ(run({"detect", red(), "--threshold", "2"}).code, 2);
    EXPECT_EQ(run({"detect", red(), "--merge", "average"}).code, 2);
    EXPECT_EQ(run({"detect", red(), "--min-votes", "0"}).code, 2);
    EXPECT_EQ(run({"detect", red(), "--overlay", "boxes.txt"}).code, 2);
    EXPECT_EQ(run({"detect", red(), "--views", "center"}).code, 2);
}

TEST_F(Detect, AClassMayHaveItsOwnThreshold) {
    folder_.write("models/boxes.onnx", colourModel({.boxes = true}));
    const std::vector<std::string> command{"detect", red(),         "--model", "boxes",
                                           "--json", "--threshold", "0.01"};
    const auto with = [&](const std::string& threshold) {
        auto all = command;
        all.insert(all.end(), {"--class-threshold", threshold});
        return run(all);
    };
    const auto labelled = [](const Outcome& outcome, const std::string& label) {
        const auto answer = outcome.objects().at(0);
        int count = 0;
        for (const auto& object : answer["detections"])
            if (object["label"] == label) ++count;
        return count;
    };
    const auto plain = run(command);
    ASSERT_EQ(plain.code, 0) << plain.err;
    ASSERT_GT(labelled(plain, "red"), 0) << plain.out;
    EXPECT_EQ(labelled(with("red=1"), "red"), 0);
    EXPECT_EQ(labelled(with("blue=1"), "red"), labelled(plain, "red"));
    for (const char* wrong : {"red", "red=", "=0.5", "red=2", "red=nan", "purple=0.5"}) {
        const auto refused = with(wrong);
        EXPECT_EQ(refused.code, 2) << wrong;
        expectOneSentence(refused.err);
    }
}

TEST_F(Detect, PicturesOfOnePixelAndOfTwentyMegapixels) {
    folder_.write("models/boxes.onnx", colourModel({.boxes = true}));
    for (const SizePx size : {SizePx{1, 1}, SizePx{5000, 4000}}) {
        const auto outcome = run({"detect", picture("odd.png", {255, 0, 0}, size), "--model",
                                  "boxes", "--threshold", "0", "--json"});
        ASSERT_EQ(outcome.code, 0) << outcome.err;
        const auto answer = outcome.objects().at(0);
        EXPECT_EQ(answer["width"], size.width);
        EXPECT_FALSE(answer["detections"].empty());
        for (const auto& found : answer["detections"]) {
            EXPECT_GE(found["box"][1].get<double>(), 0);
            EXPECT_LE(found["box"][1].get<double>() + found["box"][3].get<double>(),
                      size.height + 0.01);
        }
    }
}

// With the real network and a real picture where both are there.
TEST_F(Detect, FindsThingsOnTheDemoPicture) {
    const std::filesystem::path root = OVERFEAT_ROOT;
    const std::string table = (root / "resources/demo/table.png").string();
    const std::string model = (root / "models/default.onnx").string();
    for (const char* merge : {"vote", "nms", "soft-nms"}) {
        const auto outcome = run({"detect", table, "--model", model, "--json", "--raw", "--merge",
                                  merge, "--overlay", path("boxes.png")});
        ASSERT_EQ(outcome.code, 0) << outcome.err;
        const auto object = outcome.objects().at(0);
        EXPECT_EQ(object["width"], 640);
        ASSERT_FALSE(object["detections"].empty()) << merge;
        double previous = 1e9;
        for (const auto& found : object["detections"]) {
            EXPECT_GE(found["score"].get<double>(), 0.2);
            EXPECT_LE(found["confidence"].get<double>(), previous);
            previous = found["confidence"].get<double>();
            EXPECT_GE(found["box"][0].get<double>(), 0);
            EXPECT_LE(found["box"][0].get<double>() + found["box"][2].get<double>(), 640.01);
        }
        EXPECT_GE(object["raw"].size(), object["detections"].size());
        EXPECT_EQ(capture::readPicture(path("boxes.png")).size(), (SizePx{640, 480}));
    }
}

}  // namespace
}  // namespace overfeat::test
