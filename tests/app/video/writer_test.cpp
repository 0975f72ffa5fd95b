// SPDX-License-Identifier: Apache-2.0
#include "app/video/writer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string_view>

#include "engine/core/error.h"
#include "tests/app/video/played.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::video {
namespace {

namespace fs = std::filesystem;
using overfeat::test::TemporaryFolder;
using Colour = std::array<int, 3>;

constexpr Colour kRed{230, 30, 20};
constexpr Colour kGreen{20, 180, 40};
constexpr Colour kBlue{30, 40, 220};
constexpr Colour kBlack{0, 0, 0};

Image plain(SizePx size, const Colour& colour) {
    Image image(size);
    for (int y = 0; y < size.height; ++y) {
        for (int i = 0; i < size.width * 3; ++i)
            image.row(y)[i] = static_cast<std::uint8_t>(colour[static_cast<std::size_t>(i % 3)]);
    }
    return image;
}

// Something that cannot be compressed much.
Image noise(SizePx size, std::uint32_t seed) {
    Image image(size);
    for (int y = 0; y < size.height; ++y) {
        for (int i = 0; i < size.width * 3; ++i) {
            seed = seed * 1664525U + 1013904223U;
            image.row(y)[i] = static_cast<std::uint8_t>(seed >> 24U);
        }
    }
    return image;
}

int difference(const Colour& a, const Colour& b) {
    int most = 0;
    for (std::size_t i = 0; i < 3; ++i)
        most = std::max(most, std::abs(a[i] - b[i]));
    return most;
}

class WriterOf : public ::testing::TestWithParam<const char*> {
protected:
    fs::path file(const std::string& stem = "out") const {
        return folder_.path() / (stem + GetParam());
    }
    TemporaryFolder folder_;
};
INSTANTIATE_TEST_SUITE_P(Container, WriterOf, ::testing::Values(".mp4", ".mkv"),
                         [](const auto& tested) { return std::string(tested.param + 1); });

TEST_P(WriterOf, EveryPictureHasItsTimeAndColour) {
    const std::vector<double> times{100, 100.04, 100.05, 100.3, 100.7341, 101};
    const std::vector<Colour> colours{kRed, kGreen, kBlue, kRed, kGreen, kBlue};
    Writer writer(file());
    for (std::size_t i = 0; i < times.size(); ++i)
        writer.add(pixelsOf(plain({128, 96}, colours[i])), times[i]);
    writer.finish(101.5);
    EXPECT_EQ(writer.pictures(), 6);
    EXPECT_EQ(writer.bytes(), static_cast<std::int64_t>(fs::file_size(file())));

    const test::Played played = test::play(file());
    EXPECT_EQ(played.codec, writer.codec());
    EXPECT_NEAR(played.duration_s, 1.5, 0.002);
    ASSERT_EQ(played.pictures.size(), times.size());
    for (std::size_t i = 0; i < times.size(); ++i) {
        EXPECT_NEAR(played.pictures[i].time_s, times[i] - 100, 0.0011) << i;
        EXPECT_LE(difference(played.pictures[i].at(64, 48), colours[i]), 6) << i;
    }
}

TEST_P(WriterOf, ColoursFollowTheStandardOfTheSizeAndAreNamed) {
    for (const auto& [size, matrix] : {std::pair<SizePx, std::string>{{640, 480}, "smpte170m"},
                                       std::pair<SizePx, std::string>{{1280, 720}, "bt709"}}) {
        Writer writer(file());
        writer.add(pixelsOf(plain(size, kGreen)), 0);
        writer.add(pixelsOf(plain(size, kGreen)), 0.04);
        writer.finish();
        const test::Played played = test::play(file());
        EXPECT_EQ(played.matrix, matrix);
        ASSERT_EQ(played.pictures.size(), 2U);
        EXPECT_LE(difference(played.pictures[1].at(100, 100), kGreen), 3) << matrix;
    }
}

TEST_P(WriterOf, OtherCodecsWhereThereIsNoH264) {
    for (const char* codec : {"mpeg4", "mjpeg"}) {
        WriteOptions options;
        options.encoders = {"no such encoder", codec};
        Writer writer(file(codec), options);
        for (int i = 0; i < 5; ++i)
            writer.add(pixelsOf(plain({64, 48}, i % 2 == 0 ? kRed : kBlue)), i * i * 0.1);
        writer.finish();
        const test::Played played = test::play(file(codec));
        EXPECT_EQ(played.codec, codec);
        ASSERT_GE(played.pictures.size(), 5U);
        EXPECT_NEAR(played.pictures[2].time_s, 0.4, 0.002) << codec;
        EXPECT_LE(difference(played.pictures[0].at(30, 20), kRed), 10) << codec;
        EXPECT_LE(difference(played.pictures[1].at(30, 20), kBlue), 10) << codec;
    }
}

// A JPEG says how coarsely it was counted: 16 times the quantiser, by 8, at the first place that is
// not the mean.
TEST_P(WriterOf, PicturesAreAsFineAsWanted) {
    WriteOptions options;
    options.encoders = {"mjpeg"};
    Writer writer(file(), options);
    for (int i = 0; i < 3; ++i)
        writer.add(pixelsOf(noise({64, 48}, 7)), i * 0.1);
    writer.finish();
    std::ifstream stream(file(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    const std::string_view table("\xFF\xDB\0", 3);
    int pictures = 0;
    for (auto at = bytes.find(table); at != bytes.npos; at = bytes.find(table, at + 1)) {
        ++pictures;
        EXPECT_EQ(bytes.at(at + 6), 6) << "a quantiser of 3";
    }
    EXPECT_EQ(pictures, 3);
}

TEST_P(WriterOf, OddSidesGetOneMore) {
    for (const SizePx size : {SizePx{63, 47}, SizePx{63, 48}, SizePx{64, 47}, SizePx{1, 1},
                              SizePx{33, 1}, SizePx{3, 2}}) {
        Image image = plain(size, kBlue);
        Writer writer(file());
        writer.add(pixelsOf(image), 0);
        writer.add(pixelsOf(image), 0.1);
        writer.finish();
        const test::Played played = test::play(file());
        ASSERT_EQ(played.pictures.size(), 2U) << size.width << "x" << size.height;
        const Image& last = played.pictures[1].image;
        EXPECT_EQ(last.size(), (SizePx{(size.width + 1) / 2 * 2, (size.height + 1) / 2 * 2}));
        for (const auto& [x, y] : {std::pair{0, 0}, std::pair{last.width() - 1, last.height() - 1}})
            EXPECT_LE(difference(played.pictures[1].at(x, y), kBlue), 8) << x << "," << y;
    }
}

TEST_P(WriterOf, LaterSizesAreFittedIntoTheFirst) {
    Writer writer(file());
    writer.add(pixelsOf(plain({160, 120}, kRed)), 0);
    writer.add(pixelsOf(plain({200, 75}, kGreen)), 0.1);  // wide
    writer.add(pixelsOf(plain({31, 93}, kBlue)), 0.2);    // high
    writer.add(pixelsOf(plain({320, 240}, kRed)), 0.3);   // the same shape
    writer.add(pixelsOf(plain({160, 120}, kGreen)), 0.4);
    writer.finish();
    const test::Played played = test::play(file());
    ASSERT_EQ(played.pictures.size(), 5U);
    for (const test::PlayedPicture& picture : played.pictures)
        EXPECT_EQ(picture.image.size(), (SizePx{160, 120}));
    EXPECT_LE(difference(played.pictures[1].at(2, 60), kGreen), 12);
    EXPECT_LE(difference(played.pictures[1].at(80, 20), kBlack), 12) << "60 rows in the middle";
    EXPECT_LE(difference(played.pictures[1].at(80, 100), kBlack), 12);
    EXPECT_LE(difference(played.pictures[2].at(80, 2), kBlue), 12);
    EXPECT_LE(difference(played.pictures[2].at(50, 60), kBlack), 12) << "40 columns";
    EXPECT_LE(difference(played.pictures[2].at(110, 60), kBlack), 12);
    EXPECT_LE(difference(played.pictures[3].at(1, 1), kRed), 12);
    EXPECT_LE(difference(played.pictures[4].at(158, 118), kGreen), 12) << "no bars are left";
}

TEST_P(WriterOf, PixelsOfAWindowAreTakenAsTheyAre) {
    std::vector<std::uint8_t> pixels(66UL * 4 * 40);
    for (std::size_t i = 0; i < pixels.size(); i += 4) {
        pixels[i] = 220;     // blue
        pixels[i + 1] = 40;  // green
        pixels[i + 2] = 30;  // red
        pixels[i + 3] = static_cast<std::uint8_t>(i);
    }
    Writer writer(file());
    writer.add({pixels.data(), 66L * 4, {64, 40}, PixelsView::Order::kBgrx}, 0);
    writer.finish(1);
    const test::Played played = test::play(file());
    ASSERT_EQ(played.pictures.size(), 1U);
    EXPECT_LE(difference(played.pictures[0].at(40, 20), kBlue), 6);
}

TEST_P(WriterOf, WhatStaysIsWrittenAgainButNotWithoutEnd) {
    Writer writer(file());
    writer.add(pixelsOf(plain({64, 48}, kRed)), 0);
    writer.add(pixelsOf(plain({64, 48}, kBlue)), 3.5);
    writer.add(pixelsOf(plain({64, 48}, kGreen)), 36'003.5);
    writer.finish(36'004.5);
    EXPECT_EQ(writer.pictures(), 3);
    const test::Played played = test::play(file());
    EXPECT_NEAR(played.duration_s, 36'004.5, 0.01);
    ASSERT_GE(played.pictures.size(), 6U);
    EXPECT_LE(played.pictures.size(), 70U);
    EXPECT_NEAR(played.pictures[3].time_s, 3, 0.001);
    EXPECT_LE(difference(played.pictures[3].at(30, 20), kRed), 10);
    EXPECT_NEAR(played.pictures[4].time_s, 3.5, 0.001);
    EXPECT_LE(difference(played.pictures.back().at(30, 20), kGreen), 10);
    EXPECT_NEAR(played.pictures.back().time_s, 36'003.5, 0.001);
}

TEST_P(WriterOf, TimesThatDoNotGrowAreMended) {
    Writer writer(file());
    for (const double time_s : {1.0, 1.0, 0.5, 1.5})
        writer.add(pixelsOf(plain({64, 48}, kRed)), time_s);
    writer.finish();
    const test::Played played = test::play(file());
    ASSERT_EQ(played.pictures.size(), 4U);
    EXPECT_NEAR(played.pictures[1].time_s, 0.001, 1e-6);
    EXPECT_NEAR(played.pictures[2].time_s, 0.002, 1e-6);
    EXPECT_NEAR(played.pictures[3].time_s, 0.5, 1e-3);
}

TEST_P(WriterOf, PlayersCanSeekToEveryOtherSecond) {
    Writer writer(file());
    for (int i = 0; i < 100; ++i)
        writer.add(pixelsOf(plain({64, 48}, kRed)), i * 0.1);
    writer.finish();
    std::vector<double> keyframes;
    for (const test::PlayedPicture& picture : test::play(file()).pictures) {
        if (picture.keyframe) keyframes.push_back(std::round(picture.time_s * 10) / 10);
    }
    EXPECT_EQ(keyframes, (std::vector<double>{0, 2, 4, 6, 8}));
}

TEST_P(WriterOf, NoPictureNoFile) {
    const fs::path old = folder_.write(fs::path("old").concat(GetParam()), "somebody's");
    {
        Writer writer(old);
        writer.finish();
    }
    EXPECT_EQ(fs::file_size(old), 10U);
}

// What `child` tells before it ends or stops telling; empty if nothing. It is killed then.
std::string toldBy(const std::function<std::string()>& child) {
    int ends[2];
    if (::pipe(ends) != 0) return "no pipe";
    const pid_t process = ::fork();
    if (process == 0) {
        const std::string told = child();
        if (::write(ends[1], told.data(), told.size()) < 0) ::_exit(1);
        ::close(ends[1]);
        ::pause();
    }
    ::close(ends[1]);
    std::string told;
    char part[256];
    for (ssize_t count = 0; (count = ::read(ends[0], part, sizeof part)) > 0;)
        told.append(part, static_cast<std::size_t>(count));
    ::close(ends[0]);
    ::kill(process, SIGKILL);
    ::waitpid(process, nullptr, 0);
    return told;
}

TEST_P(WriterOf, IsPlayableAfterAKill) {
    std::unique_ptr<Writer> writer;  // nothing ends the child's
    const std::string told = toldBy([&] {
        writer = std::make_unique<Writer>(file());
        for (int i = 0; i <= 60; ++i)
            writer->add(pixelsOf(noise({128, 96}, static_cast<std::uint32_t>(i))), i * 0.1);
        return "written";
    });
    ASSERT_EQ(told, "written");
    const test::Played played = test::play(file());
    ASSERT_GE(played.pictures.size(), 50U) << "of 61; the last second may be lost";
    EXPECT_NEAR(played.pictures[40].time_s, 4, 0.002);
}

// A limit on the size of files fails as a full disk does. In a child, because the limit stays.
std::string failureWithLimit(const fs::path& file, rlim_t limit) {
    return toldBy([&]() -> std::string {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit most{limit, limit};
        if (::setrlimit(RLIMIT_FSIZE, &most) != 0) return "no limit";
        try {
            Writer writer(file);
            for (int i = 0; i < 20; ++i)
                writer.add(pixelsOf(noise({128, 96}, static_cast<std::uint32_t>(i))), i * 0.1);
            writer.finish();
        } catch (const Error& error) {
            return error.what();
        }
        return "all is well";
    });
}

TEST_P(WriterOf, AFileThatCannotGrowIsNoticed) {
    ASSERT_EQ(failureWithLimit(file("whole"), RLIM_INFINITY), "all is well");
    EXPECT_EQ(test::play(file("whole")).pictures.size(), 20U);
    const auto size = static_cast<rlim_t>(fs::file_size(file("whole")));
    EXPECT_EQ(failureWithLimit(file("exact"), size), "all is well");
    // From nothing at all to a lack of only the last byte.
    for (const rlim_t limit : {rlim_t{0}, rlim_t{1000}, size / 2, size - 100, size - 1}) {
        const std::string told = failureWithLimit(file("cut"), limit);
        EXPECT_NE(told.find("the file may not grow any more; write to another disk."),
                  std::string::npos)
            << told << " " << limit << " of " << size;
    }
    failureWithLimit(file("half"), size / 2);
    EXPECT_GE(test::play(file("half")).pictures.size(), 5U) << "what was written can be played";
}

TEST(Writer, AFullDiskIsNoticed) {
    const TemporaryFolder folder;
    const fs::path file = folder.path() / "full.mp4";
    fs::create_symlink("/dev/full", file);
    Writer writer(file);
    try {
        for (int i = 0; i < 20; ++i)
            writer.add(pixelsOf(noise({128, 96}, static_cast<std::uint32_t>(i))), i * 0.1);
        writer.finish();
        FAIL() << "nothing was noticed";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kRuntime);
        EXPECT_NE(std::string(error.what()).find("the disk is full; make room."), std::string::npos)
            << error.what();
    }
    writer.add(pixelsOf(plain({128, 96}, kRed)), 100);  // nothing happens any more
    writer.finish();
}

TEST(Writer, SaysWhyItCannotMakeTheFile) {
    const TemporaryFolder folder;
    fs::create_directory(folder.path() / "folder.mkv");
    folder.write("file", "");
    ASSERT_EQ(::mkfifo((folder.path() / "pipe.mkv").c_str(), 0600), 0);
    const std::vector<std::pair<std::string, std::string>> cases{
        {"none/out.mkv", "there is no such folder"},
        {"file/out.mkv", "there is no such folder"},
        {"folder.mkv", "this is a folder"},
        {"pipe.mkv", "check the disk or choose another"}};
    for (const auto& [name, part] : cases) {
        Writer writer(folder.path() / name);
        try {
            writer.add(pixelsOf(plain({64, 48}, kRed)), 0);
            ADD_FAILURE() << name;
        } catch (const Error& error) {
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
            EXPECT_NE(std::string(error.what()).find(name.substr(0, 4)), std::string::npos);
        }
    }
    EXPECT_THROW(Writer(folder.path() / "out.avi"), Error);
    EXPECT_TRUE(isVideoName("a/B.MP4"));
    EXPECT_TRUE(isVideoName("b.mkv"));
    EXPECT_FALSE(isVideoName("mkv"));
    EXPECT_FALSE(isVideoName("a.mkv.png"));
}

int threadCount() {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator("/proc/self/task"))
        ++count;
    return count;
}

TEST(Writer, EncodersTakeNoMoreThreadsThanTheyAreGiven) {
    const TemporaryFolder folder;
    const int before = threadCount();
    WriteOptions options;
    options.threads = 2;
    Writer writer(folder.path() / "out.mp4", options);
    for (int i = 0; i < 4; ++i)
        writer.add(pixelsOf(noise({640, 480}, static_cast<std::uint32_t>(i))), i);
    EXPECT_LE(threadCount() - before, 2 + 1) << "one may wait for the others";
    writer.finish();
    EXPECT_EQ(threadCount(), before);
}

}  // namespace
}  // namespace overfeat::video
