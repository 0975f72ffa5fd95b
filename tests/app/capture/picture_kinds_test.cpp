// SPDX-License-Identifier: Apache-2.0
//
// One small picture of every kind that was once read wrongly or refused; the table over many more
// is made by tests/tables/pictures.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/capture/picture_file.h"
#include "app/capture/picture_kind.h"
#include "engine/core/error.h"
#include "tests/app/capture/encoded_pictures.h"
#include "tests/app/capture/made_files.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::capture::test {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using Colour = std::array<int, 3>;

Bytes little(std::uint32_t value, int count) {
    Bytes bytes;
    for (int i = 0; i < count; ++i)
        bytes += static_cast<char>(value >> 8 * i & 0xFFU);
    return bytes;
}

Bytes fromHex(std::string_view digits) {
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
    return bytes;
}

Image decoded(const Bytes& bytes, std::string* remark = nullptr,
              const std::string& name = "picture.bin") {
    const overfeat::test::TemporaryFolder folder;
    return readPicture(folder.write(name, bytes), remark);
}

Colour at(const Image& image, int x, int y) {
    const std::uint8_t* p = image.row(y) + std::ptrdiff_t{3} * x;
    return {p[0], p[1], p[2]};
}

std::string refusal(const Bytes& bytes) {
    try {
        decoded(bytes);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kInput);
        return error.what();
    }
    return "was accepted";
}

// BITMAPINFOHEADER and what follows it.
Bytes bmp(int width, int height, int bits, std::uint32_t compression, const Bytes& table,
          const Bytes& pixels) {
    const auto offset = static_cast<std::uint32_t>(54 + table.size());
    return "BM" + little(offset + static_cast<std::uint32_t>(pixels.size()), 4) + little(0, 4) +
           little(offset, 4) + little(40, 4) + little(static_cast<std::uint32_t>(width), 4) +
           little(static_cast<std::uint32_t>(height), 4) + little(1, 2) +
           little(static_cast<std::uint32_t>(bits), 2) + little(compression, 4) +
           little(static_cast<std::uint32_t>(pixels.size()), 4) + Bytes(16, '\0') + table + pixels;
}

TEST(PictureKinds, BmpWithMasksAndAFourthByteOfZero) {
    const Bytes masks = little(0xFF0000, 4) + little(0xFF00, 4) + little(0xFF, 4);
    const Image image = decoded(bmp(2, 1, 32, 3, masks, Bytes("\x0A\x64\xC8\0\xFF\0\0\0", 8)));
    EXPECT_EQ(at(image, 0, 0), (Colour{200, 100, 10}));
    EXPECT_EQ(at(image, 1, 0), (Colour{0, 0, 255}));
}

TEST(PictureKinds, BmpOfOs2) {
    Bytes palette = Bytes("\0\0\0\xFF\x80\x40", 6) + Bytes(254 * std::size_t{3}, '\0');
    const Bytes file = "BM" + little(26 + 768 + 4, 4) + little(0, 4) + little(26 + 768, 4) +
                       little(12, 4) + little(1, 2) + little(1, 2) + little(1, 2) + little(8, 2) +
                       palette + Bytes("\1\0\0\0", 4);
    EXPECT_EQ(at(decoded(file), 0, 0), (Colour{64, 128, 255}));
}

struct Tag {
    int number;
    int type;  // 3 = two bytes, 4 = four
    std::uint32_t value;
    std::uint32_t count = 1;
};

// A little-endian TIFF with one strip of `pixels`; values of more than four bytes are offsets.
Bytes tiff(std::vector<Tag> tags, const Bytes& pixels, SizePx size = {2, 1}) {
    tags.insert(tags.begin(), {{256, 3, static_cast<std::uint32_t>(size.width)},
                               {257, 3, static_cast<std::uint32_t>(size.height)}});
    Bytes entries = little(static_cast<std::uint32_t>(tags.size()), 2);
    for (const Tag& tag : tags) {
        entries += little(static_cast<std::uint32_t>(tag.number), 2) +
                   little(static_cast<std::uint32_t>(tag.type), 2) + little(tag.count, 4) +
                   little(tag.value, 4);
    }
    const auto directory = static_cast<std::uint32_t>(8 + pixels.size());
    return Bytes("II*\0", 4) + little(directory, 4) + pixels + entries + little(0, 4);
}

