// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/summed_map.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace overfeat::detect {
namespace {

constexpr SizePx kCells{9, 6};
constexpr std::size_t kChannels = 19;  // no multiple of anything

std::vector<float> randomMap() {
    std::mt19937 random(7);
    std::vector<float> values(kChannels * 54);
    std::ranges::generate(values, [&] { return static_cast<float>(random()) / 4e9F - 0.3F; });
    return values;
}

// Cell by cell, each by the part of it that the rectangle covers.
std::vector<double> slowMean(const std::vector<float>& map, const RectPx& part) {
    std::vector<double> sum(kChannels);
    double area = 0;
    for (int row = 0; row < kCells.height; ++row) {
        for (int column = 0; column < kCells.width; ++column) {
            const RectPx cell{static_cast<double>(column), static_cast<double>(row), 1, 1};
            const double share = intersection(cell, part).area();
            area += share;
            for (std::size_t c = 0; c < kChannels; ++c)
                sum[c] += share * map[(c * 6 + static_cast<std::size_t>(row)) * 9 +
                                      static_cast<std::size_t>(column)];
        }
    }
    for (double& value : sum)
        value /= area;
    return sum;
}

TEST(SummedMap, MeansAreThoseOfTheCellsCovered) {
    const std::vector<float> map = randomMap();
    SummedMap sums;
    sums.build(map, kChannels, kCells);
    std::mt19937 random(3);
    std::uniform_real_distribution<double> place(-3, 10);
    std::uniform_real_distribution<double> side(0.4, 8);
    std::vector<float> mean(kChannels);
    int compared = 0;
    for (int i = 0; i < 500; ++i) {
        const RectPx part{place(random), place(random), side(random), side(random)};
        const bool inside = intersection(part, {0, 0, 9, 6}).area() > 0.1;
        ASSERT_EQ(sums.mean(part, mean), inside) << i;
        if (!inside) continue;
        const std::vector<double> wanted = slowMean(map, part);
        for (std::size_t c = 0; c < kChannels; ++c)
            ASSERT_NEAR(mean[c], wanted[c], 2e-5) << i << ", channel " << c;
        ++compared;
    }
    EXPECT_GT(compared, 200);
}

TEST(SummedMap, IsBuiltAnewForAnotherSize) {
    SummedMap sums;
    sums.build(randomMap(), kChannels, kCells);
    sums.build(std::vector<float>{1, 2, 3, 4}, 2, {2, 1});
    std::vector<float> mean(2);
    ASSERT_TRUE(sums.mean({0, 0, 2, 1}, mean));
    EXPECT_FLOAT_EQ(mean[0], 1.5F);
    EXPECT_FLOAT_EQ(mean[1], 3.5F);
    ASSERT_TRUE(sums.mean({0.5, -5, 9, 20}, mean)) << "what reaches over the map is left out";
    EXPECT_FLOAT_EQ(mean[0], (0.5F * 1 + 2) / 1.5F);
}

}  // namespace
}  // namespace overfeat::detect
