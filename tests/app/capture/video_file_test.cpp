// SPDX-License-Identifier: Apache-2.0
#include "app/capture/video_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "engine/core/error.h"
#include "tests/app/capture/made_files.h"
#include "tests/support/capability.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::capture::test {
namespace {

namespace fs = std::filesystem;
using overfeat::test::TemporaryFolder;

bool more(const VideoFrame&) {
    return true;
}

std::string refusal(const fs::path& path) {
    try {
        readVideo(path, {}, more);
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
    const VideoSummary all = readVideo(path, {}, [&](const VideoFrame& frame) {
        EXPECT_NEAR(frame.time_s, static_cast<double>(expected) / 12, 1e-6);
        EXPECT_EQ(frame.index, expected++);
        EXPECT_EQ(frame.image.size(), (SizePx{64, 48}));
        return true;
    });
    EXPECT_EQ(all.frames, 15);
    EXPECT_FALSE(all.truncated);
    const VideoSummary some =
        readVideo(path, {}, [](const VideoFrame& frame) { return frame.index < 3; });
    EXPECT_EQ(some.frames, 4);
}

TEST(ReadVideo, TellsWhenAVideoIsCutOff) {
    const TemporaryFolder folder;
    writeTestVideo(folder.path() / "a.avi", 30);
    const Bytes whole = bytesOf(folder.path() / "a.avi");
    const VideoSummary summary =
        readVideo(folder.write("b.avi", whole.substr(0, whole.size() * 2 / 3)), {}, more);
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
        EXPECT_FALSE(readVideo(path, {}, more).truncated) << name;
        const Bytes whole = bytesOf(path);
        folder.write(name, whole.substr(0, whole.size() / 2));
    }
    EXPECT_TRUE(readVideo(folder.path() / "fruit-and-vegetable.gif", {}, more).truncated);
    // An MP4 keeps its index at the end: nothing can be shown of half of it.
    EXPECT_NE(refusal(folder.path() / "bottle-detection.mp4").find("cut off"), std::string::npos);
    const VideoSummary book = readVideo(folder.path() / "book.mkv", {}, more);
    EXPECT_TRUE(book.truncated);
    EXPECT_GT(book.frames, 10);
    EXPECT_EQ(readVideo(*data / "videos" / "book.mkv", {}, more).frames, 109);
}

}  // namespace
}  // namespace overfeat::capture::test
