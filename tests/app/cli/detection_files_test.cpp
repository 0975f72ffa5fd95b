// SPDX-License-Identifier: Apache-2.0
#include "app/cli/detection_files.h"

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <iterator>

#include "app/cli/overlay.h"
#include "tests/app/cli/cli_fixture.h"
#include "tests/support/file_bytes.h"

namespace overfeat::test {
namespace {

using cli::DetectionFiles;
using cli::DetectionFormat;

// One object of 25x20 pixels at (10.5, 20) of a picture of 100x80, made by two votes.
Recognition seenOnce() {
    Recognition seen;
    seen.frame_size = {100, 80};
    seen.labels = std::make_shared<LabelSet>(
        std::vector<ClassLabel>{{"c0", "cat"}, {"c1", "salt, <\"pepper\"> & oil"}}, std::nullopt);
    Detection found;
    found.box = {10.5, 20, 25, 20};
    found.class_index = 1;
    found.score = 0.75F;
    found.confidence = 1.5F;
    found.voters = {0, 1};
    seen.detections.objects.push_back(found);
    return seen;
}

cli::InputFrame frameOf(const std::string& file, std::int64_t frame = 0, std::int64_t number = 0) {
    return {.file = file,
            .frame = frame,
            .image = Image({100, 80}, std::vector<std::uint8_t>(100 * 80 * 3, 128)),
            .number = number};
}

class DetectionFilesTest : public CliTest {
protected:
    DetectionFilesTest() {
        folder_.write("models/boxes.onnx", colourModel({.boxes = true, .background = false}));
    }
};

TEST_F(DetectionFilesTest, YoloGivesCentreAndSizeAsSharesOfThePicture) {
    EXPECT_EQ(cli::yoloText(seenOnce()), "1 0.230000 0.375000 0.250000 0.250000 0.750000\n");
}

TEST_F(DetectionFilesTest, VocCountsPixelsFromOneAndEscapesLabels) {
    const std::string xml = cli::vocXml(frameOf("in/a&b.png"), seenOnce());
    EXPECT_NE(xml.find("<filename>a&amp;b.png</filename>"), std::string::npos) << xml;
    EXPECT_NE(xml.find("<name>salt, &lt;\"pepper\"&gt; &amp; oil</name>"), std::string::npos);
    // The box covers pixels 10..35 and 20..39 counted from 0.
    EXPECT_NE(xml.find("<xmin>11</xmin><ymin>21</ymin><xmax>36</xmax><ymax>40</ymax>"),
              std::string::npos)
        << xml;
}

TEST_F(DetectionFilesTest, CsvQuotesWhatNeedsIt) {
    DetectionFiles files(DetectionFormat::kCsv, path("all.csv"));
    files.add(frameOf("a.png"), seenOnce());
    EXPECT_FALSE(std::filesystem::exists(path("all.csv"))) << "whole or not at all";
    files.finish();
    EXPECT_EQ(test::bytesOf(path("all.csv")),
              "file,frame,index,id,label,score,votes,confidence,x,y,width,height\r\n"
              "a.png,0,1,c1,\"salt, <\"\"pepper\"\"> & oil\",0.750000,2,1.500000,"
              "10.50,20.00,25.00,20.00\r\n");
}

TEST_F(DetectionFilesTest, CocoNumbersPicturesFromOneAndCountsTheEmptyOnes) {
    DetectionFiles files(DetectionFormat::kCoco, path("all.json"));
    Recognition nothing = seenOnce();
    nothing.detections.objects.clear();
    files.add(frameOf("a.png", 0, 0), seenOnce());
    files.add(frameOf("b.png", 0, 1), nothing);
    files.add(frameOf("c.png", 0, 2), seenOnce());
    files.finish();
    const auto results = nlohmann::json::parse(test::bytesOf(path("all.json")));
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[0]["image_id"], 1);
    EXPECT_EQ(results[1]["image_id"], 3);
    EXPECT_EQ(results[0]["category_id"], 1);
    EXPECT_EQ(results[0]["bbox"], (nlohmann::json{10.5, 20, 25, 20}));
    EXPECT_DOUBLE_EQ(results[0]["score"].get<double>(), 0.75);
}

TEST_F(DetectionFilesTest, NoObjectsAreStillACompleteFile) {
    DetectionFiles files(DetectionFormat::kCoco, path("all.json"));
    files.finish();
    EXPECT_EQ(nlohmann::json::parse(test::bytesOf(path("all.json"))), nlohmann::json::array());
}

TEST_F(DetectionFilesTest, PicturesOfTheSameNameDoNotReplaceEachOther) {
    DetectionFiles files(DetectionFormat::kYolo, path("labels"));
    files.add(frameOf("one/a.png"), seenOnce());
    files.add(frameOf("two/a.png"), seenOnce());
    files.add(frameOf("clip.mkv", 7), seenOnce());
    const auto count = std::distance(std::filesystem::directory_iterator(path("labels")), {});
    EXPECT_EQ(count, 3);
    EXPECT_TRUE(std::filesystem::exists(path("labels/a.txt")));
    EXPECT_TRUE(std::filesystem::exists(path("labels/clip-000007.txt")));
}

TEST_F(DetectionFilesTest, TheCommandWritesThemAndHeatMaps) {
    const auto outcome = run({"detect", red(), "--model", path("models/boxes.onnx"), "--format",
                              "coco", "--out", path("all.json"), "--heatmap",
                              "red=" + path("map.npy"), "--threshold", "0.01", "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto found = outcome.objects().at(0)["detections"];
    ASSERT_FALSE(found.empty());
    const auto results = nlohmann::json::parse(test::bytesOf(path("all.json")));
    ASSERT_EQ(results.size(), found.size());
    EXPECT_EQ(results[0]["bbox"], found[0]["box"]);
    EXPECT_EQ(results[0]["category_id"], 0);
    EXPECT_TRUE(std::filesystem::exists(path("map.npy")));
}

TEST_F(DetectionFilesTest, NeverReplacesAnInput) {
    const std::string input = red();
    const std::string before = test::bytesOf(input);
    const std::vector<std::string> start{"detect", input, "--model", path("models/boxes.onnx")};
    for (const std::vector<std::string>& more : std::vector<std::vector<std::string>>{
             {"--overlay", input},
             {"--format", "csv", "--out", path("models/../red.png")},
             {"--heatmap", "red=" + input}}) {
        auto arguments = start;
        arguments.insert(arguments.end(), more.begin(), more.end());
        const auto outcome = run(arguments);
        EXPECT_EQ(outcome.code, 2) << more.front();
        expectOneSentence(outcome.err);
        EXPECT_EQ(test::bytesOf(input), before);
    }
}

TEST_F(DetectionFilesTest, FormatAndOutBelongTogether) {
    EXPECT_EQ(run({"detect", red(), "--format", "csv"}).code, 2);
    EXPECT_EQ(run({"detect", red(), "--out", path("a.csv")}).code, 2);
    EXPECT_EQ(run({"detect", red(), "--format", "xml", "--out", path("a")}).code, 2);
}

}  // namespace
}  // namespace overfeat::test
