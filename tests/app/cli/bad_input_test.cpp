// SPDX-License-Identifier: Apache-2.0
//
// What people and the world do to a program: every case has an exit code and one sentence.
#include <opencv2/imgcodecs.hpp>
#include <opencv2/videoio.hpp>

#include "tests/app/cli/cli_fixture.h"

namespace overfeat::test {
namespace {

class BadInput : public CliTest {
protected:
    // Runs classify on one input that cannot be used.
    void expectRefused(const std::string& input, const std::string& word) {
        const auto outcome = run({"classify", "--json", input});
        EXPECT_EQ(outcome.code, 3) << input;
        EXPECT_EQ(outcome.out, "") << input;
        expectOneSentence(outcome.err);
        EXPECT_NE(outcome.err.find(word), std::string::npos) << outcome.err;
    }
    void expectLabel(const std::string& input, const std::string& label) {
        const auto outcome = run({"classify", "--json", input});
        ASSERT_EQ(outcome.code, 0) << input << ": " << outcome.err;
        EXPECT_EQ(outcome.objects().at(0)["classes"][0]["label"], label) << input;
    }
    void expectModelRefused(const std::string& name, std::string_view bytes,
                            const std::string& word) {
        const auto file = folder_.write(name, bytes);
        const auto outcome = run({"classify", red(), "--model", file.string()});
        EXPECT_EQ(outcome.code, 4) << name << ": " << outcome.err;
        EXPECT_EQ(outcome.out, "");
        expectOneSentence(outcome.err);
        EXPECT_NE(outcome.err.find(word), std::string::npos) << outcome.err;
    }
    // A video that turns from red to blue in its middle.
    std::string video(const std::string& name, int frames) {
        cv::VideoWriter writer(path(name), cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 25,
                               cv::Size(64, 48));
        for (int i = 0; i < frames; ++i) {
            writer.write(cv::Mat(48, 64, CV_8UC3,
                                 i < frames / 2 ? cv::Scalar(0, 0, 255) : cv::Scalar(255, 0, 0)));
        }
        writer.release();
        return path(name);
    }
};

// A PNG header that claims a size, with a right check sum or not: it must be refused before that.
// 50,000 pixels square, and none of them there.
std::string hugePng() {
    using namespace std::string_literals;
    return "\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR\0\0\xC3\x50\0\0\xC3\x50\x08\x02\0\0\0\xC4\xCD\xAA\x9D"
           "\0\0\0\0IDAT\x35\xAF\x06\x1E\0\0\0\0IEND\xAE\x42\x60\x82"s;
}

TEST_F(BadInput, FilesThatAreNotThere) {
    expectRefused(path("missing.png"), "missing.png");
    expectRefused("", "''");
    expectRefused(path("missing/deeper.mp4"), "deeper.mp4");
}

TEST_F(BadInput, FilesThatAreNoPictures) {
    expectRefused(folder_.write("empty.png", "").string(), "empty");
    expectRefused(folder_.write("text.png", "Dear Sir or Madam").string(), "not a picture");
    expectRefused(folder_.write("data.bin", std::string(5000, '\x7f')).string(), "data.bin");
    expectRefused("/dev/zero", "/dev/zero");
}

TEST_F(BadInput, CutOffFiles) {
    const std::string whole = bytesOf(picture("whole.png", {9, 200, 9}, {120, 90}));
    expectRefused(folder_.write("cut.png", whole.substr(0, whole.size() / 2)).string(), "cut");
    std::vector<unsigned char> jpeg;
    cv::imencode(".jpg", cv::Mat(300, 400, CV_8UC3, cv::Scalar(0, 0, 255)), jpeg);
    const std::string bytes(jpeg.begin(), jpeg.end());
    expectRefused(folder_.write("cut.jpg", bytes.substr(0, bytes.size() / 2)).string(), "cut");
}

// Shown, as every viewer does, and said.
TEST_F(BadInput, AJpegWithoutItsEndMarkIsUsedWithARemark) {
    const auto bytes = capture::encodePicture(Image(SizePx{64, 48}), "whole.jpg");
    const auto file = folder_.write("endless.jpg", std::string(bytes.begin(), bytes.end() - 2));
    const auto outcome = run({"classify", "--json", file.string()});
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.objects().size(), 1U);
    expectOneSentence(outcome.err);
    EXPECT_NE(outcome.err.find("lacks its end mark"), std::string::npos) << outcome.err;
}

TEST_F(BadInput, PicturesThatAreTooLarge) {
    expectRefused(folder_.write("huge.png", hugePng()).string(), "50000x50000");
}

TEST_F(BadInput, OddPicturesAreUnderstood) {
    expectLabel(picture("one.png", {255, 0, 0}, {1, 1}), "red");
    expectLabel(picture("line.png", {0, 0, 255}, {500, 1}), "blue");
    cv::imwrite(path("deep.png"), cv::Mat(20, 20, CV_16UC3, cv::Scalar(0, 65535, 0)));
    expectLabel(path("deep.png"), "green");
    cv::imwrite(path("alpha.png"), cv::Mat(20, 20, CV_8UC4, cv::Scalar(0, 0, 255, 255)));
    expectLabel(path("alpha.png"), "red");
}

TEST_F(BadInput, PicturesAreTurnedUprightAsExifSays) {
    // Red on the left, blue on the right, and the remark that its left side is the top.
    cv::Mat stored(32, 64, CV_8UC3, cv::Scalar(0, 0, 255));
    stored.colRange(32, 64).setTo(cv::Scalar(255, 0, 0));
    std::vector<unsigned char> jpeg;
    cv::imencode(".jpg", stored, jpeg);
    using namespace std::string_literals;
    // EXIF 2.3: APP1, big-endian TIFF, one entry: tag 0x0112 (orientation), SHORT, 6.
    const std::string exif =
        "\xFF\xE1\x00\x22"
        "Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"s;
    std::string bytes(jpeg.begin(), jpeg.end());
    bytes.insert(2, exif);
    const auto file = folder_.write("turned.jpg", bytes);
    const auto outcome = run({"classify", file.string(), "--heatmap", "red=" + path("red.png")});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const cv::Mat heat = cv::imread(path("red.png"), cv::IMREAD_UNCHANGED);
    ASSERT_EQ(heat.size(), cv::Size(32, 64));
    EXPECT_GT(heat.at<std::uint16_t>(4, 16), 0.95 * 65535);
    EXPECT_LT(heat.at<std::uint16_t>(60, 16), 0.05 * 65535);
}

TEST_F(BadInput, VideosAreReadFrameByFrame) {
    const auto outcome = run({"classify", "--json", video("clip.avi", 8)});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto objects = outcome.objects();
    ASSERT_EQ(objects.size(), 8U);
    EXPECT_EQ(objects[0]["classes"][0]["label"], "red");
    EXPECT_EQ(objects[7]["classes"][0]["label"], "blue");
    EXPECT_EQ(objects[7]["frame"], 7);
    EXPECT_NEAR(objects[7]["time"].get<double>(), 7 / 25.0, 1e-6);
    const auto some =
        run({"classify", "--json", video("clip.avi", 8), "--every", "3", "--frames", "2"})
            .objects();
    ASSERT_EQ(some.size(), 2U);
    EXPECT_EQ(some[1]["frame"], 3);
}

TEST_F(BadInput, AVideoThatEndsMidFrameIsUsedUpToThere) {
    const std::string whole = bytesOf(video("clip.avi", 60));
    const auto cut = folder_.write("cut.avi", whole.substr(0, whole.size() * 2 / 3));
    const auto outcome = run({"classify", "--json", cut.string()});
    EXPECT_EQ(outcome.code, 3);
    EXPECT_NE(outcome.err.find("cut.avi"), std::string::npos);
    EXPECT_FALSE(outcome.objects().empty());
    EXPECT_EQ(outcome.objects().at(0)["classes"][0]["label"], "red");
}

TEST_F(BadInput, FoldersWithoutPictures) {
    std::filesystem::create_directories(path("nothing"));
    expectRefused(path("nothing"), "holds no pictures");
    folder_.write("texts/a.txt", "text");
    expectRefused(path("texts"), "holds no pictures");
}

TEST_F(BadInput, AFolderWithManyNamesIsListedOnceAndCanBeStopped) {
    for (int i = 0; i < 3000; ++i)
        folder_.write("many/" + std::to_string(i) + ".txt", "");
    red("many/only.png");
    expectLabel(path("many"), "red");
    stop_.request_stop();
    EXPECT_EQ(run({"classify", path("many")}).code, 130);
}

TEST_F(BadInput, UrlsAreNotWaitedFor) {
    expectRefused("http://192.0.2.1/never", "overfeat-live");
    expectRefused("rtsp://192.0.2.1/never", "overfeat-live");
}

TEST_F(BadInput, ModelsThatAreNone) {
    EXPECT_EQ(run({"classify", red(), "--model", path("missing.onnx")}).code, 4);
    EXPECT_EQ(run({"classify", red(), "--model", "nobody"}).code, 4);
    expectModelRefused("empty.onnx", "", "empty.onnx");
    expectModelRefused("page.onnx", "<!DOCTYPE html><html><body>Log in</body></html>", "page");
    expectModelRefused("pointer.onnx",
                       "version https://git-lfs.github.com/spec/v1\noid sha256:" +
                           std::string(64, 'a') + "\nsize 13968338\n",
                       "LFS");
    std::string noise;
    std::uint32_t state = 12345;
    for (int i = 0; i < 4096; ++i) {
        state = state * 1664525U + 1013904223U;
        noise += static_cast<char>(state >> 24U);
    }
    expectModelRefused("noise.onnx", noise, "noise");
}

TEST_F(BadInput, AModelThatNeedsTooMuchMemoryIsRefused) {
    expectModelRefused("hungry.onnx", hungryModel(), "");
}

TEST_F(BadInput, NamesOfAnyKind) {
    expectLabel(red("with space.png"), "red");
    expectLabel(blue("\xF0\x9F\x90\x9F.png"), "blue");
    const std::string raw = red("raw\xFF\xFE.png");
    const auto outcome = run({"classify", "--json", raw});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const std::string shown = outcome.objects().at(0)["file"];  // parsing checks the UTF-8
    EXPECT_NE(shown.find("raw\xEF\xBF\xBD"), std::string::npos) << shown;
    expectRefused(path("no\xFF\x1b[31m.png"), "no?");
}

TEST_F(BadInput, ResultsThatCannotBeWritten) {
    const auto outcome = run({"classify", red(), "--heatmap", "red=/proc/nowhere/map.png"});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_NE(outcome.err.find("map.png"), std::string::npos);
}

}  // namespace
}  // namespace overfeat::test