TEST(PictureKinds, TiffOfGreyWithOpacity) {
    const Image image = decoded(tiff({{258, 3, 8U | 8U << 16U, 2},
                                      {259, 3, 1},
                                      {262, 3, 1},
                                      {273, 4, 8},
                                      {277, 3, 2},
                                      {278, 3, 1},
                                      {279, 4, 4},
                                      {338, 3, 2}},
                                     Bytes("\x32\xFF\x32\0", 4)));
    EXPECT_EQ(at(image, 0, 0), (Colour{50, 50, 50}));
    EXPECT_EQ(at(image, 1, 0), (Colour{255, 255, 255}));
}

TEST(PictureKinds, TiffOfFewBits) {
    const auto grey = [](std::uint32_t bits, char pixels) {
        return decoded(tiff({{258, 3, bits},
                             {259, 3, 1},
                             {262, 3, 1},
                             {273, 4, 8},
                             {277, 3, 1},
                             {278, 3, 1},
                             {279, 4, 1}},
                            {pixels, '\0'}));
    };
    EXPECT_EQ(at(grey(4, '\x3C'), 0, 0)[0], 51);
    EXPECT_EQ(at(grey(4, '\x3C'), 1, 0)[0], 204);
    EXPECT_EQ(at(grey(2, '\x60'), 0, 0)[0], 85);
    EXPECT_EQ(at(grey(2, '\x60'), 1, 0)[0], 170);
}

// Red, green and blue in strips of their own, 16 bits; tables of numbers lie before the pixels.
TEST(PictureKinds, TiffInPlanes) {
    const Bytes tables = little(16, 2) + little(16, 2) + little(16, 2) + little(38, 4) +
                         little(42, 4) + little(46, 4) + little(4, 4) + little(4, 4) + little(4, 4);
    const Bytes pixels = "\xFF\xFF\0\0"s + Bytes("\0\x80\xFF\xFF", 4) + Bytes("\0\0\0\x40", 4);
    const Image image = decoded(tiff({{258, 3, 8, 3},
                                      {259, 3, 1},
                                      {262, 3, 2},
                                      {273, 4, 14, 3},
                                      {277, 3, 3},
                                      {278, 3, 1},
                                      {279, 4, 26, 3},
                                      {284, 3, 2}},
                                     tables + pixels));
    EXPECT_EQ(at(image, 0, 0), (Colour{255, 128, 0}));
    EXPECT_EQ(at(image, 1, 0), (Colour{0, 255, 64}));
}

TEST(PictureKinds, TiffOfJpegInPlanes) {
    Bytes offsets;
    Bytes lengths;
    Bytes pixels;
    for (const int sample : {250, 30, 90}) {
        JpegParts parts;
        parts.components = 1;
        parts.blocks = {{sample}};
        const Bytes plane = jpegFile(parts);
        offsets += little(static_cast<std::uint32_t>(8 + 30 + pixels.size()), 4);
        lengths += little(static_cast<std::uint32_t>(plane.size()), 4);
        pixels += plane;
    }
    const Bytes bits = little(8, 2) + little(8, 2) + little(8, 2);
    const Image image = decoded(tiff({{258, 3, 8, 3},
                                      {259, 3, 7},
                                      {262, 3, 2},
                                      {273, 4, 14, 3},
                                      {277, 3, 3},
                                      {278, 3, 8},
                                      {279, 4, 26, 3},
                                      {284, 3, 2}},
                                     bits + offsets + lengths + pixels, {8, 8}));
    const Colour shown = at(image, 4, 4);
    EXPECT_NEAR(shown[0], 250, 2);
    EXPECT_NEAR(shown[1], 30, 2);
    EXPECT_NEAR(shown[2], 90, 2);
}

