// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "engine/core/image.h"

namespace overfeat::capture {

// Reads a picture file of any PictureKind, by its content and not its name, into 8-bit RGB: 16-bit
// is scaled, grey repeated, alpha put on white, CMYK converted, EXIF rotation applied; of several
// pictures the first. The header is looked at first, so that a picture beyond Image::kMaxPixels is
// refused before memory is asked for it. Throws Error(kInput): missing, unreadable, empty, cut off,
// too large or no picture, each with its own sentence. `remark` gets a sentence if what is shown is
// less than a person may expect, such as a JPEG with damaged places; else it is made empty.
Image readPicture(const std::filesystem::path& path, std::string* remark = nullptr);

// The same of a file's bytes, wherever they come from; `name` is for the sentences.
Image decodePicture(std::span<const std::uint8_t> bytes, const std::string& name);

// The bytes of a PNG or JPEG file, whichever the name ends in. Throws Error(kRuntime).
std::vector<std::uint8_t> encodePicture(const Image& image, const std::filesystem::path& name);

// The bytes of a grey PNG of 16 bits a pixel, row by row. Throws Error(kRuntime).
std::vector<std::uint8_t> encodeDeepGrey(SizePx size, std::span<const std::uint16_t> values);

// Writes PNG or JPEG by the file's extension: to a temporary file first, then renamed, so that an
// existing file is never left half-written. Throws Error(kRuntime).
void writePicture(const std::filesystem::path& path, const Image& image);

}  // namespace overfeat::capture
