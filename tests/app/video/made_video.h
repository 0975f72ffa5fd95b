// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/geometry.h"

namespace overfeat::video::test {

using Colour = std::array<std::uint8_t, 3>;  // RGB

// One picture of a made-up video: its left half in one colour, its right half in another.
struct MadePicture {
    SizePx size{64, 48};
    std::string format = "yuv420p";  // FFmpeg's name
    double time_s = 0;
    Colour left{200, 40, 40};
    Colour right{40, 40, 200};
    std::uint8_t right_alpha = 255;  // where the format has it
};

// How a video is made by FFmpeg's own encoders; every number can be wrong on purpose.
struct MadeVideo {
    std::string container = "matroska";
    std::string codec = "mjpeg";
    std::vector<MadePicture> pictures = {};
    std::array<int, 2> pixel_aspect{0, 1};
    std::optional<std::array<std::int32_t, 9>> matrix = std::nullopt;  // display matrix
    int colours = 2;                                                   // AVCOL_SPC_*; 2 = not said
    int range = 0;   // AVCOL_RANGE_*; 0 = not said
    int group = 12;  // pictures from one key picture to the next
    int b_pictures = 0;
};

// Pictures with brightness and time that grow: picture i is at i / fps.
std::vector<MadePicture> growing(int count, double fps = 25, SizePx size = {64, 48});
int growingBrightness(std::int64_t index);

// A picture of another size or format than the first gets an encoder of its own, as in a stream
// whose sender has changed its mind. Throws std::runtime_error where FFmpeg refuses.
void makeVideo(const std::filesystem::path& path, const MadeVideo& video);

}  // namespace overfeat::video::test
