// SPDX-License-Identifier: Apache-2.0
#include "app/capture/picture_header.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "app/capture/byte_view.h"

namespace overfeat::capture {
namespace {

using namespace std::string_view_literals;

struct TiffFacts {
    std::int64_t width = 0;
    std::int64_t height = 0;
    int orientation = 1;
    bool valid = false;
};

// The first directory of a TIFF; EXIF data is a TIFF too.
TiffFacts tiffFacts(std::span<const std::uint8_t> bytes) {
    ByteView view(bytes);
    const bool little = view.has(0, "II*\0"sv);
    if (!little && !view.has(0, "MM\0*"sv)) return {};
    const auto number = [&](std::uint64_t offset, int count) {
        return little ? view.little(offset, count) : view.big(offset, count);
    };
    const std::uint64_t directory = number(4, 4);
    const std::uint32_t entries = number(directory, 2);
    TiffFacts facts;
    for (std::uint64_t i = 0; i < entries && !view.overrun(); ++i) {
        const std::uint64_t entry = directory + 2 + i * 12;
        const bool is_short = number(entry + 2, 2) == 3;
        const std::uint32_t value = number(entry + 8, is_short ? 2 : 4);
        switch (number(entry, 2)) {
            case 256:
                facts.width = value;
                break;
            case 257:
                facts.height = value;
                break;
            case 274:
                if (value >= 1 && value <= 8) facts.orientation = static_cast<int>(value);
                break;
            default:
                break;
        }
    }
    facts.valid = !view.overrun();
    return facts;
}

PictureHeader probePng(ByteView view) {
    PictureHeader header{.kind = PictureKind::kPng};
    header.width = view.big(16, 4);
    header.height = view.big(20, 4);
    header.complete = false;
    for (std::uint64_t chunk = 8; view.holds(chunk, 12);) {
        const std::uint64_t length = view.big(chunk, 4);
        if (!view.holds(chunk, length + 12)) break;
        if (view.has(chunk + 4, "eXIf")) {
            header.orientation = tiffFacts(view.from(chunk + 8, length)).orientation;
        }
        if (view.has(chunk + 4, "IEND")) {
            header.complete = true;
            break;
        }
        chunk += length + 12;
    }
    return header;
}

// From the start of entropy-coded data to the marker that ends it.
std::uint64_t afterScan(ByteView& view, std::uint64_t position) {
    for (; view.holds(position, 2); ++position) {
        if (view.byte(position) != 0xFF) continue;
        const std::uint32_t next = view.byte(position + 1);
        const bool restart = next >= 0xD0 && next <= 0xD7;
        if (next != 0x00 && next != 0xFF && !restart) return position;
    }
    return view.size();
}

PictureHeader probeJpeg(ByteView view) {
    PictureHeader header{.kind = PictureKind::kJpeg};
    header.complete = false;
    int components = 0;
    bool adobe = false;
    std::uint64_t position = 2;
    while (view.holds(position, 2)) {
        if (view.byte(position) != 0xFF) break;
        const std::uint32_t marker = view.byte(position + 1);
        if (marker == 0xFF) {  // fill byte
            ++position;
            continue;
        }
        if (marker == 0xD9) {
            header.complete = true;
            break;
        }
        const std::uint64_t length = view.big(position + 2, 2);
        if (length < 2 || !view.holds(position + 2, length)) break;
        const std::uint64_t data = position + 4;
        const bool frame =
            marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
        if (frame && header.width == 0) {
            header.height = view.big(data + 1, 2);
            header.width = view.big(data + 3, 2);
            components = static_cast<int>(view.byte(data + 5));
        } else if (marker == 0xE1 && length >= 8 && view.has(data, "Exif\0\0"sv)) {
            header.orientation = tiffFacts(view.from(data + 6, length - 8)).orientation;
        } else if (marker == 0xEE && view.has(data, "Adobe")) {
            adobe = true;
        }
        position += 2 + length;
        if (marker == 0xDA) position = afterScan(view, position);
    }
    header.ambiguous_inks = components == 4 && !adobe;
    return header;
}

// Skips a chain of length-prefixed blocks; false if it leaves the file.
bool skipGifBlocks(ByteView& view, std::uint64_t& position) {
    while (view.holds(position, 1)) {
        const std::uint32_t length = view.byte(position);
        position += length + 1;
        if (length == 0) return true;
    }
    return false;
}

PictureHeader probeGif(ByteView view) {
    PictureHeader header{.kind = PictureKind::kGif};
    header.width = view.little(6, 2);
    header.height = view.little(8, 2);
    const auto tableBytes = [](std::uint32_t flags) -> std::uint64_t {
        return (flags & 0x80U) != 0 ? std::uint64_t{3} << ((flags & 7U) + 1) : 0;
    };
    std::uint64_t position = 13 + tableBytes(view.byte(10));
    int pictures = 0;
    // The second picture settles that it moves; the rest need not be walked.
    while (pictures < 2 && view.holds(position, 1)) {
        const std::uint32_t block = view.byte(position);
        if (block == 0x21) {
            position += 2;
        } else if (block == 0x2C) {
            position += 11 + tableBytes(view.byte(position + 9));
        } else {
            break;
        }
        if (!skipGifBlocks(view, position)) break;
        if (block == 0x2C) ++pictures;
    }
    header.complete = pictures > 0;
    header.animated = pictures > 1;
    return header;
}

PictureHeader probeBmp(ByteView view) {
    PictureHeader header{.kind = PictureKind::kBmp};
    const bool old = view.little(14, 4) == 12;
    header.width = old ? view.little(18, 2) : view.little(18, 4);
    // Negative heights mean rows from top to bottom.
    header.height = old ? view.little(20, 2)
                        : std::abs(std::int64_t{static_cast<std::int32_t>(view.little(22, 4))});
    const std::int64_t bits = std::min(view.little(old ? 24 : 28, 2), 32U);
    const std::uint32_t compression = old ? 0 : view.little(30, 4);
    std::uint64_t end = view.little(2, 4);
    if (compression == 0 || compression == 3) {
        const std::int64_t row_bytes = (header.width * bits + 31) / 32 * 4;
        // Capped so that the product fits; such a size is refused anyway.
        end = view.little(10, 4) +
              static_cast<std::uint64_t>(row_bytes) *
                  static_cast<std::uint64_t>(std::min<std::int64_t>(header.height, 1 << 24));
    }
    header.complete = end <= view.size() && !view.overrun();
    return header;
}

PictureHeader probeWebp(ByteView view) {
    PictureHeader header{.kind = PictureKind::kWebp};
    if (view.has(12, "VP8 ")) {
        header.width = view.little(26, 2) & 0x3FFFU;
        header.height = view.little(28, 2) & 0x3FFFU;
    } else if (view.has(12, "VP8L")) {
        const std::uint32_t packed = view.little(21, 4);
        header.width = (packed & 0x3FFFU) + 1;
        header.height = (packed >> 14 & 0x3FFFU) + 1;
    } else if (view.has(12, "VP8X")) {
        header.animated = (view.byte(20) & 2U) != 0;
        header.width = view.little(24, 3) + 1;
        header.height = view.little(27, 3) + 1;
    }
    const std::uint64_t end = std::uint64_t{view.little(4, 4)} + 8;
    header.complete = end <= view.size();
    for (std::uint64_t chunk = 12; view.holds(chunk, 8) && chunk < end;) {
        const std::uint64_t length = view.little(chunk + 4, 4);
        if (view.has(chunk, "EXIF")) {
            const std::uint64_t prefix = view.has(chunk + 8, "Exif\0\0"sv) ? 6 : 0;
            if (length > prefix) {
                header.orientation =
                    tiffFacts(view.from(chunk + 8 + prefix, length - prefix)).orientation;
            }
        }
        chunk += 8 + length + (length & 1U);
    }
    return header;
}

std::optional<PictureHeader> probePnm(ByteView view) {
    PictureHeader header{.kind = PictureKind::kPnm};
    const std::uint32_t type = view.byte(1) - '0';
    std::uint64_t position = 2;
    const auto number = [&]() -> std::int64_t {
        while (view.holds(position, 1)) {
            const std::uint32_t c = view.byte(position);
            if (c == '#') {
                while (view.holds(position, 1) && view.byte(position) != '\n')
                    ++position;
            } else if (c > ' ') {
                break;
            }
            ++position;
        }
        std::int64_t value = 0;
        for (; view.holds(position, 1) && value < (std::int64_t{1} << 32); ++position) {
            const std::uint32_t c = view.byte(position);
            if (c < '0' || c > '9') break;
            value = value * 10 + (c - '0');
        }
        return value;
    };
    header.width = number();
    header.height = number();
    const bool bitmap = type == 1 || type == 4;
    const std::int64_t largest = bitmap ? 1 : number();
    if (header.width <= 0 || header.height <= 0 || largest <= 0) return std::nullopt;
    if (type >= 4 && header.height < (1 << 24)) {
        const std::int64_t channels = type == 6 ? 3 : 1;
        const std::int64_t row_bytes =
            bitmap ? (header.width + 7) / 8 : header.width * channels * (largest > 255 ? 2 : 1);
        header.complete =
            view.holds(position + 1, static_cast<std::uint64_t>(row_bytes * header.height));
    }
    return header;
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
    }
    return "";
}

std::optional<PictureKind> sniffPicture(std::span<const std::uint8_t> bytes) {
    ByteView view(bytes);
    if (view.has(0, "\x89PNG\r\n\x1A\n")) return PictureKind::kPng;
    if (view.has(0, "\xFF\xD8\xFF")) return PictureKind::kJpeg;
    if (view.has(0, "GIF87a") || view.has(0, "GIF89a")) return PictureKind::kGif;
    if (view.has(0, "RIFF") && view.has(8, "WEBP")) return PictureKind::kWebp;
    if (view.has(0, "II*\0"sv) || view.has(0, "MM\0*"sv)) return PictureKind::kTiff;
    // Two letters prove little; the reserved zeros of BMP and the space after "P6" help.
    if (view.has(0, "BM") && view.has(6, "\0\0\0\0"sv)) return PictureKind::kBmp;
    if (view.byte(0) == 'P' && view.byte(1) >= '1' && view.byte(1) <= '6' && view.byte(2) <= ' ' &&
        !view.overrun()) {
        return PictureKind::kPnm;
    }
    return std::nullopt;
}

std::optional<PictureHeader> probePicture(std::span<const std::uint8_t> bytes) {
    const auto kind = sniffPicture(bytes);
    if (!kind) return std::nullopt;
    const ByteView view(bytes);
    switch (*kind) {
        case PictureKind::kPng:
            return probePng(view);
        case PictureKind::kJpeg:
            return probeJpeg(view);
        case PictureKind::kGif:
            return probeGif(view);
        case PictureKind::kBmp:
            return probeBmp(view);
        case PictureKind::kWebp:
            return probeWebp(view);
        case PictureKind::kPnm:
            return probePnm(view);
        case PictureKind::kTiff:
            break;
    }
    const TiffFacts facts = tiffFacts(bytes);
    return PictureHeader{.kind = PictureKind::kTiff,
                         .width = facts.width,
                         .height = facts.height,
                         .complete = facts.valid,
                         .orientation = facts.orientation};
}

}  // namespace overfeat::capture
