// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/c/overfeat.h"

namespace overfeat::test {

struct Close {
    void operator()(overfeat_recogniser* one) const { overfeat_close(one); }
    void operator()(overfeat_seen* one) const { overfeat_free(one); }
    void operator()(overfeat_features* one) const { overfeat_features_close(one); }
    void operator()(overfeat_models* one) const { overfeat_models_free(one); }
};
using RecogniserHandle = std::unique_ptr<overfeat_recogniser, Close>;
using SeenHandle = std::unique_ptr<overfeat_seen, Close>;
using ModelsHandle = std::unique_ptr<overfeat_models, Close>;
using FeaturesHandle = std::unique_ptr<overfeat_features, Close>;

inline const char* builtInModel() {
    return OVERFEAT_ROOT "/models/default.onnx";
}

inline RecogniserHandle opened() {
    const char* model = builtInModel();
    overfeat_placement placement;
    overfeat_placement_init(&placement, sizeof placement);
    placement.threads = 1;
    overfeat_recogniser* made = nullptr;
    EXPECT_EQ(overfeat_open(&model, 1, &placement, &made), OVERFEAT_OK) << overfeat_last_error();
    return RecogniserHandle(made);
}

inline SeenHandle seenBy(const RecogniserHandle& recogniser, const overfeat_image& image,
                         const overfeat_look* look) {
    overfeat_seen* seen = nullptr;
    EXPECT_EQ(overfeat_recognise(recogniser.get(), &image, look, &seen), OVERFEAT_OK)
        << overfeat_last_error();
    return SeenHandle(seen);
}

// Pixels that live as long as this.
struct Painted {
    int width;
    int height;
    std::vector<std::uint8_t> rgb = std::vector<std::uint8_t>(std::size_t(3) * width * height);

    std::uint8_t* at(int x, int y) {
        return rgb.data() + 3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                                 static_cast<std::size_t>(x));
    }
    overfeat_image image() const { return {rgb.data(), width, height, 0, OVERFEAT_RGB}; }
};

// Ground that changes slowly, and on it a square of four colours.
inline Painted scene(int left, int top, int side) {
    Painted picture{.width = 320, .height = 240};
    constexpr std::uint8_t kColours[4][3] = {
        {240, 20, 20}, {20, 220, 20}, {250, 250, 250}, {10, 10, 10}};
    for (int y = 0; y < picture.height; ++y) {
        for (int x = 0; x < picture.width; ++x) {
            std::uint8_t* to = picture.at(x, y);
            const bool inside = x >= left && y >= top && x < left + side && y < top + side;
            const int part = (x >= left + side / 2 ? 1 : 0) + (y >= top + side / 2 ? 2 : 0);
            for (int c = 0; c < 3; ++c)
                to[c] = inside ? kColours[part][c]
                               : static_cast<std::uint8_t>(90 + 20 * c + x / 6 + y / 8);
        }
    }
    return picture;
}

}  // namespace overfeat::test
