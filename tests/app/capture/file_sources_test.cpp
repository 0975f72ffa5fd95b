// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "app/capture/picture_file.h"
#include "app/capture/source.h"
#include "engine/core/error.h"
#include "tests/app/capture/frame_log.h"
#include "tests/app/capture/made_files.h"
#include "tests/support/capability.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::capture::test {
namespace {

namespace fs = std::filesystem;
using overfeat::test::TemporaryFolder;

int brightness(const Image& image) {
    return image.row(image.height() / 2)[3 * (image.width() / 2)];
}

SourceOptions fast() {
    SourceOptions options;
    options.own_pace = false;
    options.loop = false;
    return options;
}

void writeGrey(const fs::path& path, int value) {
    Image image(SizePx{4, 4});
    for (int y = 0; y < 4; ++y)
        std::fill(image.row(y), image.row(y) + 12, value);
    writePicture(path, image);
}

TEST(VideoSource, DeliversEveryFrameInOrderThenEnds) {
    const TemporaryFolder folder;
    writeTestVideo(folder.path() / "a b\xFF.avi", 12);
    FrameLog log;
    const auto source = openSource(parseSource(folder.path() / "a b\xFF.avi"), fast(), log.sink());
    const SourceStatus status = waitForState(*source, SourceState::kEnded);
    ASSERT_EQ(status.state, SourceState::kEnded) << status.sentence;
    EXPECT_TRUE(status.sentence.empty());
    EXPECT_EQ(status.length, 12);
    EXPECT_EQ(status.name, "a b?.avi");
    const auto frames = log.frames();
    ASSERT_EQ(frames.size(), 12U);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        EXPECT_EQ(frames[i]->index, static_cast<std::int64_t>(i));
        EXPECT_NEAR(brightness(frames[i]->image), testVideoBrightness(frames[i]->index), 4);
        if (i > 0) {
            EXPECT_GT(frames[i]->id, frames[i - 1]->id);
            EXPECT_GE(frames[i]->captured, frames[i - 1]->captured);
        }
    }
}

TEST(VideoSource, PlaysAtItsOwnPace) {
    const TemporaryFolder folder;
    writeTestVideo(folder.path() / "a.avi", 11, 20);
    SourceOptions options;
    options.loop = false;
    FrameLog log;
    const auto start = std::chrono::steady_clock::now();
    const auto source = openSource(parseSource(folder.path() / "a.avi"), options, log.sink());
    ASSERT_EQ(waitForState(*source, SourceState::kEnded).state, SourceState::kEnded);
    const auto frames = log.frames();
    ASSERT_EQ(frames.size(), 11U);
    // Ten periods of 50 ms; a busy machine may add to it but never take away from it.
    EXPECT_GE(frames.back()->captured - start, std::chrono::milliseconds(500));
}

TEST(VideoSource, Loops) {
    const TemporaryFolder folder;
    writeTestVideo(folder.path() / "a.avi", 3);
    SourceOptions options = fast();
    options.loop = true;
    FrameLog log;
    const auto source = openSource(parseSource(folder.path() / "a.avi"), options, log.sink());
    ASSERT_TRUE(log.waitFor(8));
    const auto frames = log.frames();
    for (std::size_t i = 0; i < 8; ++i) {
        EXPECT_EQ(frames[i]->index, static_cast<std::int64_t>(i % 3));
        EXPECT_EQ(frames[i]->passage, i / 3) << "what begins again follows from nothing";
    }
    EXPECT_EQ(source->status().state, SourceState::kLive);
}

