// SPDX-License-Identifier: Apache-2.0
#include "app/capture/picture_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <opencv2/imgcodecs.hpp>

#include "engine/core/error.h"
#include "tests/app/capture/made_files.h"
#include "tests/support/capability.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::capture::test {
namespace {

namespace fs = std::filesystem;
using overfeat::test::TemporaryFolder;
using Colour = std::array<int, 3>;

Colour at(const Image& image, int x, int y) {
    const std::uint8_t* p = image.row(y) + 3 * static_cast<std::ptrdiff_t>(x);
    return {p[0], p[1], p[2]};
}

// The sentence readPicture refuses a file with.
std::string refusal(const fs::path& path) {
    try {
        readPicture(path);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kInput);
        EXPECT_EQ(error.where(), path.string());
        return error.what();
    }
    ADD_FAILURE() << path << " was accepted";
    return {};
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}
#define EXPECT_SAYS(path, part)                    \
    do {                                           \
        const std::string said = refusal(path);    \
        EXPECT_TRUE(contains(said, part)) << said; \
        EXPECT_TRUE(said.ends_with('.')) << said;  \
    } while (false)

PngParts redPixel() {
    return {.scanlines = Bytes("\0\xFF\0\0", 4), .exif = {}, .before = {}};
}

TEST(ReadPicture, RedIsRedAndBlueIsBlue) {
    const TemporaryFolder folder;
    PngParts parts;
    parts.width = 2;
    parts.scanlines = Bytes("\0\xFF\0\0\0\0\xFF", 7);
    const Image image = readPicture(folder.write("a.png", pngFile(parts)));
    ASSERT_EQ(image.size(), (SizePx{2, 1}));
    EXPECT_EQ(at(image, 0, 0), (Colour{255, 0, 0}));
    EXPECT_EQ(at(image, 1, 0), (Colour{0, 0, 255}));
}

TEST(ReadPicture, OnePixel) {
    const TemporaryFolder folder;
    const Image image = readPicture(folder.write("one.png", pngFile(redPixel())));
    EXPECT_EQ(image.size(), (SizePx{1, 1}));
}

TEST(ReadPicture, SixteenBitsAreScaled) {
    const TemporaryFolder folder;
    PngParts parts;
    parts.bits = 16;
    parts.scanlines = Bytes("\0\xFF\xFF\x80\x80\0\0", 7);
    const Image image = readPicture(folder.write("deep.png", pngFile(parts)));
    EXPECT_EQ(at(image, 0, 0), (Colour{255, 128, 0}));
}

TEST(ReadPicture, GreyBecomesThreeEqualChannels) {
    const TemporaryFolder folder;
    PngParts parts;
    parts.colour = 0;
    parts.scanlines = Bytes("\0\x64", 2);
    EXPECT_EQ(at(readPicture(folder.write("grey.png", pngFile(parts))), 0, 0),
              (Colour{100, 100, 100}));
}

TEST(ReadPicture, AlphaIsPutOnWhite) {
    const TemporaryFolder folder;
    PngParts parts;
    parts.width = 3;
    parts.colour = 6;
    parts.scanlines = Bytes(
        "\0"
        "\xFF\0\0\xFF"
        "\0\0\0\0"
        "\0\0\0\x80",
        13);
    const auto file = pngFile(parts);
    const Image image = readPicture(folder.write("alpha.png", file));
    const Image from_bytes =
        decodePicture({reinterpret_cast<const std::uint8_t*>(file.data()), file.size()}, "alpha");
    EXPECT_EQ(at(from_bytes, 2, 0), at(image, 2, 0)) << "wherever the bytes come from";
    EXPECT_EQ(at(image, 0, 0), (Colour{255, 0, 0}));
    EXPECT_EQ(at(image, 1, 0), (Colour{255, 255, 255}));
    EXPECT_EQ(at(image, 2, 0), (Colour{127, 127, 127}));
}

