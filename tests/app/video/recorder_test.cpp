// SPDX-License-Identifier: Apache-2.0
#include "app/video/recorder.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/app/video/played.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::video {
namespace {

namespace fs = std::filesystem;
using overfeat::test::TemporaryFolder;

Recorder::Draw plain(std::uint8_t level, SizePx size = {64, 48}) {
    auto image = std::make_shared<Image>(size);
    for (int y = 0; y < size.height; ++y)
        std::fill_n(image->row(y), image->rowBytes(), level);
    return [image] { return pixelsOf(*image); };
}

Recorder::ChooseFile at(fs::path file) {
    return [file = std::move(file)] { return file; };
}

TEST(Recorder, WritesWhatIsDrawnAtItsTime) {
    const TemporaryFolder folder;
    const fs::path file = folder.path() / "out.mp4";
    Recorder recorder(at(file), {});
    recorder.add(plain(200), 1000);
    recorder.add(plain(100), 1000.5);
    recorder.add(plain(20), 1000.7);
    const RecorderStatus status = recorder.finish(1001.2);
    EXPECT_EQ(status.failure, "");
    EXPECT_EQ(status.file, file);
    EXPECT_EQ(status.pictures, 3);
    EXPECT_EQ(status.dropped, 0);
    EXPECT_EQ(status.bytes, static_cast<std::int64_t>(fs::file_size(file)));
    const test::Played played = test::play(file);
    ASSERT_EQ(played.pictures.size(), 3U);
    EXPECT_NEAR(played.pictures[1].time_s, 0.5, 0.001);
    EXPECT_NEAR(played.pictures[2].at(30, 20)[0], 20, 5);
    EXPECT_NEAR(played.duration_s, 1.2, 0.001);
}

TEST(Recorder, NeverWaitsAndCountsWhatIsTooMuch) {
    const TemporaryFolder folder;
    Recorder recorder(at(folder.path() / "out.mkv"), {});
    std::promise<void> entered;
    std::promise<void> go_on;
    auto wait = go_on.get_future().share();
    recorder.add(
        [&entered, wait, draw = plain(50)] {
            entered.set_value();
            wait.wait();
            return draw();
        },
        0);
    entered.get_future().wait();  // the thread is busy with the first one
    for (std::size_t i = 0; i < Recorder::kMaxWaiting + 5; ++i)
        recorder.add(plain(80), 0.1 * static_cast<double>(i + 1));
    EXPECT_EQ(recorder.status().dropped, 5);
    go_on.set_value();
    EXPECT_EQ(recorder.finish().pictures, static_cast<std::int64_t>(Recorder::kMaxWaiting) + 1);
}

TEST(Recorder, DrawsOnAThreadOfItsOwn) {
    const TemporaryFolder folder;
    Recorder recorder(at(folder.path() / "out.mp4"), {});
    std::thread::id drew;
    recorder.add(
        [&drew, draw = plain(50)] {
            drew = std::this_thread::get_id();
            return draw();
        },
        0);
    recorder.finish();
    EXPECT_NE(drew, std::thread::id());
    EXPECT_NE(drew, std::this_thread::get_id());
}

TEST(Recorder, SaysOnceWhyItCannotWrite) {
    const TemporaryFolder folder;
    int failed = 0;
    Recorder recorder(at(folder.path() / "no such folder" / "out.mp4"), {}, [&] { ++failed; });
    recorder.add(plain(50), 0);
    recorder.add(plain(50), 1);
    const RecorderStatus status = recorder.finish();
    EXPECT_NE(status.failure.find("no such folder"), std::string::npos) << status.failure;
    EXPECT_EQ(status.pictures, 0);
    EXPECT_EQ(failed, 1);
}

TEST(Recorder, WithoutAPictureThereIsNoFile) {
    const TemporaryFolder folder;
    bool asked = false;
    Recorder recorder(
        [&] {
            asked = true;
            return folder.path() / "out.mp4";
        },
        {});
    recorder.add([] { return PixelsView(); }, 0);
    EXPECT_EQ(recorder.finish(1).pictures, 0);
    EXPECT_FALSE(asked);
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace overfeat::video
