// SPDX-License-Identifier: Apache-2.0
#include "app/capture/picture_kind.h"

#include <algorithm>
#include <array>
#include <string>

#include "app/capture/byte_view.h"

namespace overfeat::capture {
namespace {

using namespace std::string_view_literals;

// ISO 14496-12: a box 'ftyp' with a brand and the brands it goes with. MP4 has others.
std::optional<PictureKind> kindOfBrands(ByteView view) {
    if (!view.has(4, "ftyp")) return std::nullopt;
    constexpr std::array kHeic{"heic"sv, "heix"sv, "heim"sv, "heis"sv, "hevc"sv, "hevx"sv};
    constexpr std::array kAvif{"avif"sv, "avis"sv};
    const std::uint64_t end = std::min<std::uint64_t>(view.big(0, 4), 256);
    const auto hasOneOf = [&](const auto& brands) {
        const auto at = [&](std::uint64_t place) {
            return std::ranges::any_of(
                brands, [&](std::string_view brand) { return view.has(place, brand); });
        };
        if (at(8)) return true;
        for (std::uint64_t place = 16; place + 4 <= end; place += 4) {
            if (at(place)) return true;
        }
        return false;
    };
    if (hasOneOf(kAvif)) return PictureKind::kAvif;
    if (hasOneOf(kHeic) || view.has(8, "mif1") || view.has(8, "msf1")) return PictureKind::kHeic;
    return std::nullopt;
}

// TGA has no mark at its beginning: every byte of its header has to be possible.
bool isTga(ByteView view) {
    const std::uint32_t has_palette = view.byte(1);
    const std::uint32_t type = view.byte(2);
    const std::uint32_t depth = view.byte(16);
    const bool indexed = type == 1 || type == 9;
    const bool true_colour = type == 2 || type == 10;
    const bool grey = type == 3 || type == 11;
    if (!indexed && !true_colour && !grey) return false;
    if (has_palette != (indexed ? 1U : 0U)) return false;
    if (!indexed && (view.little(3, 4) != 0 || view.byte(7) != 0)) return false;
    if (indexed && view.byte(7) != 15 && view.byte(7) != 16 && view.byte(7) != 24 &&
        view.byte(7) != 32) {
        return false;
    }
    const bool possible_depth = true_colour
                                    ? depth == 15 || depth == 16 || depth == 24 || depth == 32
                                    : depth == 8 || (indexed && depth == 16);
    return possible_depth && view.little(12, 2) > 0 && view.little(14, 2) > 0 &&
           view.byte(17) < 0x40 && !view.overrun();
}

}  // namespace

std::string_view name(PictureKind kind) noexcept {
    switch (kind) {
        case PictureKind::kPng:
            return "PNG";
        case PictureKind::kJpeg:
            return "JPEG";
        case PictureKind::kGif:
            return "GIF";
        case PictureKind::kBmp:
            return "BMP";
        case PictureKind::kWebp:
            return "WebP";
        case PictureKind::kTiff:
            return "TIFF";
        case PictureKind::kPnm:
            return "PNM";
        case PictureKind::kHeic:
            return "HEIC";
        case PictureKind::kAvif:
            return "AVIF";
        case PictureKind::kJpeg2000:
            return "JPEG 2000";
        case PictureKind::kIcon:
            return "icon";
        case PictureKind::kTga:
            break;
    }
    return "TGA";
}

std::optional<PictureKind> sniffPicture(std::span<const std::uint8_t> bytes) {
    ByteView view(bytes);
    if (view.has(0, "\x89PNG\r\n\x1A\n")) return PictureKind::kPng;
    if (view.has(0, "\xFF\xD8")) return PictureKind::kJpeg;
    if (view.has(0, "GIF87a") || view.has(0, "GIF89a")) return PictureKind::kGif;
    if (view.has(0, "RIFF") && view.has(8, "WEBP")) return PictureKind::kWebp;
    for (const std::string_view mark : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv}) {
        if (view.has(0, mark)) return PictureKind::kTiff;
    }
    if (view.has(0, "\0\0\0\x0CjP  "sv) || view.has(0, "\xFF\x4F\xFF\x51"sv))
        return PictureKind::kJpeg2000;
    // Two letters prove little; the reserved zeros of BMP and the space after "P6" help.
    if (view.has(0, "BM") && view.has(6, "\0\0\0\0"sv)) return PictureKind::kBmp;
    if (view.byte(0) == 'P' && view.byte(1) >= '1' && view.byte(1) <= '7' &&
        (view.byte(2) == '\n' || view.byte(2) == ' ' || view.byte(2) == '\r' ||
         view.byte(2) == '\t' || view.byte(2) == '#')) {
        return PictureKind::kPnm;
    }
    // An icon's pictures come after 16 bytes for each; a reserved one among them is 0.
    const std::uint32_t icons = view.little(4, 2);
    if (view.has(0, "\0\0\1\0"sv) && icons > 0 && icons < 256 && view.byte(9) == 0 &&
        view.little(18, 4) >= 6 + 16 * icons && !view.overrun()) {
        return PictureKind::kIcon;
    }
    if (const auto kind = kindOfBrands(view)) return kind;
    return isTga(ByteView(bytes)) ? std::optional(PictureKind::kTga) : std::nullopt;
}

std::string_view nameOfUnread(std::span<const std::uint8_t> bytes) {
    struct Mark {
        std::uint64_t at;
        std::string_view bytes;
        std::string_view name;
    };
    static constexpr std::array kMarks{Mark{0, "%PDF", "PDF"},
                                       Mark{0, "%!PS", "PostScript"},
                                       Mark{0, "\xC5\xD0\xD3\xC6", "PostScript"},
                                       Mark{0, "8BPS", "Photoshop"},
                                       Mark{0, "\x76\x2F\x31\x01", "OpenEXR"},
                                       Mark{0, "#?RADIANCE", "Radiance HDR"},
                                       Mark{0, "DDS ", "DDS"},
                                       Mark{0, "\x0A\x05\x01", "PCX"},
                                       Mark{0, "\x01\xDA", "SGI"},
                                       Mark{0, "qoif", "QOI"},
                                       Mark{0, "\xFF\x0A", "JPEG XL"},
                                       Mark{4, "JXL \r\n", "JPEG XL"},
                                       Mark{0, "FUJIFILMCCD-RAW", "raw photo"},
                                       Mark{8, "crx ", "raw photo"},
                                       Mark{0, "SIMPLE  =", "FITS"},
                                       Mark{128, "DICM", "DICOM"},
                                       Mark{0, "gimp xcf", "GIMP"},
                                       Mark{0, "/* XPM", "XPM"},
                                       Mark{0, "PF\n", "floating-point PNM"},
                                       Mark{0, "Pf\n", "floating-point PNM"},
                                       Mark{0, "SDPX", "DPX"},
                                       Mark{0, "XPDS", "DPX"},
                                       Mark{0, "\0\0\2\0"sv, "Windows cursor"},
                                       Mark{0, "icns", "Apple icon"}};
    const ByteView view(bytes);
    for (const Mark& mark : kMarks) {
        if (view.has(mark.at, mark.bytes)) return mark.name;
    }
    const auto head = view.from(0, std::min<std::uint64_t>(view.size(), 1024));
    const std::string text(head.begin(), head.end());
    if (text.find("<svg") != text.npos) return "SVG";
    if (text.find("<html") != text.npos || text.find("<HTML") != text.npos ||
        text.find("<!DOCTYPE html") != text.npos) {
        return "web page";
    }
    return {};
}

}  // namespace overfeat::capture