TEST(VideoSource, PausesAndSteps) {
    const TemporaryFolder folder;
    writeTestVideo(folder.path() / "a.avi", 9);
    FrameLog log;
    const auto source = openSource(parseSource(folder.path() / "a.avi"), {}, log.sink());
    source->setPaused(true);
    ASSERT_TRUE(log.waitFor(1));  // something to look at, paused or not
    ASSERT_EQ(waitForState(*source, SourceState::kPaused).state, SourceState::kPaused);
    const std::size_t before = log.count();
    source->step();
    ASSERT_TRUE(log.waitFor(before + 1));
    source->step();
    ASSERT_TRUE(log.waitFor(before + 2));
    const auto frames = log.frames();
    EXPECT_EQ(frames[before + 1]->index, frames[before]->index + 1);
    source->setPaused(false);
    ASSERT_TRUE(log.waitFor(before + 4));
    EXPECT_EQ(source->status().state, SourceState::kLive);
}

// The frame that is shown after `act`, while paused.
FramePtr after(FrameLog& log, const std::function<void()>& act) {
    const std::size_t before = log.count();
    act();
    EXPECT_TRUE(log.waitFor(before + 1));
    return log.frames().back();
}

TEST(VideoSource, SeeksAndStepsBackWhilePaused) {
    const TemporaryFolder folder;
    writeTestVideo(folder.path() / "a.avi", 50);
    FrameLog log;
    const auto source = openSource(parseSource(folder.path() / "a.avi"), {}, log.sink());
    ASSERT_TRUE(log.waitFor(3));
    source->setPaused(true);
    ASSERT_EQ(waitForState(*source, SourceState::kPaused).state, SourceState::kPaused);
    EXPECT_TRUE(source->status().can_seek);
    EXPECT_NEAR(source->status().duration_s, 2, 0.05);
    // The frame before the one on screen, also where the next one had been read already.
    const FramePtr shown = log.frames().back();
    FramePtr now = after(log, [&] { source->stepBack(); });
    EXPECT_EQ(now->index, shown->index - 1);
    const std::uint64_t passage = now->passage;
    now = after(log, [&] { source->seek(1.6); });
    EXPECT_EQ(now->index, 40);
    EXPECT_NE(now->passage, passage);
    ASSERT_TRUE(now->media_time_s);
    EXPECT_NEAR(*now->media_time_s, 1.6, 1e-6);
    EXPECT_NEAR(brightness(now->image), testVideoBrightness(40), 4);
    const SourceStatus status =
        waitForStatus(*source, [](const SourceStatus& s) { return s.position == 40; });
    EXPECT_EQ(status.state, SourceState::kPaused);
    EXPECT_NEAR(status.time_s, 1.6, 1e-6);
    for (const std::int64_t index : {39, 38}) {
        now = after(log, [&] { source->stepBack(); });
        EXPECT_EQ(now->index, index);
        EXPECT_NEAR(brightness(now->image), testVideoBrightness(index), 4);
    }
    now = after(log, [&] { source->step(); });
    EXPECT_EQ(now->index, 39);
    now = after(log, [&] { source->seek(0); });
    EXPECT_EQ(now->index, 0);
    now = after(log, [&] { source->stepBack(); });
    EXPECT_EQ(now->index, 0) << "there is none before the first";
}

TEST(VideoSource, CanBeGoneBackIntoAfterItsEnd) {
    const TemporaryFolder folder;
    writeTestVideo(folder.path() / "a.avi", 12);
    FrameLog log;
    const auto source = openSource(parseSource(folder.path() / "a.avi"), fast(), log.sink());
    ASSERT_EQ(waitForState(*source, SourceState::kEnded).state, SourceState::kEnded);
    ASSERT_EQ(log.count(), 12U);
    source->seek(0.4);
    ASSERT_TRUE(log.waitFor(14));
    EXPECT_EQ(log.frames()[12]->index, 10);
    EXPECT_EQ(waitForState(*source, SourceState::kEnded).state, SourceState::kEnded);
    EXPECT_EQ(log.count(), 14U);
}

