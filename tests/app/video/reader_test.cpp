// SPDX-License-Identifier: Apache-2.0
#include "app/video/reader.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <iterator>

#include "tests/app/video/made_video.h"
#include "tests/support/file_bytes.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::video::test {
namespace {

namespace fs = std::filesystem;
using overfeat::test::bytesOf;
using overfeat::test::TemporaryFolder;

std::unique_ptr<Reader> opened(const fs::path& path) {
    auto result = Reader::openFile(path, {.name = path.filename().string()}, {});
    if (const auto* refusal = std::get_if<Refusal>(&result)) {
        throw std::runtime_error(refusal->sentence);
    }
    return std::get<std::unique_ptr<Reader>>(std::move(result));
}

std::string refusal(const fs::path& path) {
    auto result = Reader::openFile(path, {.name = path.filename().string()}, {});
    const auto* refused = std::get_if<Refusal>(&result);
    return refused != nullptr ? refused->sentence : "not refused";
}

struct Seen {
    std::int64_t index;
    double time_s;
    Image image;
};

std::optional<Seen> next(Reader& reader) {
    if (reader.read({}) != Outcome::kPicture) return std::nullopt;
    Seen seen{reader.index(), reader.time_s(), Image(reader.size())};
    reader.copyTo(seen.image);
    return seen;
}

struct Whole {
    std::vector<Seen> pictures;
    Outcome end = Outcome::kEnd;
};

Whole wholeOf(Reader& reader) {
    Whole whole;
    for (;;) {
        whole.end = reader.read({});
        if (whole.end == Outcome::kDamaged) continue;
        if (whole.end != Outcome::kPicture) break;
        whole.pictures.push_back({reader.index(), reader.time_s(), Image(reader.size())});
        reader.copyTo(whole.pictures.back().image);
    }
    return whole;
}

Whole wholeOf(const fs::path& path) {
    return wholeOf(*opened(path));
}

Colour at(const Image& image, double x, double y) {
    const std::uint8_t* pixel = image.row(static_cast<int>(y * (image.height() - 1))) +
                                3 * static_cast<int>(x * (image.width() - 1));
    return {pixel[0], pixel[1], pixel[2]};
}

void expectNear(const Colour& seen, const Colour& wanted, int tolerance, const std::string& what) {
    for (std::size_t c = 0; c < 3; ++c)
        EXPECT_NEAR(seen[c], wanted[c], tolerance) << what << ", channel " << c;
}

struct Kind {
    const char* name;
    const char* container;
    const char* codec;
    int b_pictures;
};
const Kind kKinds[] = {{"a.avi", "avi", "mjpeg", 0},       {"b.mkv", "matroska", "mpeg4", 0},
                       {"c.mp4", "mp4", "mpeg4", 2},       {"d.ts", "mpegts", "mpeg2video", 2},
                       {"e.mov", "mov", "mjpeg", 0},       {"f.nut", "nut", "ffv1", 0},
                       {"g.mpg", "mpeg", "mpeg1video", 1}, {"h.flv", "flv", "flv", 0},
                       {"i.m4v", "m4v", "mpeg4", 0},       {"noending", "mpegts", "mpeg2video", 2},
                       {"misnamed.jpg", "mp4", "mpeg4", 0}};

MadeVideo madeAs(const Kind& kind, std::vector<MadePicture> pictures) {
    MadeVideo video{.container = kind.container, .codec = kind.codec};
    video.pictures = std::move(pictures);
    video.b_pictures = kind.b_pictures;
    if (video.codec == "mjpeg") {
        for (MadePicture& picture : video.pictures)
            picture.format = "yuvj420p";
    }
    return video;
}

TEST(Reader, GivesEveryPictureWithItsTime) {
    const TemporaryFolder folder;
    for (const Kind& kind : kKinds) {
        const fs::path path = folder.path() / kind.name;
        makeVideo(path, madeAs(kind, growing(30)));
        const Whole whole = wholeOf(path);
        EXPECT_EQ(whole.end, Outcome::kEnd) << kind.name;
        ASSERT_EQ(whole.pictures.size(), 30U) << kind.name;
        for (std::size_t i = 0; i < 30; ++i) {
            const Seen& seen = whole.pictures[i];
            EXPECT_EQ(seen.index, static_cast<std::int64_t>(i)) << kind.name;
            EXPECT_NEAR(seen.time_s, static_cast<double>(i) / 25, 0.0011) << kind.name;
            EXPECT_EQ(seen.image.size(), (SizePx{64, 48})) << kind.name;
            EXPECT_NEAR(at(seen.image, 0.5, 0.5)[1], growingBrightness(seen.index), 4)
                << kind.name << " " << i;
        }
    }
}

// The picture that is shown then, whatever other pictures it needs.
TEST(Reader, SeeksExactlyAndStepsBack) {
    const TemporaryFolder folder;
    for (const Kind& kind : kKinds) {
        const fs::path path = folder.path() / kind.name;
        makeVideo(path, madeAs(kind, growing(45)));
        const auto reader = opened(path);
        const Whole whole = wholeOf(*reader);
        const auto timeOf = [&](int i) {
            return whole.pictures[static_cast<std::size_t>(i)].time_s;
        };
        for (const int i : {30, 7, 44, 0, 12, 13}) {
            reader->seek(timeOf(i));
            for (int j = i; j < std::min(i + 3, 45); ++j) {
                const auto seen = next(*reader);
                ASSERT_TRUE(seen) << kind.name << " " << j;
                EXPECT_EQ(seen->index, j) << kind.name;
                EXPECT_NEAR(seen->time_s, timeOf(j), 1e-6) << kind.name;
                EXPECT_NEAR(at(seen->image, 0.5, 0.5)[1], growingBrightness(j), 4) << kind.name;
            }
        }
        reader->seek(timeOf(20) + 0.015);  // between two pictures: the one before stays
        EXPECT_EQ(next(*reader)->index, 20) << kind.name;
        for (int i = 19; i >= 16; --i) {
            reader->seekBack();
            const auto seen = next(*reader);
            ASSERT_TRUE(seen) << kind.name;
            EXPECT_EQ(seen->index, i) << kind.name;
            EXPECT_NEAR(at(seen->image, 0.5, 0.5)[1], growingBrightness(i), 4) << kind.name;
        }
        EXPECT_EQ(next(*reader)->index, 17) << kind.name;
        reader->seek(1e9);  // beyond the end: the last
        EXPECT_EQ(next(*reader)->index, 44) << kind.name;
        EXPECT_EQ(reader->read({}), Outcome::kEnd) << kind.name;
        reader->seek(0);  // and again from the start
        EXPECT_EQ(wholeOf(*reader).pictures.size(), 45U) << kind.name;
        reader->seek(0);
        ASSERT_TRUE(next(*reader));
        reader->seekBack();
        EXPECT_EQ(next(*reader)->index, 0) << kind.name;
    }
}

TEST(Reader, APixelFormatMayChangeInTheMiddle) {
    const TemporaryFolder folder;
    MadeVideo video{.container = "avi", .codec = "mjpeg"};
    const char* formats[] = {"yuvj444p", "yuvj420p", "yuvj422p", "yuvj444p"};
    for (int i = 0; i < 12; ++i) {
        video.pictures.push_back(
            {.size = {640, 360}, .format = formats[i / 3], .time_s = i / 25.0});
    }
    makeVideo(folder.path() / "a.avi", video);
    const Whole whole = wholeOf(folder.path() / "a.avi");
    ASSERT_EQ(whole.pictures.size(), 12U);
    for (const Seen& seen : whole.pictures) {
        expectNear(at(seen.image, 0.25, 0.5), {200, 40, 40}, 6, std::to_string(seen.index));
        expectNear(at(seen.image, 0.75, 0.5), {40, 40, 200}, 6, std::to_string(seen.index));
    }
}

TEST(Reader, TheSizeMayChangeInTheMiddle) {
    const TemporaryFolder folder;
    for (const auto& [name, container] :
         {std::pair{"a.avi", "avi"}, std::pair{"b.mkv", "matroska"}}) {
        MadeVideo video{.container = container, .codec = "mjpeg"};
        const SizePx sizes[] = {{320, 240}, {176, 144}, {642, 362}};
        for (int i = 0; i < 9; ++i) {
            video.pictures.push_back(
                {.size = sizes[i / 3], .format = "yuvj420p", .time_s = i / 25.0});
        }
        makeVideo(folder.path() / name, video);
        const Whole whole = wholeOf(folder.path() / name);
        ASSERT_EQ(whole.pictures.size(), 9U) << name;
        for (std::size_t i = 0; i < 9; ++i) {
            const Image& image = whole.pictures[i].image;
            EXPECT_EQ(image.size(), sizes[i / 3]) << name;
            expectNear(at(image, 0.25, 0.5), {200, 40, 40}, 8, name);
            expectNear(at(image, 1, 1), {40, 40, 200}, 8, name);  // to the last column
        }
    }
}

TEST(Reader, EveryFormatOfPixelsBecomesTheSameColours) {
    const TemporaryFolder folder;
    for (const char* format : {"yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv444p12le",
                               "yuva420p", "bgr0", "gbrp10le", "yuv410p", "rgb48le"}) {
        MadeVideo video{.container = "nut", .codec = "ffv1"};
        // No width is a multiple of what processors like.
        for (const SizePx size : {SizePx{66, 50}, SizePx{102, 38}, SizePx{128, 64}}) {
            video.pictures = {{.size = size, .format = format}};
            makeVideo(folder.path() / "a.nut", video);
            const Whole whole = wholeOf(folder.path() / "a.nut");
            ASSERT_EQ(whole.pictures.size(), 1U) << format;
            ASSERT_EQ(whole.pictures[0].image.size(), size);
            expectNear(at(whole.pictures[0].image, 0, 0), {200, 40, 40}, 3, format);
            expectNear(at(whole.pictures[0].image, 1, 1), {40, 40, 200}, 3, format);
        }
    }
}

TEST(Reader, WhatIsTransparentIsWhite) {
    const TemporaryFolder folder;
    MadeVideo video{.container = "apng", .codec = "apng"};
    for (const std::uint8_t alpha : {std::uint8_t{0}, std::uint8_t{128}}) {
        video.pictures = {{.format = "rgba", .right_alpha = alpha},
                          {.format = "rgba", .time_s = 0.04, .right_alpha = 255}};
        makeVideo(folder.path() / "a.png", video);
        const Whole whole = wholeOf(folder.path() / "a.png");
        ASSERT_EQ(whole.pictures.size(), 2U);
        const Colour seen = alpha == 0 ? Colour{255, 255, 255} : Colour{147, 147, 227};
        expectNear(at(whole.pictures[0].image, 0.25, 0.5), {200, 40, 40}, 1, "opaque");
        expectNear(at(whole.pictures[0].image, 0.75, 0.5), seen, 1, std::to_string(alpha));
        expectNear(at(whole.pictures[1].image, 0.75, 0.5), {40, 40, 200}, 1, "opaque again");
    }
}

TEST(Reader, MatrixAndRangeOfTheColoursAreFollowed) {
    const TemporaryFolder folder;
    constexpr int kBt709 = 1;
    constexpr int kBt601 = 6;
    constexpr int kBt2020 = 9;
    for (const int colours : {2, kBt709, kBt601, kBt2020}) {
        for (const int range : {0, 1, 2}) {
            MadeVideo video{.container = "matroska", .codec = "ffv1"};
            video.colours = colours;
            video.range = range;
            video.pictures = {{.format = "yuv444p"}};
            makeVideo(folder.path() / "a.mkv", video);
            const Whole whole = wholeOf(folder.path() / "a.mkv");
            ASSERT_EQ(whole.pictures.size(), 1U);
            const std::string what = std::to_string(colours) + "/" + std::to_string(range);
            expectNear(at(whole.pictures[0].image, 0.2, 0.5), {200, 40, 40}, 3, what);
            expectNear(at(whole.pictures[0].image, 0.8, 0.5), {40, 40, 200}, 3, what);
        }
    }
}

TEST(Reader, PixelsThatAreNotSquareAreMadeSo) {
    const TemporaryFolder folder;
    MadeVideo video{.container = "mp4", .codec = "mpeg4"};
    video.pictures = growing(3, 25, {160, 240});
    for (const auto& [aspect, width] :
         {std::pair{std::array{2, 1}, 320}, std::pair{std::array{8, 9}, 142},
          std::pair{std::array{16, 15}, 170}}) {
        video.pixel_aspect = aspect;
        makeVideo(folder.path() / "a.mp4", video);
        const auto reader = opened(folder.path() / "a.mp4");
        EXPECT_EQ(reader->facts().size, (SizePx{width, 240}));
        EXPECT_EQ(next(*reader)->image.size(), (SizePx{width, 240}));
    }
}

// Which corner of the stored picture is seen at the upper left; its left half is red.
TEST(Reader, PicturesAreTurnedUpright) {
    const TemporaryFolder folder;
    constexpr std::int32_t kOne = 1 << 16;
    struct Case {
        const char* name;
        std::array<std::int32_t, 4> matrix;  // a b c d
        SizePx size;
        double red_x;  // where the middle of the red half is
        double red_y;
    };
    const Case cases[] = {{"upright", {kOne, 0, 0, kOne}, {64, 48}, 0.2, 0.5},
                          {"right", {0, kOne, -kOne, 0}, {48, 64}, 0.5, 0.2},
                          {"half", {-kOne, 0, 0, -kOne}, {64, 48}, 0.8, 0.5},
                          {"left", {0, -kOne, kOne, 0}, {48, 64}, 0.5, 0.8},
                          {"mirrored", {-kOne, 0, 0, kOne}, {64, 48}, 0.8, 0.5}};
    for (const Case& c : cases) {
        MadeVideo video{.container = "mp4", .codec = "mpeg4"};
        video.pictures = {{}, {.time_s = 0.04}};
        const auto& [a, b, cc, d] = c.matrix;
        video.matrix = {a, b, 0, cc, d, 0, 0, 0, 1 << 30};
        makeVideo(folder.path() / "a.mp4", video);
        const auto reader = opened(folder.path() / "a.mp4");
        EXPECT_EQ(reader->facts().size, c.size) << c.name;
        const auto seen = next(*reader);
        ASSERT_TRUE(seen);
        ASSERT_EQ(seen->image.size(), c.size) << c.name;
        expectNear(at(seen->image, c.red_x, c.red_y), {200, 40, 40}, 8, c.name);
        expectNear(at(seen->image, 1 - c.red_x, 1 - c.red_y), {40, 40, 200}, 8, c.name);
    }
}

TEST(Reader, ALongPauseIsTheFilesOwn) {
    const TemporaryFolder folder;
    MadeVideo video{.container = "mp4", .codec = "mpeg4"};
    video.pictures = growing(10);
    for (std::size_t i = 5; i < 10; ++i)
        video.pictures[i].time_s += 20;
    makeVideo(folder.path() / "a.mp4", video);
    const auto reader = opened(folder.path() / "a.mp4");
    EXPECT_NEAR(reader->facts().duration_s, 20.4, 0.05);
    const Whole whole = wholeOf(*reader);
    ASSERT_EQ(whole.pictures.size(), 10U);
    EXPECT_EQ(whole.end, Outcome::kEnd);
    for (std::size_t i = 0; i < 10; ++i)
        EXPECT_NEAR(whole.pictures[i].time_s, video.pictures[i].time_s, 0.002);
    EXPECT_GT(reader->facts().longest_pause_s, 20);
}

TEST(Reader, TellsACutOffVideoFromOneWithSomethingBehindIt) {
    const TemporaryFolder folder;
    for (const Kind& kind : {kKinds[0], kKinds[1], kKinds[3]}) {
        const fs::path path = folder.path() / kind.name;
        makeVideo(path, madeAs(kind, growing(60)));
        const std::string whole = bytesOf(path);
        const fs::path longer = folder.write("longer", whole + std::string(5000, 'x'));
        const Whole all = wholeOf(longer);
        EXPECT_EQ(all.pictures.size(), 60U) << kind.name;
        EXPECT_EQ(all.end, Outcome::kEnd) << kind.name;
        if (std::string(kind.container) == "mpegts") continue;  // does not say how long it is
        const Whole some = wholeOf(folder.write("half", whole.substr(0, whole.size() * 2 / 5)));
        EXPECT_GT(some.pictures.size(), 5U) << kind.name;
        EXPECT_LT(some.pictures.size(), 50U) << kind.name;
        EXPECT_EQ(some.end, Outcome::kCutOff) << kind.name;
    }
    // An MP4 has its index at the end.
    makeVideo(folder.path() / "a.mp4", madeAs(kKinds[2], growing(60)));
    const std::string mp4 = bytesOf(folder.path() / "a.mp4");
    const std::string sentence = refusal(folder.write("half.mp4", mp4.substr(0, mp4.size() / 2)));
    EXPECT_NE(sentence.find("cut off"), std::string::npos) << sentence;
}

TEST(Reader, RefusesWhatLeadsElsewhereOrIsNoVideo) {
    const TemporaryFolder folder;
    makeVideo(folder.path() / "other.mkv", madeAs(kKinds[1], growing(3)));
    const std::string other = (folder.path() / "other.mkv").string();
    const std::pair<const char*, std::string> files[] = {
        {"list.m3u8",
         "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + other + "\n#EXT-X-ENDLIST\n"},
        {"list.ffconcat", "ffconcat version 1.0\nfile other.mkv\n"},
        {"call.sdp",
         "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
         "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"},
        {"letters.txt", "Dear Sir or Madam\n"},
        {"play.mpd", "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"/>"},
        {"meta.txt", ";FFMETADATA1\ntitle=x\n"},
        {"terminal.ans", "\x1b[31mred\x1b[0m\n"},
        {"noise", std::string(70'000, '\x81')},
        {"zeros", std::string(70'000, '\0')},
        {"empty", ""}};
    for (const auto& [name, bytes] : files) {
        const fs::path path = folder.write(name, bytes);
        EXPECT_NE(refusal(path), "not refused") << name;
        EXPECT_EQ(containerOf(path), std::nullopt) << name;
    }
    EXPECT_EQ(containerOf(other), "matroska,webm");
    EXPECT_EQ(containerOf(folder.path()), std::nullopt);
    EXPECT_NE(refusal(folder.path() / "list.m3u8").find("text file"), std::string::npos);
}

// 30,000 x 30,000 pixels are refused before memory is asked for them.
TEST(Reader, RefusesSizesNobodyCanShow) {
    const TemporaryFolder folder;
    makeVideo(folder.path() / "a.avi", madeAs(kKinds[0], growing(3)));
    std::string bytes = bytesOf(folder.path() / "a.avi");
    const auto little = [](std::uint32_t value) {
        std::string text;
        for (int i = 0; i < 4; ++i)
            text += static_cast<char>(value >> 8 * i & 0xFFU);
        return text;
    };
    const std::size_t header = bytes.find("strf") + 8;  // BITMAPINFOHEADER: size, width, height
    bytes.replace(header + 4, 8, little(30'000) + little(30'000));
    // And in every JPEG: SOF0, length, bits, height, width.
    for (std::size_t at = bytes.find("\xFF\xC0"); at != std::string::npos;
         at = bytes.find("\xFF\xC0", at + 2)) {
        bytes.replace(at + 5, 4, "\x75\x30\x75\x30");
    }
    const fs::path path = folder.write("b.avi", bytes);
    try {
        const Whole whole = wholeOf(path);
        EXPECT_TRUE(whole.pictures.empty());
    } catch (const std::exception& error) {
        EXPECT_NE(std::string(error.what()).find("30000x30000"), std::string::npos) << error.what();
    }
}

TEST(Reader, EndsWhenAskedTo) {
    const TemporaryFolder folder;
    makeVideo(folder.path() / "a.mkv", madeAs(kKinds[1], growing(30)));
    const auto reader = opened(folder.path() / "a.mkv");
    std::stop_source stop;
    EXPECT_EQ(reader->read(stop.get_token()), Outcome::kPicture);
    stop.request_stop();
    EXPECT_EQ(reader->read(stop.get_token()), Outcome::kStopped);
    reader->seek(1);
    EXPECT_EQ(reader->read(stop.get_token()), Outcome::kStopped);
}

}  // namespace
}  // namespace overfeat::video::test
