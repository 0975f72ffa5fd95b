// SPDX-License-Identifier: Apache-2.0
#include <iterator>
#include <opencv2/imgcodecs.hpp>

#include "tests/app/cli/cli_fixture.h"
#include "tests/support/file_bytes.h"

namespace overfeat::test {
namespace {

class Classify : public CliTest {};

std::vector<std::string> keys(const nlohmann::ordered_json& object) {
    std::vector<std::string> names;
    for (const auto& item : object.items())
        names.push_back(item.key());
    return names;
}

TEST_F(Classify, TellsRedFromBlueWithEveryKindOfView) {
    for (const char* views : {"center", "ten", "dense"}) {
        const auto outcome = run({"classify", red(), blue(), "--json", "--views", views});
        ASSERT_EQ(outcome.code, 0) << views << ": " << outcome.err;
        const auto objects = outcome.objects();
        ASSERT_EQ(objects.size(), 2U);
        EXPECT_EQ(objects[0]["classes"][0]["label"], "red") << views;
        EXPECT_EQ(objects[0]["classes"][0]["id"], "c0");
        EXPECT_EQ(objects[0]["classes"][0]["index"], 0);
        EXPECT_EQ(objects[1]["classes"][0]["label"], "blue") << views;
        // softmax(8, 0, 0): every window of a picture of one colour says the same.
        EXPECT_NEAR(objects[0]["classes"][0]["score"].get<double>(), 0.99933, 1e-4) << views;
    }
}

TEST_F(Classify, JsonHasTheKeysOfTheContractInTheirOrder) {
    const auto outcome = run({"classify", red(), "--json", "--top", "2"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto object = nlohmann::ordered_json::parse(outcome.out);
    EXPECT_EQ(keys(object),
              (std::vector<std::string>{"file", "frame", "time", "classes", "timings_ms"}));
    EXPECT_EQ(object["file"], path("red.png"));
    EXPECT_EQ(object["frame"], 0);
    ASSERT_EQ(object["classes"].size(), 2U);
    EXPECT_EQ(keys(object["classes"][0]),
              (std::vector<std::string>{"index", "id", "label", "score"}));
    EXPECT_EQ(keys(object["timings_ms"]),
              (std::vector<std::string>{"resize", "network", "heads", "voting", "total"}));
}

TEST_F(Classify, TextNamesTheFileAndTheClasses) {
    const auto outcome = run({"classify", red(), "--top", "1"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, path("red.png") + "\n  0.999  red  (c0)\n");
}

TEST_F(Classify, FoldersAreReadInOrderOfTheirNames) {
    blue("folder/b.png");
    red("folder/a.png");
    red("folder/.hidden.png");
    folder_.write("folder/notes.txt", "no picture");
    const auto outcome = run({"classify", path("folder"), "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto objects = outcome.objects();
    ASSERT_EQ(objects.size(), 2U);
    EXPECT_EQ(objects[0]["file"], path("folder/a.png"));
    EXPECT_EQ(objects[1]["file"], path("folder/b.png"));
    EXPECT_NE(outcome.err.find("'notes.txt'"), std::string::npos) << "left out: " << outcome.err;
    EXPECT_EQ(outcome.err.find("hidden"), std::string::npos) << outcome.err;
}

TEST_F(Classify, ABadInputIsReportedAndTheOthersAreAnswered) {
    const auto outcome = run({"classify", path("missing.png"), red(), "--json"});
    EXPECT_EQ(outcome.code, 3);
    expectOneSentence(outcome.err);
    EXPECT_NE(outcome.err.find("missing.png"), std::string::npos);
    ASSERT_EQ(outcome.objects().size(), 1U);
    EXPECT_EQ(outcome.objects()[0]["classes"][0]["label"], "red");
}

TEST_F(Classify, SeveralModelsVote) {
    folder_.write("models/second.onnx", colourModel({.boxes = true, .background = false}));
    const auto outcome = run({"classify", red(), "--json", "--model", "default,second"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(outcome.objects()[0]["classes"][0]["label"], "red");
}

// Left half red, right half blue.
std::string twoColours(const std::filesystem::path& path) {
    Image image(SizePx{64, 32});
    for (int y = 0; y < 32; ++y) {
        for (int x = 0; x < 64; ++x)
            image.row(y)[x * 3 + (x < 32 ? 0 : 2)] = 255;
    }
    capture::writePicture(path, image);
    return path.string();
}

TEST_F(Classify, HeatMapsAreInTheCoordinatesOfThePicture) {
    const std::string file = twoColours(folder_.path() / "two.png");
    const auto outcome = run({"classify", "--heatmap", "red=" + path("red.npy"), "--heatmap",
                              "blue=" + path("blue.png"), file});
    ASSERT_EQ(outcome.code, 0) << outcome.err;

    const std::string npy = bytesOf(path("red.npy"));
    ASSERT_GT(npy.size(), 128U);
    EXPECT_NE(npy.find("'descr': '<f4'"), std::string::npos);
    EXPECT_NE(npy.find("'shape': (32, 64)"), std::string::npos);
    constexpr std::size_t kCount = 32 * 64;
    std::vector<float> values(kCount);
    std::memcpy(values.data(), npy.data() + npy.size() - kCount * 4, kCount * 4);
    EXPECT_GT(values[16 * 64 + 4], 0.95F);
    EXPECT_LT(values[16 * 64 + 60], 0.05F);

    const cv::Mat png = cv::imread(path("blue.png"), cv::IMREAD_UNCHANGED);
    ASSERT_EQ(png.type(), CV_16UC1);
    ASSERT_EQ(png.size(), cv::Size(64, 32));
    EXPECT_LT(png.at<std::uint16_t>(16, 4), 0.05 * 65535);
    EXPECT_GT(png.at<std::uint16_t>(16, 60), 0.95 * 65535);
}

TEST_F(Classify, HeatMapsOfSeveralPicturesAreNumbered) {
    const auto outcome = run({"classify", red(), blue(), "--heatmap", "red=" + path("map.npy")});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(std::filesystem::exists(path("map-000000.npy")));
    EXPECT_TRUE(std::filesystem::exists(path("map-000001.npy")));
    EXPECT_FALSE(std::filesystem::exists(path("map.npy")));
}

TEST_F(Classify, HeatMapWishesThatCannotBeMetAreUsageErrors) {
    const std::vector<std::vector<std::string>> wrong{
        {"--heatmap", "red"},
        {"--heatmap", "red=" + path("map.gif")},
        {"--heatmap", "purple=" + path("map.npy")},
        {"--heatmap", "red=" + path("map.npy"), "--views", "center"}};
    for (auto arguments : wrong) {
        arguments.insert(arguments.begin(), {"classify", red()});
        const auto outcome = run(arguments);
        EXPECT_EQ(outcome.code, 2) << outcome.err;
        expectOneSentence(outcome.err);
        EXPECT_EQ(outcome.out, "");
    }
    EXPECT_NE(run({"classify", red(), "--heatmap", "re=" + path("map.npy")}).err.find("'red'"),
              std::string::npos);
}

TEST_F(Classify, AStopRequestEndsWith130) {
    stop_.request_stop();
    const auto outcome = run({"classify", red()});
    EXPECT_EQ(outcome.code, 130);
    expectOneSentence(outcome.err);
}

}  // namespace
}  // namespace overfeat::test