// As `convert -colorspace Lab` stores (100, 140, 140) and (20, 30, 60).
TEST(PictureKinds, TiffOfLab) {
    const Image image = decoded(tiff({{258, 3, 14, 3},
                                      {259, 3, 1},
                                      {262, 3, 8},
                                      {273, 4, 8},
                                      {277, 3, 3},
                                      {278, 3, 1},
                                      {279, 4, 6}},
                                     Bytes("\x8D\xF1\xFB\x1F\x07\xEA\x08\0\x08\0\x08\0", 12)));
    const auto expectNear = [&](int x, const Colour& right) {
        for (std::size_t c = 0; c < 3; ++c)
            EXPECT_NEAR(at(image, x, 0)[c], right[c], 2) << x << " " << c;
    };
    expectNear(0, {100, 140, 140});
    expectNear(1, {20, 30, 60});
}

// 2x1 red pixels at (1, 1) of a canvas of 4x3, whose colour is the third.
TEST(PictureKinds, GifThatIsSmallerThanItsCanvas) {
    const Bytes head = "GIF89a" + little(4, 2) + little(3, 2) + Bytes("\x81\2\0", 3) +
                       Bytes("\0\0\0\xFA\x1E\x14\x0A\xC8\x1E\0\0\0", 12);
    const Bytes picture = "," + little(1, 2) + little(1, 2) + little(2, 2) + little(1, 2) +
                          Bytes("\0\2\2\x4C\x0A\0;", 7);
    const Bytes comment("!\xFE\2hi\0", 6);
    const Bytes transparency("!\xF9\4\1\0\0\3\0", 8);  // of a colour that is not there
    for (const auto& [between, around] :
         {std::pair<Bytes, Colour>{Bytes(), {10, 200, 30}},
          std::pair<Bytes, Colour>{comment, {10, 200, 30}},
          std::pair<Bytes, Colour>{transparency + comment, {255, 255, 255}}}) {
        const Image image = decoded(head + between + picture);
        ASSERT_EQ(image.size(), (SizePx{4, 3}));
        for (int y = 0; y < 3; ++y) {
            for (int x = 0; x < 4; ++x) {
                const bool drawn = y == 1 && (x == 1 || x == 2);
                EXPECT_EQ(at(image, x, y), drawn ? (Colour{250, 30, 20}) : around)
                    << x << "," << y << " behind " << between.size();
            }
        }
    }
}

TEST(PictureKinds, BigTiff) {
    Bytes entries = little(7, 4) + little(0, 4);
    const std::array<Tag, 7> tags{{{256, 3, 2},
                                   {257, 3, 1},
                                   {258, 3, 8},
                                   {262, 3, 1},
                                   {273, 4, 16},
                                   {277, 3, 1},
                                   {279, 4, 2}}};
    for (const Tag& tag : tags) {
        entries += little(static_cast<std::uint32_t>(tag.number), 2) +
                   little(static_cast<std::uint32_t>(tag.type), 2) + little(1, 4) + little(0, 4) +
                   little(tag.value, 4) + little(0, 4);
    }
    const Bytes file = Bytes("II+\0\x08\0\0\0", 8) + little(24, 4) + little(0, 4) +
                       Bytes("\x64\xC8\0\0\0\0\0\0", 8) + entries + Bytes(8, '\0');
    const Image image = decoded(file);
    EXPECT_EQ(at(image, 0, 0)[0], 100);
    EXPECT_EQ(at(image, 1, 0)[0], 200);
}

TEST(PictureKinds, PngOfGreyWithATransparentValue) {
    PngParts parts;
    parts.width = 2;
    parts.colour = 0;
    parts.scanlines = Bytes("\0\x64\x32", 3);
    parts.before = {{"tRNS", Bytes("\0\x64", 2)}};
    const Image image = decoded(pngFile(parts));
    EXPECT_EQ(at(image, 0, 0), (Colour{255, 255, 255}));
    EXPECT_EQ(at(image, 1, 0), (Colour{50, 50, 50}));
}

TEST(PictureKinds, PngInProportionToLight) {
    PngParts parts;
    parts.colour = 0;
    parts.scanlines = Bytes("\0\x80", 2);
    parts.before = {{"gAMA", Bytes("\0\x01\x86\xA0", 4)}};  // 1.0
    EXPECT_EQ(at(decoded(pngFile(parts)), 0, 0), (Colour{188, 188, 188}));
    // sRGB counts before gAMA; the usual gamma is that of sRGB.
    parts.before.insert(parts.before.begin(), {"sRGB", Bytes(1, '\0')});
    EXPECT_EQ(at(decoded(pngFile(parts)), 0, 0), (Colour{128, 128, 128}));
    parts.before = {{"gAMA", Bytes("\0\0\xB1\x8F", 4)}};
    EXPECT_EQ(at(decoded(pngFile(parts)), 0, 0), (Colour{128, 128, 128}));
}

