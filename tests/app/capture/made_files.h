// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/geometry.h"

namespace overfeat::capture::test {

using Bytes = std::string;

// A PNG written by hand, so that its header can say anything. `scanlines` are filter byte + pixels.
struct PngParts {
    std::uint32_t width = 1;
    std::uint32_t height = 1;
    int bits = 8;
    int colour = 2;  // 0 grey, 2 RGB, 4 grey + alpha, 6 RGBA
    Bytes scanlines;
    Bytes exif;                                   // contents of an eXIf chunk; empty = none
    std::vector<std::pair<Bytes, Bytes>> before;  // other chunks: name, contents
};
Bytes pngFile(const PngParts& parts);

// An EXIF block (a TIFF with one entry) with this orientation.
Bytes exifOrientation(int orientation);

// A baseline JPEG of 8x8-pixel blocks, each of one colour: `blocks` gives the components' values
// (0..255) row by row. 1, 3 (YCbCr) or 4 (inks) components; `adobe` < 0 leaves out the Adobe
// marker.
struct JpegParts {
    int columns = 1;  // of blocks
    int rows = 1;
    int components = 3;
    std::vector<std::vector<int>> blocks;
    int adobe = -1;
    Bytes exif;
};
Bytes jpegFile(const JpegParts& parts);

// An AVI with Motion JPEG: frame i is grey with the brightness 20 + 20 * (i % 10).
void writeTestVideo(const std::filesystem::path& path, int frames, double fps = 25,
                    SizePx size = {64, 48});
int testVideoBrightness(std::int64_t index);

Bytes bytesOf(const std::filesystem::path& path);

}  // namespace overfeat::capture::test
