// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <overfeat/core/error.h>
#include <overfeat/core/image.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace overfeat::examples {

// Reads a binary PPM ("P6", 8 bits, no comments), so that the examples need no picture library.
inline Image readPpm(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string magic;
    SizePx size;
    int highest = 0;
    file >> magic >> size.width >> size.height >> highest;
    file.get();  // the one white space before the pixels
    if (!file || magic != "P6" || highest != 255 || size.empty() ||
        static_cast<std::int64_t>(size.width) * size.height > Image::kMaxPixels) {
        throw Error(ErrorCode::kInput,
                    "'" + path.string() + "' is not a binary PPM picture; convert it to one.",
                    path.string());
    }
    std::vector<std::uint8_t> rgb(static_cast<std::size_t>(size.width) *
                                  static_cast<std::size_t>(size.height) * 3);
    if (!file.read(reinterpret_cast<char*>(rgb.data()), static_cast<std::streamsize>(rgb.size()))) {
        throw Error(ErrorCode::kInput,
                    "The picture '" + path.string() + "' ends too early; copy it again.",
                    path.string());
    }
    return Image(size, std::move(rgb));
}

}  // namespace overfeat::examples