// Those of whole bytes are read by another decoder than the others.
TEST(PictureKinds, PnmOfWholeBytes) {
    const Image image = decoded("P6\n# two\n2 1\n255\n" + Bytes("\x0A\x14\x1E\xFF\0\x01", 6));
    EXPECT_EQ(image.size(), (SizePx{2, 1}));
    EXPECT_EQ(at(image, 0, 0), (Colour{10, 20, 30}));
    EXPECT_EQ(at(image, 1, 0), (Colour{255, 0, 1}));
    EXPECT_EQ(at(decoded("P5 1 2 255\n\x40\x80"), 0, 1), (Colour{128, 128, 128}));
    EXPECT_EQ(at(decoded("P6 1 1 255\n\n#\x80P6 1 1 255\nabc"), 0, 0), (Colour{10, 35, 128}))
        << "the first of several; what looks like a comment is a pixel";
    EXPECT_NE(refusal("P6\n2 1\n255\nabcde").find("cut off"), std::string::npos);
    EXPECT_NE(refusal("P5\n30000 30000\n255\nabc"), "");
}

TEST(PictureKinds, PnmOfAnyDepth) {
    EXPECT_EQ(at(decoded("P2\n# few greys\n2 1\n15\n3 12\n"), 1, 0), (Colour{204, 204, 204}));
    EXPECT_EQ(at(decoded("P6\n1 1\n100\n\x64\x32\x0A"), 0, 0), (Colour{255, 128, 26}));
    EXPECT_EQ(at(decoded("P6 #odd\n1 1\n# more\n63\n\x3F\x15\x01"), 0, 0), (Colour{255, 85, 4}));
    EXPECT_EQ(at(decoded("P2\n2 1\n7\n7 3\n"), 1, 0), (Colour{109, 109, 109}));
    EXPECT_EQ(at(decoded("P5\n1 1\n200\n\x64"), 0, 0), (Colour{128, 128, 128}));
    EXPECT_EQ(at(decoded("P5 1 1 1023\n\x02\x01"), 0, 0), (Colour{128, 128, 128}));
    EXPECT_EQ(at(decoded("P1\n2 1\n1 0\n"), 0, 0), (Colour{0, 0, 0}));
    const Bytes pam = "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n";
    EXPECT_EQ(at(decoded(pam + Bytes("\xFF\0\0\x80", 4)), 0, 0), (Colour{255, 127, 127}));
}

TEST(PictureKinds, TgaOfBothOrigins) {
    Bytes head("\0\0\2\0\0\0\0\0\0\0\0\0\1\0\2\0\x18\0", 18);
    const Bytes pixels("\x0A\x14\xC8\xF0\0\0", 6);  // blue, green, red
    const Image from_bottom = decoded(head + pixels);
    EXPECT_EQ(at(from_bottom, 0, 1), (Colour{200, 20, 10}));
    head[17] = 0x20;
    EXPECT_EQ(at(decoded(head + pixels), 0, 0), (Colour{200, 20, 10}));
}

TEST(PictureKinds, AnIcon) {
    const Bytes dib = little(40, 4) + little(1, 4) + little(2, 4) + little(1, 2) + little(32, 2) +
                      Bytes(24, '\0') + "\x0A\x14\xC8\xFF" + Bytes(4, '\0');
    const Bytes file = Bytes("\0\0\1\0\1\0\1\1\0\0\1\0\x20\0", 14) +
                       little(static_cast<std::uint32_t>(dib.size()), 4) + little(22, 4) + dib;
    EXPECT_EQ(at(decoded(file), 0, 0), (Colour{200, 20, 10}));
}

void expectRedAndBlue(const Colour& red, const Colour& blue, const std::string& what) {
    EXPECT_GT(red[0], 220) << what;
    EXPECT_LT(red[2], 60) << what;
    EXPECT_GT(blue[2], 200) << what;
    EXPECT_LT(blue[0], 60) << what;
}

