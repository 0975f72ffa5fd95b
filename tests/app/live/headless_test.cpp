// SPDX-License-Identifier: Apache-2.0
#include "app/live/headless.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/app/live/fakes.h"
#include "tests/app/video/played.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::app {
namespace {

class HeadlessTest : public ::testing::Test {
protected:
    void start(const std::string& source, const std::string& model = "m") {
        arguments_.headless = true;
        arguments_.source = source;
        arguments_.model = model;
        run_ = std::make_unique<HeadlessRun>(test::fakeParts(world_), arguments_, out_, log_);
        QObject::connect(run_.get(), &HeadlessRun::finished, [this](int code) { code_ = code; });
        run_->start();
    }
    int ending() {
        EXPECT_TRUE(test::waitFor([this] { return code_ >= 0; }));
        return code_;
    }
    test::TemporaryFolder folder_;
    std::shared_ptr<test::World> world_ = std::make_shared<test::World>();
    Arguments arguments_;
    std::ostringstream out_;
    std::ostringstream log_;
    std::unique_ptr<HeadlessRun> run_;
    int code_ = -1;
};

TEST_F(HeadlessTest, PrintsWhatItSeesUntilTheSourceEnds) {
    start("short.mp4");
    EXPECT_EQ(ending(), 0);
    EXPECT_EQ(world_->frames_made, 10);
    std::istringstream lines(out_.str());
    std::string first;
    std::getline(lines, first);
    EXPECT_EQ(first, "    0.0 s  left 0.750, right 0.250");
    // Once a second while nothing changes: on a busy machine ten frames may take longer than that.
    int others = 0;
    for (std::string line; std::getline(lines, line); ++others)
        EXPECT_NE(line.find("left 0.750, right 0.250"), std::string::npos);
    EXPECT_LE(others, 8);
    EXPECT_NE(log_.str().find("fake"), std::string::npos) << "the device is named";
}

TEST_F(HeadlessTest, PrintsOneObjectPerLineAsJson) {
    arguments_.json = true;
    arguments_.after_frames = 4;
    start("good.mp4");
    EXPECT_EQ(ending(), 0);
    std::istringstream lines(out_.str());
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        const auto object = nlohmann::json::parse(line);
        EXPECT_EQ(object["file"], "good.mp4");
        EXPECT_GE(object["frame"], 0);
        EXPECT_EQ(object["classes"][0]["label"], "left");
        EXPECT_EQ(object["classes"][0]["id"], "n1");
        EXPECT_FLOAT_EQ(object["classes"][0]["score"], 0.75F);
        EXPECT_DOUBLE_EQ(object["timings_ms"]["network"], 5) << "1 ms, and 1 for each scale";
    }
    EXPECT_EQ(count, 4);
}

TEST_F(HeadlessTest, NamesTheObjectsItFinds) {
    start("short.mp4", "boxes.onnx");
    EXPECT_EQ(ending(), 0);
    EXPECT_NE(out_.str().find("right 0.250 | objects: left 0."), std::string::npos) << out_.str();
    out_.str({});
    code_ = -1;
    arguments_.json = true;
    arguments_.after_frames = 1;
    start("good.mp4", "boxes.onnx");
    EXPECT_EQ(ending(), 0);
    const auto object = nlohmann::json::parse(out_.str())["detections"].at(0);
    EXPECT_EQ(object["label"], "left");
    EXPECT_EQ(object["votes"], 8);
    EXPECT_EQ(object["box"], (std::vector<double>{8, 8, 30, 30}));
}

TEST_F(HeadlessTest, WritesAPlayableVideo) {
    const auto file = folder_.path() / "seen.mkv";
    arguments_.record = file.string();
    start("short.mp4");
    EXPECT_EQ(ending(), 0);
    EXPECT_GE(video::test::play(file).pictures.size(), 3U);
    EXPECT_NE(log_.str().find("The annotated video is in"), std::string::npos);
}

TEST_F(HeadlessTest, APictureIsLookedAtOnce) {
    start("picture.png");
    EXPECT_EQ(ending(), 0);
    EXPECT_EQ(world_->processed, 1);
}

TEST_F(HeadlessTest, AnInterruptionKeepsWhatWasRecorded) {
    const auto file = folder_.path() / "seen.mkv";
    arguments_.record = file.string();
    arguments_.json = true;
    start("good.mp4");
    // A line for each result, which is recorded in the same go; what the network has looked at may
    // not have come here yet.
    ASSERT_TRUE(test::waitFor([this] { return std::ranges::count(out_.str(), '\n') >= 3; }));
    run_->interrupt();
    EXPECT_EQ(ending(), 130);
    EXPECT_GE(video::test::play(file).pictures.size(), 2U);
}

TEST_F(HeadlessTest, EndsWithTheExitCodeAndSentenceOfWhatIsWrong) {
    struct Case {
        const char* source;
        const char* model;
        int code;
        const char* part;
    };
    for (const Case& c : {Case{"missing.mp4", "m", 3, "There is no file missing.mp4."},
                          Case{"broken.mp4", "m", 3, "is broken."},
                          Case{"good.mp4", "bad.onnx", 4, "is a web page."},
                          Case{"good.mp4", "frail.onnx", 4, "no finite number"}}) {
        code_ = -1;
        log_.str({});
        start(c.source, c.model);
        EXPECT_EQ(ending(), c.code) << c.source << " " << c.model;
        EXPECT_NE(log_.str().find(c.part), std::string::npos) << log_.str();
    }
    code_ = -1;
    arguments_.record = (folder_.path() / "no folder" / "x.mkv").string();
    start("good.mp4");
    EXPECT_EQ(ending(), 1);
    EXPECT_NE(log_.str().find("cannot be written"), std::string::npos) << log_.str();
}

}  // namespace
}  // namespace overfeat::app
