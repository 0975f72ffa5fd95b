// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/image.h"

namespace overfeat::video::test {

struct PlayedPicture {
    double time_s = 0;
    bool keyframe = false;
    Image image;  // as a player shows it, by the colours the file tells

    std::array<int, 3> at(int x, int y) const {
        const std::uint8_t* pixel = image.row(y) + std::ptrdiff_t{x} * 3;
        return {pixel[0], pixel[1], pixel[2]};
    }
};

struct Played {
    std::string codec;   // empty = this is no video
    std::string matrix;  // "bt709"
    double duration_s = 0;
    std::vector<PlayedPicture> pictures;
};

// What FFmpeg's own library finds in a file, without a line of ours: damaged ends are passed over.
Played play(const std::filesystem::path& file);

}  // namespace overfeat::video::test
