// SPDX-License-Identifier: Apache-2.0
#include "app/capture/video_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "app/capture/picture_file.h"
#include "engine/core/error.h"
#include "tests/app/capture/made_files.h"
#include "tests/support/capability.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::capture::test {
namespace {

namespace fs = std::filesystem;
using overfeat::test::TemporaryFolder;

bool more(const Image&, std::int64_t) {
    return true;
}

std::string refusal(const fs::path& path) {
    try {
        readVideo(path, more);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kInput);
        return error.what();
    }
    ADD_FAILURE() << path << " was accepted";
    return {};
}

TEST(ReadVideo, CountsAndStopsWhenAskedTo) {
    const TemporaryFolder folder;
    const fs::path path = folder.path() / "a.avi";
    writeTestVideo(path, 15, 12);
    std::int64_t expected = 0;
    const VideoSummary all = readVideo(path, [&](const Image& image, std::int64_t index) {
        EXPECT_EQ(index, expected++);
        EXPECT_EQ(image.size(), (SizePx{64, 48}));
        return true;
    });
    EXPECT_EQ(all.frames, 15);
    EXPECT_FALSE(all.truncated);
    EXPECT_NEAR(all.fps, 12, 0.01);
    const VideoSummary some =
        readVideo(path, [](const Image&, std::int64_t index) { return index < 3; });
    EXPECT_EQ(some.frames, 4);
}

TEST(ReadVideo, TellsWhenAVideoIsCutOff) {
    const TemporaryFolder folder;
    writeTestVideo(folder.path() / "a.avi", 30);
    const Bytes whole = bytesOf(folder.path() / "a.avi");
    const VideoSummary summary =
        readVideo(folder.write("b.avi", whole.substr(0, whole.size() * 2 / 3)), more);
    EXPECT_TRUE(summary.truncated);
    EXPECT_GT(summary.frames, 0);
    EXPECT_LT(summary.frames, 30);
}

TEST(ReadVideo, RefusesWithItsOwnSentence) {
    const TemporaryFolder folder;
    EXPECT_NE(refusal(folder.path() / "no.mp4").find("There is no video"), std::string::npos);
    EXPECT_NE(refusal(folder.path()).find("is a folder"), std::string::npos);
    EXPECT_NE(refusal(folder.write("a.mp4", "")).find("is empty"), std::string::npos);
    EXPECT_NE(refusal(folder.write("b.mp4", Bytes(999, '\x90'))).find("is not a video"),
              std::string::npos);
    EXPECT_NE(refusal(folder.write("c.mp4", "version https://git-lfs.github.com/spec/v1\n"))
                  .find("is a text file"),
              std::string::npos);
    writeTestVideo(folder.path() / "none.avi", 0);
    refusal(folder.path() / "none.avi");
}

TEST(ReadVideo, RealClipsWholeAndCut) {
    const auto data = overfeat::test::sharedData();
    if (overfeat::test::missing("shared-data", data.has_value())) return;
    const TemporaryFolder folder;
    for (const char* name : {"bottle-detection.mp4", "fruit-and-vegetable.gif", "book.mkv"}) {
        const fs::path path = *data / "videos" / name;
        EXPECT_FALSE(isCutOff(path)) << name;
        const Bytes whole = bytesOf(path);
        const fs::path cut = folder.write(name, whole.substr(0, whole.size() / 2));
        EXPECT_TRUE(isCutOff(cut)) << name;
    }
    // An MP4 keeps its index at the end: nothing can be shown of half of it.
    EXPECT_NE(refusal(folder.path() / "bottle-detection.mp4").find("cut off"), std::string::npos);
    const VideoSummary book = readVideo(folder.path() / "book.mkv", more);
    EXPECT_TRUE(book.truncated);
    EXPECT_GT(book.frames, 10);
    EXPECT_EQ(readVideo(*data / "videos" / "book.mkv", more).frames, 109);
}

TEST(VideoFile, TimesOnlyGoForward) {
    const TemporaryFolder folder;
    writeTestVideo(folder.path() / "a.avi", 10, 25);
    VideoFile video(folder.path() / "a.avi");
    double last = -1;
    while (video.next()) {
        EXPECT_GT(video.time_s(), last);
        last = video.time_s();
    }
    EXPECT_NEAR(last, 9 / 25.0, 0.001);
}

// A phone held upright writes a rotated picture and a matrix in the track header.
TEST(VideoFile, RotationTagsAreApplied) {
    const TemporaryFolder folder;
    const fs::path path = folder.path() / "phone.mp4";
    {
        cv::VideoWriter writer(path.string(), cv::CAP_FFMPEG,
                               cv::VideoWriter::fourcc('m', 'p', '4', 'v'), 25, cv::Size(64, 32));
        ASSERT_TRUE(writer.isOpened());
        for (int i = 0; i < 5; ++i)
            writer.write(cv::Mat(32, 64, CV_8UC3, cv::Scalar::all(90)));
    }
    Bytes bytes = bytesOf(path);
    const std::size_t header = bytes.find("tkhd");
    ASSERT_NE(header, Bytes::npos);
    // Version 0: the matrix {a b u, c d v, x y w} lies 40 bytes into the box's content.
    const std::size_t matrix = header + 4 + 40;
    const Bytes one("\0\1\0\0", 4);
    const Bytes minus_one("\xFF\xFF\0\0", 4);
    const Bytes zero(4, '\0');
    bytes.replace(matrix, 20, zero + one + zero + minus_one + zero);
    VideoFile video(folder.write("phone.mp4", bytes));
    ASSERT_TRUE(video.next());
    EXPECT_EQ(video.bgr().cols, 32);
    EXPECT_EQ(video.bgr().rows, 64);
}

}  // namespace
}  // namespace overfeat::capture::test