TEST(ReadPicture, GreyWithAlphaIsPutOnWhite) {
    const TemporaryFolder folder;
    PngParts parts;
    parts.width = 2;
    parts.colour = 4;
    parts.scanlines = Bytes("\0\x32\xFF\x32\0", 5);
    const Image image = readPicture(folder.write("alpha.png", pngFile(parts)));
    EXPECT_EQ(at(image, 0, 0), (Colour{50, 50, 50}));
    EXPECT_EQ(at(image, 1, 0), (Colour{255, 255, 255}));
}

TEST(ReadPicture, SixteenBitAlphaIsPutOnWhite) {
    const TemporaryFolder folder;
    PngParts parts;
    parts.bits = 16;
    parts.colour = 6;
    parts.scanlines = Bytes("\0\0\0\0\0\0\0\x80\x80", 9);
    EXPECT_EQ(at(readPicture(folder.write("a.png", pngFile(parts))), 0, 0),
              (Colour{127, 127, 127}));
}

// Two blocks: left dark, right bright (as stored). What each orientation makes of it, EXIF 2.3.
TEST(ReadPicture, ExifOrientationIsApplied) {
    const TemporaryFolder folder;
    struct Case {
        int orientation;
        SizePx size;
        int x, y;  // a place that must be dark; its opposite is bright
    };
    const std::array<Case, 8> cases = {{{1, {16, 8}, 2, 4},
                                        {2, {16, 8}, 13, 4},
                                        {3, {16, 8}, 13, 4},
                                        {4, {16, 8}, 2, 4},
                                        {5, {8, 16}, 4, 2},
                                        {6, {8, 16}, 4, 2},
                                        {7, {8, 16}, 4, 13},
                                        {8, {8, 16}, 4, 13}}};
    for (const Case& c : cases) {
        JpegParts parts;
        parts.columns = 2;
        parts.components = 1;
        parts.blocks = {{40}, {200}};
        parts.exif = exifOrientation(c.orientation);
        const Image image = readPicture(folder.write("turned.jpg", jpegFile(parts)));
        ASSERT_EQ(image.size(), c.size) << c.orientation;
        EXPECT_NEAR(at(image, c.x, c.y)[0], 40, 2) << c.orientation;
        EXPECT_NEAR(at(image, c.size.width - 1 - c.x, c.size.height - 1 - c.y)[0], 200, 2)
            << c.orientation;
    }
}

// A single row cannot tell 1 from 4 or 2 from 3; a column can.
TEST(ReadPicture, ExifUpsideDownIsApplied) {
    const TemporaryFolder folder;
    JpegParts parts;
    parts.rows = 2;
    parts.components = 1;
    parts.blocks = {{40}, {200}};
    const auto topOf = [&](int orientation) {
        parts.exif = exifOrientation(orientation);
        return at(readPicture(folder.write("turned.jpg", jpegFile(parts))), 2, 2)[0];
    };
    EXPECT_NEAR(topOf(1), 40, 2);
    EXPECT_NEAR(topOf(2), 40, 2);
    EXPECT_NEAR(topOf(3), 200, 2);
    EXPECT_NEAR(topOf(4), 200, 2);
    EXPECT_NEAR(topOf(5), 40, 2);   // now the left side
    EXPECT_NEAR(topOf(6), 200, 2);  // turned right: the bottom is left
    EXPECT_NEAR(topOf(7), 200, 2);
    EXPECT_NEAR(topOf(8), 40, 2);
}

TEST(ReadPicture, ExifInPngIsApplied) {
    const TemporaryFolder folder;
    PngParts parts;
    parts.width = 2;
    parts.scanlines = Bytes("\0\xFF\0\0\0\0\xFF", 7);
    parts.exif = exifOrientation(8);  // turned left: what was right is on top
    const Image image = readPicture(folder.write("turned.png", pngFile(parts)));
    ASSERT_EQ(image.size(), (SizePx{1, 2}));
    EXPECT_EQ(at(image, 0, 0), (Colour{0, 0, 255}));
}