TEST(PictureKinds, HeicAvifAndJpeg2000WhateverTheirNames) {
    for (const char* hex : {kHeic, kJpeg2000, kAnimatedWebp}) {
        for (const char* name : {"a.heic", "a.jpg", "a", "a.mp4"}) {
            std::string remark;
            const Image image = decoded(fromHex(hex), &remark, name);
            ASSERT_EQ(image.size(), (SizePx{32, 16}));
            expectRedAndBlue(at(image, 4, 8), at(image, 28, 8), name);
            EXPECT_EQ(remark.empty(), hex != kAnimatedWebp) << remark;
        }
    }
    const Image turned = decoded(fromHex(kTurnedAvif));
    ASSERT_EQ(turned.size(), (SizePx{16, 32}));
    expectRedAndBlue(at(turned, 8, 28), at(turned, 8, 4), "AVIF");
}

Bytes jpeg() {
    JpegParts parts;
    parts.columns = 6;
    parts.rows = 4;
    parts.blocks.assign(24, {90, 128, 128});
    return jpegFile(parts);
}

TEST(PictureKinds, AJpegWithoutItsEndMarkIsShownWithARemark) {
    const Bytes whole = jpeg();
    std::string remark = "left from before";
    decoded(whole, &remark);
    EXPECT_EQ(remark, "");
    EXPECT_NEAR(at(decoded(whole.substr(0, whole.size() - 2), &remark), 40, 28)[0], 90, 2);
    EXPECT_NE(remark.find("lacks its end mark"), std::string::npos) << remark;
}

TEST(PictureKinds, BytesBetweenTheSegmentsOfAJpegAreRemarked) {
    Bytes bytes = jpeg();
    bytes.insert(2, "\x01\x02garbage");
    std::string remark;
    EXPECT_NEAR(at(decoded(bytes, &remark), 40, 28)[0], 90, 2);
    EXPECT_NE(remark.find("does not keep to its format"), std::string::npos) << remark;
    // What follows the end is nobody's business.
    decoded(jpeg() + "and so on", &remark);
    EXPECT_EQ(remark, "");
}

TEST(PictureKinds, AJpegThatStopsInTheMiddleIsRefused) {
    const Bytes whole = jpeg();
    for (const std::size_t missing : {5U, 10U, 20U})
        EXPECT_NE(refusal(whole.substr(0, whole.size() - missing)).find("cut off"),
                  std::string::npos)
            << missing;
}

TEST(PictureKinds, WhatIsNoPictureIsNamed) {
    const std::vector<std::pair<Bytes, std::string>> files{
        {"%PDF-1.4\n1 0 obj", "format PDF"},
        {"%!PS-Adobe-3.0 EPSF-3.0\n", "format PostScript"},
        {R"(<?xml version="1.0"?><svg width="9" height="9"><image href="file:///etc/passwd"/></svg>)",
         "format SVG"},
        {"<!DOCTYPE html><html>not found</html>", "web page"},
        {"push graphic-context\nimage over 0,0 0,0 'label:@/etc/passwd'\n", "is not a picture"},
        {"8BPS\0\1", "format Photoshop"},
        {Bytes(4000, '\0'), "is not a picture"},
        {"P6", "is not a picture"}};
    for (const auto& [bytes, sentence] : files)
        EXPECT_NE(refusal(bytes).find(sentence), std::string::npos) << refusal(bytes);
}

TEST(PictureKinds, AVideoIsNoPicture) {
    for (const std::string_view start :
         {"\0\0\0\x20 ftypisom\0\0\2\0isomiso2avc1mp41"sv, "\0\0\0\x18 ftypmp42\0\0\0\0mp42isom"sv,
          "\x1A\x45\xDF\xA3"sv, "\0\0\0\1\x67\x42\0\x1E"sv, "\0\0\1\xBA\x44\0\4\0"sv,
          "\0\0\1\xB3\x16\0\xF0\xC4\x02\xFF\xFF\xE0\xA4\1\0\1\x18\0"sv, "RIFF\0\0\0\0AVI LIST"sv}) {
        EXPECT_EQ(sniffPicture({reinterpret_cast<const std::uint8_t*>(start.data()), start.size()}),
                  std::nullopt);
    }
}

}  // namespace
}  // namespace overfeat::capture::test
