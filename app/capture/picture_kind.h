// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace overfeat::capture {

// The picture files that are read.
enum class PictureKind {
    kPng,
    kJpeg,
    kGif,
    kBmp,
    kWebp,
    kTiff,
    kPnm,
    kHeic,
    kAvif,
    kJpeg2000,
    kIcon,
    kTga
};
std::string_view name(PictureKind kind) noexcept;

// What a file is by its first bytes, whatever its name (32 are enough); nothing if it is no picture
// that is read. Safe on any bytes.
std::optional<PictureKind> sniffPicture(std::span<const std::uint8_t> bytes);

// The name of a format that is not read but known, for the sentence that says so: "PDF", "SVG".
// Empty if it is not known.
std::string_view nameOfUnread(std::span<const std::uint8_t> bytes);

}  // namespace overfeat::capture