TEST(VideoSource, PlaysSlower) {
    const TemporaryFolder folder;
    writeTestVideo(folder.path() / "a.avi", 11, 40);
    SourceOptions options;
    options.loop = false;
    FrameLog log;
    const auto source = openSource(parseSource(folder.path() / "a.avi"), options, log.sink());
    source->setPaused(true);
    source->setSpeed(0.5);
    EXPECT_EQ(source->status().speed, 0.5);
    ASSERT_TRUE(log.waitFor(1));
    const auto start = std::chrono::steady_clock::now();
    source->setPaused(false);
    ASSERT_EQ(waitForState(*source, SourceState::kEnded).state, SourceState::kEnded);
    // At least nine of ten periods of 50 ms; a busy machine may only add to it.
    EXPECT_GE(log.frames().back()->captured - start, std::chrono::milliseconds(450));
    source->setSpeed(100);
    EXPECT_EQ(source->status().speed, 4);
}

TEST(VideoSource, ACutOffVideoPlaysToItsEndAndSaysSo) {
    const TemporaryFolder folder;
    writeTestVideo(folder.path() / "a.avi", 30);
    const Bytes whole = bytesOf(folder.path() / "a.avi");
    const fs::path cut = folder.write("cut.avi", whole.substr(0, whole.size() / 2));
    FrameLog log;
    const auto source = openSource(parseSource(cut), fast(), log.sink());
    const SourceStatus status = waitForState(*source, SourceState::kEnded);
    ASSERT_EQ(status.state, SourceState::kEnded) << status.sentence;
    EXPECT_NE(status.sentence.find("cut off"), std::string::npos) << status.sentence;
    EXPECT_GT(log.count(), 5U);
    EXPECT_LT(log.count(), 30U);
}

TEST(VideoSource, WhatIsNoVideoFailsWithASentence) {
    const TemporaryFolder folder;
    struct Case {
        const char* name;
        Bytes bytes;
        const char* part;
    };
    const Case cases[] = {{"page.mp4", "<html>404</html>", "is a text file"},
                          {"list.mp4", "#EXTM3U\nhttp://127.0.0.1/x\n", "is a text file"},
                          {"noise.mp4", Bytes(5000, '\x81'), "is not a video"},
                          {"head.mp4",
                           Bytes("\0\0\0\x18"
                                 "ftypmp42\0\0\0\0",
                                 16),
                           "cut off"}};
    for (const Case& c : cases) {
        FrameLog log;
        const auto source = openSource(parseSource(folder.write(c.name, c.bytes)), {}, log.sink());
        const SourceStatus status = waitForState(*source, SourceState::kFailed);
        EXPECT_EQ(status.state, SourceState::kFailed) << c.name;
        EXPECT_NE(status.sentence.find(c.part), std::string::npos) << status.sentence;
        EXPECT_EQ(log.count(), 0U);
    }
}

TEST(VideoSource, RealClips) {
    const auto data = overfeat::test::sharedData();
    if (overfeat::test::missing("shared-data", data.has_value())) return;
    for (const auto& [name, size] : {std::pair{"bottle-detection.mp4", SizePx{640, 360}},
                                     std::pair{"fruit-and-vegetable.gif", SizePx{480, 270}},
                                     std::pair{"book.mkv", SizePx{640, 480}}}) {
        const SourceSpec spec = parseSource((*data / "videos" / name).string());
        EXPECT_EQ(spec.kind, SourceKind::kVideo) << name;
        FrameLog log;
        const auto source = openSource(spec, {}, log.sink());
        ASSERT_TRUE(log.waitFor(3)) << name << source->status().sentence;
        EXPECT_EQ(log.frames().front()->image.size(), size) << name;
    }
}

