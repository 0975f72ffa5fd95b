// SPDX-License-Identifier: Apache-2.0
#include "app/live/recorder.h"

#include <gtest/gtest.h>

#include <opencv2/videoio.hpp>

#include "app/live/annotation.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::app {
namespace {

using std::chrono::milliseconds;

QImage plain(const QColor& colour, int width = 64, int height = 48) {
    QImage image(width, height, QImage::Format_RGB32);
    image.fill(colour);
    return image;
}

// The mean colour (blue, green, red) of every frame.
std::vector<cv::Scalar> play(const std::filesystem::path& file) {
    cv::VideoCapture video(file.string(), cv::CAP_FFMPEG);
    std::vector<cv::Scalar> colours;
    for (cv::Mat frame; video.read(frame);)
        colours.push_back(cv::mean(frame));
    return colours;
}

TEST(Recorder, RepeatsPicturesOnTheirOwnTimeLine) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "out.mkv";
    const Recorder::Clock::time_point start{};
    Recorder recorder(file, {.fps = 10});
    recorder.add(plain(Qt::red), start);
    recorder.add(plain(Qt::blue), start + milliseconds(500));
    recorder.add(plain(Qt::blue), start + milliseconds(510));  // too early for a frame of its own
    recorder.add(plain(Qt::green), start + milliseconds(1000));
    const RecorderStatus status = recorder.finish();
    EXPECT_EQ(status.failure, "");
    EXPECT_EQ(status.files, 1);
    EXPECT_EQ(status.written, 11);

    const auto colours = play(file);
    ASSERT_EQ(colours.size(), 11U);
    EXPECT_GT(colours[0][2], 200) << "red first, in the right channel";
    EXPECT_GT(colours[4][2], 200);
    EXPECT_GT(colours[5][0], 200) << "then blue";
    EXPECT_GT(colours[10][1], 200) << "and the last picture is not lost";
}

TEST(Recorder, ALongGapIsShortened) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "out.mkv";
    const Recorder::Clock::time_point start{};
    Recorder recorder(file, {.fps = 10});
    recorder.add(plain(Qt::red), start);
    recorder.add(plain(Qt::blue), start + std::chrono::hours(1));
    recorder.add(plain(Qt::green), start + std::chrono::hours(1) + milliseconds(200));
    EXPECT_EQ(recorder.finish().written, 20 + 2 + 1);
}

TEST(Recorder, AnotherSizeIsAnotherFile) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() / "out.mkv";
    const Recorder::Clock::time_point start{};
    Recorder recorder(file, {.fps = 10});
    recorder.add(plain(Qt::red, 64, 48), start);
    recorder.add(plain(Qt::red, 31, 33), start + milliseconds(300));
    EXPECT_EQ(recorder.finish().files, 2);
    EXPECT_EQ(play(file).size(), 1U);
    EXPECT_EQ(play(folder.path() / "out-2.mkv").size(), 1U) << "odd sides, too";
}

TEST(Recorder, AnotherFileDoesNotReplaceOneThatIsThere) {
    const test::TemporaryFolder folder;
    folder.write("out-2.mkv", "somebody's");
    folder.write("out-3.mkv", "somebody's");
    const Recorder::Clock::time_point start{};
    Recorder recorder(folder.path() / "out.mkv", {.fps = 10});
    recorder.add(plain(Qt::red, 64, 48), start);
    recorder.add(plain(Qt::red, 32, 32), start + milliseconds(300));
    recorder.add(plain(Qt::red, 16, 16), start + milliseconds(600));
    EXPECT_EQ(recorder.finish().files, 3);
    EXPECT_EQ(std::filesystem::file_size(folder.path() / "out-2.mkv"), 10U);
    EXPECT_EQ(std::filesystem::file_size(folder.path() / "out-3.mkv"), 10U);
    EXPECT_EQ(play(folder.path() / "out-4.mkv").size(), 1U);
    EXPECT_EQ(play(folder.path() / "out-5.mkv").size(), 1U);
}

TEST(Recorder, SaysWhyItCannotWrite) {
    const test::TemporaryFolder folder;
    int failed = 0;
    Recorder recorder(folder.path() / "no such folder" / "out.mkv", {}, [&failed] { ++failed; });
    recorder.add(plain(Qt::red), {});
    recorder.add(plain(Qt::red), Recorder::Clock::time_point(milliseconds(100)));
    const RecorderStatus status = recorder.finish();
    EXPECT_NE(status.failure.find("no such folder"), std::string::npos) << status.failure;
    EXPECT_EQ(failed, 1);
    EXPECT_EQ(status.written, 0);
}

TEST(Recorder, StopsBeforeTheDiskIsFull) {
    const test::TemporaryFolder folder;
    Recorder recorder(folder.path() / "out.mkv",
                      {.min_free_bytes = std::numeric_limits<std::int64_t>::max()});
    recorder.add(plain(Qt::red), {});
    EXPECT_NE(recorder.finish().failure.find("disk is nearly full"), std::string::npos);
}

TEST(Annotation, NamesTheBestClassesInTheirColours) {
    Recognition recognition;
    recognition.labels = std::make_shared<LabelSet>(
        std::vector<ClassLabel>{{"a", "apple"}, {"b", "bear"}, {"c", "cat"}}, std::nullopt);
    recognition.scores = {0.2F, 0.7F, 0.001F};
    QImage picture = plain(Qt::white, 320, 240);
    drawTopClasses(picture, recognition);
    QImage untouched = plain(Qt::white, 320, 240);
    EXPECT_NE(picture, untouched);

    int changed_rows = 0;
    for (int y = 0; y < picture.height(); ++y) {
        bool changed = false;
        for (int x = 0; x < picture.width(); ++x) {
            changed = changed || picture.pixel(x, y) != untouched.pixel(x, y);
        }
        changed_rows += changed ? 1 : 0;
    }
    recognition.scores = {0.2F, 0.7F, 0.5F};
    QImage more = plain(Qt::white, 320, 240);
    drawTopClasses(more, recognition);
    int more_rows = 0;
    for (int y = 0; y < more.height(); ++y)
        more_rows += more.pixel(4, y) != 0xffffffff ? 1 : 0;
    EXPECT_GT(changed_rows, 0);
    EXPECT_LT(changed_rows, picture.height() / 2) << "the picture stays visible";
    EXPECT_GT(more_rows, changed_rows) << "three names instead of two";

    QImage tiny = plain(Qt::white, 1, 1);
    drawTopClasses(tiny, recognition);  // must not fail
}

}  // namespace
}  // namespace overfeat::app
