// SPDX-License-Identifier: Apache-2.0
#include "app/cli/bench_measurements.h"

#include <fstream>

#include "tests/app/cli/cli_fixture.h"
#include "tests/app/cli/teach_fixture.h"

namespace overfeat::test {
namespace {

class Bench : public CliTest {};
class TaughtBench : public TeachCliTest {};

TEST_F(Bench, ReportsEveryStageAndScale) {
    const auto outcome = run({"bench", "--frame", "64x48", "--runs", "3", "--json", "--layers"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto report = outcome.objects().at(0);
    EXPECT_EQ(report["frame"], (nlohmann::json{64, 48}));
    EXPECT_EQ(report["runs"], 3);
    EXPECT_GT(report["median_ms"].get<double>(), 0);
    EXPECT_GT(report["first_ms"].get<double>(), 0);
    EXPECT_GT(report["resident_bytes"].get<double>(), 1e6);
    EXPECT_NEAR(report["frames_per_second"].get<double>() * report["median_ms"].get<double>(), 1000,
                50);
    for (const char* stage : {"resize", "network", "heads", "voting"}) {
        EXPECT_TRUE(report["timings_ms"].contains(stage)) << stage;
    }
    ASSERT_EQ(report["levels"].size(), 4U);
    std::int64_t sum = 0;
    for (const auto& level : report["levels"]) {
        // The dense colour network: windows of 8 pixels every 4.
        EXPECT_EQ(level["cells"][0].get<int>(), (level["input"][0].get<int>() - 8) / 4 + 1);
        EXPECT_EQ(level["cells"][1].get<int>(), (level["input"][1].get<int>() - 8) / 4 + 1);
        sum += level["multiply_adds"].get<std::int64_t>();
    }
    EXPECT_EQ(report["multiply_adds"], sum);
    EXPECT_GT(sum, 0);
    EXPECT_FALSE(report["layers"].empty());
}

TEST_F(Bench, SingleWindowsHaveTheirCostToo) {
    const auto cost = [this](const std::vector<std::string>& views) {
        std::vector<std::string> command{"bench", "--frame", "64x48", "--runs", "1", "--json"};
        command.insert(command.end(), views.begin(), views.end());
        const auto outcome = run(command);
        EXPECT_EQ(outcome.code, 0) << outcome.err;
        return outcome.objects().at(0)["multiply_adds"].get<std::int64_t>();
    };
    const std::int64_t one = cost({"--views", "center"});
    // Four blocks of 4x4 pixels, 3 channels to 3; the classifier, 3 to 3.
    EXPECT_GE(one, 4 * 16 * 9 + 9);
    EXPECT_EQ(cost({"--views", "ten"}), 10 * one);
    EXPECT_EQ(cost({"--flip"}), 2 * cost({}));
    const std::string model = path("models/default.onnx");
    EXPECT_EQ(cost({"--model", model + "," + model}), 2 * cost({})) << "two that vote";
    const auto refused = run(
        {"bench", "--frame", "64x48", "--runs", "1", "--views", "center", "--against", "windows"});
    EXPECT_EQ(refused.code, 2);
}

TEST_F(TaughtBench, SaysWhatTaughtClassesCost) {
    flag("from/one.png", 8, 30);
    flag("from/two.png", 40, 20);
    const auto outcome = run({"bench", "--frame", "96x96", "--runs", "2", "--taught", "3,1",
                              "--taught-from", path("from"), "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto report = outcome.objects().at(0);
    EXPECT_GE(report["capture_ms"].get<double>(), 0);
    ASSERT_EQ(report["taught"].size(), 3U) << "none, too";
    EXPECT_EQ(report["taught"][0]["classes"], 0);
    EXPECT_EQ(report["taught"][0]["ratio"], 1.0);
    EXPECT_EQ(report["taught"][2]["classes"], 3);
    const auto text = run({"bench", "--frame", "96x96", "--runs", "1", "--taught", "2",
                           "--taught-from", path("from")});
    EXPECT_NE(text.out.find("times none"), std::string::npos) << text.out;
    EXPECT_EQ(run({"bench", "--taught", "2"}).code, 2);
    // No more pictures are read than teach.
    std::ofstream(path("from/zzz.png")) << "no picture";
    const auto two = run({"bench", "--frame", "96x96", "--runs", "1", "--taught", "2",
                          "--taught-from", path("from")});
    EXPECT_EQ(two.err.find("zzz.png"), std::string::npos) << two.err;
    const auto three = run({"bench", "--frame", "96x96", "--runs", "1", "--taught", "3",
                            "--taught-from", path("from")});
    EXPECT_NE(three.err.find("zzz.png"), std::string::npos) << three.err;
}

TEST_F(Bench, DenseEqualsItsWindows) {
    const auto outcome =
        run({"bench", "--frame", "64x48", "--runs", "1", "--json", "--against", "windows"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto windows = outcome.objects().at(0)["against_windows"];
    EXPECT_TRUE(windows["exact"].get<bool>());
    EXPECT_LT(windows["largest_difference"].get<double>(), 1e-5);
    EXPECT_GT(windows["windows"].get<int>(), 10);
    EXPECT_GT(windows["ratio"].get<double>(), 0);
}

TEST_F(Bench, TextHasTheNumbersAPersonLooksFor) {
    const auto outcome = run({"bench", "--frame", "40x40", "--runs", "2", "--layers"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    for (const char* part : {"40x40 frame", "frames/s", "network", "M mult-adds", "MB resident"}) {
        EXPECT_NE(outcome.out.find(part), std::string::npos) << part << "\n" << outcome.out;
    }
}

TEST_F(Bench, RefusesWhatWouldHaveNoEffectBesideASoak) {
    for (const char* other : {"--layers", "--peak"})
        EXPECT_EQ(run({"bench", "--soak", "1", other}).code, 2) << other;
    EXPECT_EQ(run({"bench", "--soak", "1", "--picture", path("nosuch.png")}).code, 2);
}

TEST_F(Bench, SoakPrintsTheSlopeOfMemory) {
    const auto outcome = run({"bench", "--frame", "40x40", "--soak", "1", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto report = outcome.objects().at(0);
    EXPECT_GT(report["frames"].get<int>(), 0);
    EXPECT_TRUE(report["growth_mib_per_minute"].is_number());
}

TEST_F(Bench, PreviewPrintsWhatIsShownWhileTheNetworkRuns) {
    const auto outcome = run({"bench", "--frame", "160x120", "--preview", "1", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto report = outcome.objects().at(0);
    const auto captured = report["captured_per_second"].get<double>();
    EXPECT_GT(captured, 30) << "the camera gives 60, and this network is tiny";
    EXPECT_LE(captured, 65);
    EXPECT_LE(report["shown_per_second"].get<double>(), captured + 2);
    EXPECT_GT(report["shown_per_second"].get<double>(), 15);
    EXPECT_GT(report["recognised_per_second"].get<double>(), 5);
    EXPECT_GT(report["longest_gap_ms"].get<double>(), 10);
    EXPECT_GT(report["latency_ms"].get<double>(), 0);
}

TEST_F(Bench, PreviewSaysWhatIsWrongWithItsVideo) {
    folder_.write("page.mp4", "<!DOCTYPE html><html></html>");
    for (const std::string& video : {path("missing.mp4"), path("page.mp4")}) {
        const auto outcome = run({"bench", "--preview", "1", "--video", video});
        EXPECT_EQ(outcome.code, 3) << video;
        expectOneSentence(outcome.err);
    }
    EXPECT_EQ(run({"bench", "--preview", "1", "--soak", "1"}).code, 2);
}

TEST_F(Bench, TimesVotingAndEveryWayOfMerging) {
    folder_.write("models/boxes.onnx", colourModel({.boxes = true}));
    const auto outcome =
        run({"bench", "--frame", "64x48", "--runs", "2", "--model", "boxes", "--objects",
             "--merge-boxes", "50", "--scales", "2", "--largest", "3", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto report = outcome.objects().at(0);
    EXPECT_GT(report["timings_ms"]["voting"].get<double>(), 0);
    EXPECT_EQ(report["merging"]["boxes"], 50);
    for (const char* merge : {"vote_ms", "nms_ms", "soft_nms_ms"})
        EXPECT_GE(report["merging"][merge].get<double>(), 0) << merge;
    ASSERT_EQ(report["levels"].size(), 2U);
    EXPECT_EQ(report["levels"][1]["input"][1], 24);  // three windows of 8 pixels
    EXPECT_NE(
        run({"bench", "--frame", "64x48", "--runs", "1", "--model", "boxes", "--merge-boxes", "9"})
            .out.find("merging 9 raw boxes"),
        std::string::npos);
}

TEST_F(Bench, FramesMustHaveASensibleSize) {
    for (const char* frame : {"640", "640x", "x480", "0x10", "-5x5", "99999x10", "640x480x3"}) {
        const auto outcome = run({"bench", "--frame", frame});
        EXPECT_EQ(outcome.code, 2) << frame;
        expectOneSentence(outcome.err);
    }
    EXPECT_EQ(run({"bench", "--against", "windows", "--views", "center", "--runs", "1"}).code, 2);
}

TEST(BenchMeasurements, Slope) {
    EXPECT_DOUBLE_EQ(cli::slope({0, 1, 2, 3}, {5, 7, 9, 11}), 2);
    EXPECT_EQ(cli::slope({1, 1}, {2, 3}), 0);
    EXPECT_EQ(cli::slope({1}, {2}), 0);
}

TEST(BenchMeasurements, TheBenchmarkPictureIsAlwaysTheSame) {
    const Image a = cli::benchmarkPicture({33, 17});
    EXPECT_EQ(a.bytes(), cli::benchmarkPicture({33, 17}).bytes());
    EXPECT_NE(a.row(0)[0], a.row(9)[60]);
}

TEST(BenchMeasurements, ThisProcessUsesMemory) {
    const cli::Memory memory = cli::residentMemory();
    EXPECT_GT(memory.resident_bytes, 1 << 20);
    EXPECT_GE(memory.peak_bytes, memory.resident_bytes / 2);
}

}  // namespace
}  // namespace overfeat::test
