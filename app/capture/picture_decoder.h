// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "app/capture/picture_kind.h"
#include "engine/core/image.h"

// Inside the room: the only place that knows libvips.
namespace overfeat::capture {

// What a decoder says of bytes it cannot make a picture of. For a bracket, not a whole sentence.
class DecodeFailure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// What a decoder has to object to for it to stop.
enum class Strictness {
    kWarnings,  // anything unusual, such as bytes between two segments of a JPEG
    kCutOff,    // data that ends too early
};

// A picture in memory. Opening reads only its header, so that its size can be judged before memory
// is asked for the pixels. The bytes must outlive it.
// Threads: one object per thread; any number of objects at once.
class PictureDecoder {
public:
    // Throws DecodeFailure.
    PictureDecoder(std::span<const std::uint8_t> bytes, PictureKind kind, Strictness strictness);
    ~PictureDecoder();
    PictureDecoder(const PictureDecoder&) = delete;
    PictureDecoder& operator=(const PictureDecoder&) = delete;

    // As stored: before it is turned.
    std::int64_t width() const noexcept;
    std::int64_t height() const noexcept;
    int orientation() const noexcept;  // EXIF 2.3: 1 = upright ... 8
    int pictures() const noexcept;     // in the file

    // 8-bit RGB as stored, alpha put on white; `image` must have the stored size. Throws
    // DecodeFailure.
    void decode(Image& image);

private:
    struct State;
    std::unique_ptr<State> state_;
};

// PNG or JPEG of an RGB picture. Throws DecodeFailure.
std::vector<std::uint8_t> encodePng(const Image& image);
std::vector<std::uint8_t> encodeJpeg(const Image& image, int quality);
// PNG of grey values of 16 bits, row by row. Throws DecodeFailure.
std::vector<std::uint8_t> encodePng16(SizePx size, std::span<const std::uint16_t> values);

}  // namespace overfeat::capture