TEST(ReadPicture, AdobeCmykIsConverted) {
    const TemporaryFolder folder;
    JpegParts parts;
    parts.columns = 3;
    parts.components = 4;
    parts.adobe = 0;
    // Adobe stores 255 = no ink: no ink at all, cyan only, black only.
    parts.blocks = {{255, 255, 255, 255}, {0, 255, 255, 255}, {255, 255, 255, 0}};
    const Image image = readPicture(folder.write("inks.jpg", jpegFile(parts)));
    EXPECT_EQ(at(image, 4, 4), (Colour{255, 255, 255}));
    const Colour cyan = at(image, 12, 4);
    EXPECT_LT(cyan[0], 10);
    EXPECT_GT(cyan[1], 245);
    EXPECT_GT(cyan[2], 245);
    EXPECT_LT(at(image, 20, 4)[1], 10);
}

// As with the marker, which is how other programs take it: 255 = no ink.
TEST(ReadPicture, CmykWithoutAdobesMarkerIsConverted) {
    const TemporaryFolder folder;
    JpegParts parts;
    parts.columns = 2;
    parts.components = 4;
    parts.blocks = {{255, 255, 255, 255}, {0, 255, 255, 255}};
    const Image image = readPicture(folder.write("inks.jpg", jpegFile(parts)));
    EXPECT_EQ(at(image, 4, 4), (Colour{255, 255, 255}));
    EXPECT_LT(at(image, 12, 4)[0], 10);
    EXPECT_GT(at(image, 12, 4)[1], 245);
}

TEST(ReadPicture, TiffWebpBmpAndPnmAreRead) {
    const TemporaryFolder folder;
    cv::Mat bgr(6, 9, CV_8UC3, cv::Scalar(0, 0, 250));
    for (const char* name : {"a.tif", "a.webp", "a.bmp", "a.ppm"}) {
        ASSERT_TRUE(cv::imwrite((folder.path() / name).string(), bgr));
        const Image image = readPicture(folder.path() / name);
        ASSERT_EQ(image.size(), (SizePx{9, 6})) << name;
        EXPECT_NEAR(at(image, 4, 3)[0], 250, 6) << name;
        EXPECT_LT(at(image, 4, 3)[2], 8) << name;
    }
}

TEST(ReadPicture, TheFirstPictureOfAGif) {
    const auto data = overfeat::test::sharedData();
    if (overfeat::test::missing("shared-data", data.has_value())) return;
    EXPECT_EQ(readPicture(*data / "videos" / "fruit-and-vegetable.gif").size(), (SizePx{480, 270}));
}

TEST(ReadPicture, TellsWhyAFileCannotBeUsed) {
    const TemporaryFolder folder;
    EXPECT_SAYS(folder.path() / "no.png", "There is no picture file");
    EXPECT_SAYS(folder.path(), "is a folder");
    EXPECT_SAYS(folder.write("empty.png", ""), "is empty");
    EXPECT_SAYS(folder.write("page.png", "<html>not found</html>"), "is a web page");
    EXPECT_SAYS("/proc/self/mem", "cannot be opened");  // opens, but cannot be read
    fs::create_symlink("circle.png", folder.path() / "circle.png");
    EXPECT_SAYS(folder.path() / "circle.png", "leads back to itself");
    ASSERT_EQ(::mkfifo((folder.path() / "pipe.png").c_str(), 0600), 0);
    EXPECT_SAYS(folder.path() / "pipe.png", "a device or a pipe");
}