TEST(PictureSource, IsShownOnceAndStaysLive) {
    const TemporaryFolder folder;
    writeGrey(folder.path() / "a.png", 77);
    SourceOptions options;
    options.stall_seconds = 0.05;
    FrameLog log;
    const auto source = openSource(parseSource(folder.path() / "a.png"), options, log.sink());
    ASSERT_TRUE(log.waitFor(1));
    EXPECT_EQ(brightness(log.frames()[0]->image), 77);
    const auto status = waitForStatus(
        *source, [](const SourceStatus& s) { return s.frames == 1 && s.frame_age_s > 0.2; });
    EXPECT_EQ(status.state, SourceState::kLive);
    EXPECT_EQ(log.count(), 1U);
    source->setPaused(true);
    source->step();
    EXPECT_TRUE(log.waitFor(2));
}

// What is less than a person may expect is said beside the picture, and not for the next one.
TEST(PictureSource, SaysWhatItLacks) {
    const TemporaryFolder folder;
    auto bytes = encodePicture(Image(SizePx{64, 48}), "a.jpg");
    bytes.resize(bytes.size() - 2);  // its end mark
    folder.write("photos/a.jpg", std::string(bytes.begin(), bytes.end()));
    writeGrey(folder.path() / "photos" / "b.png", 77);
    FrameLog log;
    const auto picture =
        openSource(parseSource(folder.path() / "photos" / "a.jpg"), {}, log.sink());
    ASSERT_TRUE(log.waitFor(1));
    EXPECT_NE(picture->status().remark.find("lacks its end mark"), std::string::npos);
    EXPECT_EQ(picture->status().sentence, "");
    SourceOptions options;
    options.picture_seconds = 1000;
    const auto photos = openSource(parseSource(folder.path() / "photos"), options, log.sink());
    ASSERT_TRUE(log.waitFor(2));
    EXPECT_NE(photos->status().remark, "");
    photos->setPaused(true);
    photos->step();
    ASSERT_TRUE(log.waitFor(3));
    EXPECT_EQ(photos->status().remark, "");
}

TEST(FolderSource, ShowsPicturesInCountingOrderAndSkipsTheRest) {
    const TemporaryFolder folder;
    for (const int i : {10, 9, 1}) {
        writeGrey(folder.path() / ("p" + std::to_string(i) + ".png"), i);
    }
    writeGrey(folder.path() / "p20.PNG.png", 20);
    folder.write("notes.txt", "no picture");
    folder.write("broken.png", "no picture either");
    folder.write("inner/deep.png", "not looked at");
    fs::create_symlink("circle.png", folder.path() / "circle.png");
    FrameLog log;
    const auto source = openSource(parseSource(folder.path()), fast(), log.sink());
    const SourceStatus status = waitForState(*source, SourceState::kEnded);
    ASSERT_EQ(status.state, SourceState::kEnded) << status.sentence;
    EXPECT_EQ(status.skipped_files, 3U);  // the text, the broken one, the circle
    std::vector<int> seen;
    for (const auto& frame : log.frames())
        seen.push_back(brightness(frame->image));
    EXPECT_EQ(seen, (std::vector<int>{1, 9, 10, 20}));
    for (const auto& frame : log.frames())
        EXPECT_TRUE(frame->still) << "one has nothing to do with the next";
    EXPECT_EQ(log.frames()[1]->name, "p9.png");
}

TEST(FolderSource, ShowsThePictureBefore) {
    const TemporaryFolder folder;
    for (int i = 0; i < 5; ++i)
        writeGrey(folder.path() / ("p" + std::to_string(i) + ".png"), 10 * i);
    SourceOptions options;
    options.picture_seconds = 1000;
    FrameLog log;
    const auto source = openSource(parseSource(folder.path()), options, log.sink());
    ASSERT_TRUE(log.waitFor(1));
    source->setPaused(true);
    for (int i = 1; i < 4; ++i)
        EXPECT_EQ(after(log, [&] { source->step(); })->name, "p" + std::to_string(i) + ".png");
    EXPECT_EQ(after(log, [&] { source->stepBack(); })->name, "p2.png");
    const FramePtr first = after(log, [&] { source->stepBack(); });
    EXPECT_EQ(first->name, "p1.png");
    EXPECT_EQ(brightness(first->image), 10);
    const SourceStatus status =
        waitForStatus(*source, [](const SourceStatus& s) { return s.position == 1; });
    EXPECT_EQ(status.item, "p1.png");
    EXPECT_EQ(status.length, 5);
    EXPECT_FALSE(status.can_seek);
    EXPECT_EQ(after(log, [&] { source->step(); })->name, "p2.png");
}

