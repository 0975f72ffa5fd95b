// SPDX-License-Identifier: Apache-2.0
#include "engine/core/image.h"

#include <utility>

#include "engine/core/error.h"

namespace overfeat {
namespace {

std::size_t byteCount(SizePx size) {
    if (size.width < 0 || size.height < 0 ||
        static_cast<std::int64_t>(size.width) * size.height > Image::kMaxPixels) {
        throw Error(ErrorCode::kInput,
                    "A picture of " + std::to_string(size.width) + "x" +
                        std::to_string(size.height) +
                        " pixels is more than the 100 megapixels this program accepts; "
                        "scale it down first.");
    }
    return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 3;
}

}  // namespace

Image::Image(SizePx size) : size_(size), rgb_(byteCount(size)) {}

Image::Image(SizePx size, std::vector<std::uint8_t> rgb) : size_(size), rgb_(std::move(rgb)) {
    if (rgb_.size() != byteCount(size)) {
        throw Error(ErrorCode::kInput, "A picture's pixel data does not match its size.");
    }
}

}  // namespace overfeat