// Every kind, cut at every tenth of its length: refused, never grey, never a crash.
TEST(ReadPicture, CutOffFilesAreRefused) {
    const TemporaryFolder folder;
    cv::Mat bgr(40, 60, CV_8UC3);
    cv::randu(bgr, 0, 255);
    for (const char* name : {"a.png", "a.jpg", "a.bmp", "a.webp", "a.ppm", "a.tif"}) {
        ASSERT_TRUE(cv::imwrite((folder.path() / name).string(), bgr));
        const Bytes whole = bytesOf(folder.path() / name);
        for (int tenth = 1; tenth < 10; ++tenth) {
            refusal(folder.write(name, whole.substr(0, whole.size() * tenth / 10)));
        }
    }
}

TEST(ReadPicture, DamagedBytesNeverCrash) {
    const TemporaryFolder folder;
    cv::Mat bgr(24, 24, CV_8UC3);
    cv::randu(bgr, 0, 255);
    cv::RNG random(7);
    for (const char* name : {"a.png", "a.jpg", "a.bmp", "a.webp", "a.ppm", "a.tif"}) {
        ASSERT_TRUE(cv::imwrite((folder.path() / name).string(), bgr));
        const Bytes whole = bytesOf(folder.path() / name);
        for (int round = 0; round < 60; ++round) {
            Bytes bytes = whole;
            for (int i = 0; i < 4; ++i) {
                bytes[static_cast<std::size_t>(random.uniform(0, static_cast<int>(whole.size())))] =
                    static_cast<char>(random.uniform(0, 256));
            }
            try {
                const Image image = readPicture(folder.write(name, bytes));
                EXPECT_FALSE(image.empty());
            } catch (const Error& error) {
                EXPECT_EQ(error.code(), ErrorCode::kInput);
            }
        }
    }
}

TEST(ReadPicture, AHugePictureIsRefusedBeforeMemoryIsAskedForIt) {
    const TemporaryFolder folder;
    PngParts parts = redPixel();
    parts.width = 50'000;
    parts.height = 50'000;
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    EXPECT_SAYS(folder.write("bomb.png", pngFile(parts)), "50000x50000");
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 50 * 1024);  // KiB; decoded it would take 7.5 GB

    JpegParts jpeg;
    jpeg.columns = 8000;
    jpeg.rows = 8000;
    EXPECT_SAYS(folder.write("bomb.jpg", jpegFile(jpeg)), "64000x64000");
}

TEST(ReadPicture, PathsMayHoldAnyBytes) {
    const TemporaryFolder folder;
    for (const char* name :
         {"with space.png", "\xF0\x9F\x8D\x8E \xC3\xA9.png", "bad\xFF\xFE.png"}) {
        EXPECT_FALSE(readPicture(folder.write(name, pngFile(redPixel()))).empty()) << name;
    }
    // In the sentence, bytes that are no text are replaced.
    EXPECT_SAYS(folder.path() / "no\xFF.png", "no?.png");
}

TEST(WritePicture, ReadsBackTheSame) {
    const TemporaryFolder folder;
    Image image(SizePx{3, 2});
    image.row(1)[3] = 200;
    image.row(0)[8] = 90;
    const fs::path path = folder.path() / "out \xFF.png";
    writePicture(path, image);
    EXPECT_EQ(readPicture(path).bytes(), image.bytes());
}

TEST(WritePicture, ReplacesWholeFilesAndLeavesNothingBehind) {
    const TemporaryFolder folder;
    const fs::path path = folder.write("out.jpg", "old");
    writePicture(path, Image(SizePx{8, 8}));
    EXPECT_EQ(readPicture(path).size(), (SizePx{8, 8}));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(WritePicture, RefusesWithASentence) {
    const TemporaryFolder folder;
    const Image image(SizePx{2, 2});
    for (const fs::path& path : {folder.path() / "none" / "a.png", folder.path() / "a.xyz"}) {
        try {
            writePicture(path, image);
            ADD_FAILURE() << path;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::kRuntime);
            EXPECT_TRUE(contains(error.what(), path.filename().string())) << error.what();
        }
    }
    EXPECT_THROW(writePicture(folder.path() / "a.png", Image()), Error);
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace overfeat::capture::test
