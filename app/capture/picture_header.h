// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace overfeat::capture {

enum class PictureKind { kPng, kJpeg, kGif, kBmp, kWebp, kTiff, kPnm };
std::string_view name(PictureKind kind) noexcept;

// What the first bytes of a picture file say about it. Sizes are what the file claims, which may be
// anything up to 2^32.
struct PictureHeader {
    PictureKind kind = PictureKind::kPng;
    std::int64_t width = 0;
    std::int64_t height = 0;
    // The parts the file is made of are all inside it. Decoders fill a missing end with grey and
    // say nothing, so this is found out here.
    bool complete = true;
    bool animated = false;
    int orientation = 1;  // EXIF: 1 = upright ... 8
    // Four inks without the Adobe marker: nothing in the file says whether 0 is full or no ink.
    bool ambiguous_inks = false;
};

// Looks at the structure of a picture file without decoding it; nothing if it is no picture of a
// known kind. Safe on any bytes. Sources: PNG 1.2, ITU T.81 with EXIF 2.3, GIF89a, the WebP
// container specification, TIFF 6.0, the Netpbm manual.
std::optional<PictureHeader> probePicture(std::span<const std::uint8_t> bytes);

// The same question from a file's first bytes only (16 are enough).
std::optional<PictureKind> sniffPicture(std::span<const std::uint8_t> bytes);

}  // namespace overfeat::capture