TEST(FolderSource, LoopsAndKeepsItsPace) {
    const TemporaryFolder folder;
    writeGrey(folder.path() / "a.png", 1);
    writeGrey(folder.path() / "b.png", 2);
    SourceOptions options;
    options.picture_seconds = 0.05;
    options.stall_seconds = 0.03;  // showing a picture for longer than this is no stall
    FrameLog log;
    const auto start = std::chrono::steady_clock::now();
    const auto source = openSource(parseSource(folder.path()), options, log.sink());
    ASSERT_TRUE(log.waitFor(5));
    const auto frames = log.frames();
    EXPECT_EQ(brightness(frames[0]->image), brightness(frames[2]->image));
    EXPECT_GE(frames[4]->captured - start, std::chrono::milliseconds(200));
}

TEST(FolderSource, AFolderWithoutPicturesSaysSo) {
    const TemporaryFolder folder;
    const auto sentenceOf = [&] {
        FrameLog log;
        const auto source = openSource(parseSource(folder.path()), {}, log.sink());
        const SourceStatus status = waitForState(*source, SourceState::kFailed);
        EXPECT_EQ(status.state, SourceState::kFailed);
        return status.sentence;
    };
    EXPECT_NE(sentenceOf().find("is empty"), std::string::npos);
    folder.write("a.txt", "x");
    EXPECT_NE(sentenceOf().find("only 1 other file"), std::string::npos);
}

TEST(DemoSource, WithoutItsClipATestCardMoves) {
    SourceOptions options;
    options.demo_clip = "/does/not/exist.mkv";
    options.own_pace = false;
    FrameLog log;
    const auto source = openSource(parseSource("demo"), options, log.sink());
    ASSERT_TRUE(log.waitFor(30));
    const auto frames = log.frames();
    EXPECT_NE(frames[0]->image.bytes(), frames[15]->image.bytes());
    EXPECT_EQ(source->status().state, SourceState::kLive);
    // The second bar is yellow: red and blue are not mixed up.
    const std::uint8_t* yellow = frames[0]->image.row(10) + 3 * 120;
    EXPECT_GT(yellow[0], 150);
    EXPECT_LT(yellow[2], 50);
}

TEST(DemoSource, PlaysItsClip) {
    const TemporaryFolder folder;
    writeTestVideo(folder.path() / "demo.avi", 5);
    SourceOptions options;
    options.demo_clip = folder.path() / "demo.avi";
    FrameLog log;
    const auto source = openSource({SourceKind::kDemo, {}}, options, log.sink());
    ASSERT_TRUE(log.waitFor(2));
    EXPECT_EQ(log.frames()[0]->image.size(), (SizePx{64, 48}));
    EXPECT_EQ(source->status().name, "Demo");
}

TEST(DemoSource, EndsUnlessItLoops) {
    const TemporaryFolder folder;
    writeTestVideo(folder.path() / "demo.avi", 5);
    for (const auto& [clip, frames] : {std::pair{folder.path() / "demo.avi", 5U},
                                       std::pair{fs::path("/does/not/exist.mkv"), 300U}}) {
        SourceOptions options = fast();
        options.demo_clip = clip;
        FrameLog log;
        const auto source = openSource(parseSource("demo"), options, log.sink());
        EXPECT_EQ(waitForState(*source, SourceState::kEnded).state, SourceState::kEnded) << clip;
        EXPECT_EQ(log.frames().size(), frames) << clip;
    }
}

}  // namespace
}  // namespace overfeat::capture::test
