// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/part_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

namespace overfeat::detect {
namespace {

constexpr std::size_t kChannels = 10;

std::vector<float> randomNumbers(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<float> numbers(count);
    std::ranges::generate(numbers, [&] { return static_cast<float>(random()) / 2e9F - 1; });
    return numbers;
}

SummedMap randomMap(SizePx cells, unsigned seed = 5) {
    SummedMap map;
    map.build(randomNumbers(kChannels * static_cast<std::size_t>(cells.width) *
                                static_cast<std::size_t>(cells.height),
                            seed),
              kChannels, cells, true);
    return map;
}

float length(std::span<const float> values) {
    return std::sqrt(std::inner_product(values.begin(), values.end(), values.begin(), 0.0F));
}

// The scan shares work between places and parts; place by place it must come to the same.
TEST(PartScan, IsTheCosineOfPartsAtEveryPlace) {
    const SizePx cells{13, 9};
    const SummedMap map = randomMap(cells);
    for (const auto& [width, height] :
         {std::pair(4.0, 4.0), std::pair(3.3, 7.9), std::pair(9.5, 4.2), std::pair(13.6, 9.9)}) {
        const PartGrid grid = partGridFor(width, height);
        const std::size_t row = grid.count() * kChannels;
        std::vector<float> templates(3 * row);
        for (std::size_t t = 0; t < 3; ++t) {
            const RectPx from{1.5 * static_cast<double>(t), 0.7, width * 0.8, height * 0.8};
            partsOf(map, from, grid, std::span(templates).subspan(t * row, row));
        }
        const Lattice lattice = latticeOf(cells, width, height);
        PartScan scan;
        std::vector<float> similarity;
        scan.run(map, lattice, grid, templates, similarity);
        const auto places = static_cast<std::size_t>(lattice.places.width) *
                            static_cast<std::size_t>(lattice.places.height);
        ASSERT_EQ(similarity.size(), 3 * places);
        std::vector<float> parts(row);
        for (std::size_t i = 0; i < places; ++i) {
            const auto columns = static_cast<std::size_t>(lattice.places.width);
            const RectPx box =
                lattice.boxAt(static_cast<int>(i / columns), static_cast<int>(i % columns));
            partsOf(map, box, grid, parts);
            for (std::size_t t = 0; t < 3; ++t) {
                const float wanted = std::inner_product(
                    parts.begin(), parts.end(),
                    templates.begin() + static_cast<std::ptrdiff_t>(t * row), 0.0F);
                ASSERT_NEAR(similarity[t * places + i], wanted, 2e-4)
                    << box.x << ", " << box.y << ", template " << t;
            }
        }
    }
}

TEST(PartScan, FindsAPlaceToBeLikeItself) {
    const SummedMap map = randomMap({20, 14});
    const PartGrid grid{3, 3};
    std::vector<float> own(grid.count() * kChannels);
    const Lattice lattice = latticeOf({20, 14}, 6, 6);
    partsOf(map, lattice.boxAt(5, 7), grid, own);
    EXPECT_NEAR(length(own), 1, 1e-5);
    PartScan scan;
    std::vector<float> similarity;
    scan.run(map, lattice, grid, own, similarity);
    const auto best = std::ranges::max_element(similarity);
    EXPECT_NEAR(*best, 1, 1e-4);
    EXPECT_EQ(best - similarity.begin(), 5 * lattice.places.width + 7);
}

TEST(PartScan, PartsOutsideTheMapCountForNothing) {
    const SummedMap map = randomMap({6, 6});
    std::vector<float> parts(9 * kChannels);
    partsOf(map, {-6, -6, 9, 9}, {3, 3}, parts);  // one part of nine is inside
    EXPECT_NEAR(length(parts), 1.0 / 3, 1e-5);
    partsOf(map, {40, 0, 9, 9}, {3, 3}, parts);
    EXPECT_EQ(length(parts), 0);
}

TEST(Lattice, ReachesOverTheEdgesAndLeavesNothingOut) {
    for (const double side : {4.0, 5.1, 8.0, 12.7, 16.0}) {
        const Lattice lattice = latticeOf({40, 30}, side, side);
        EXPECT_LE(lattice.first_x, 0);
        EXPECT_GE(lattice.first_x, -kOverEdge * side);
        const RectPx last = lattice.boxAt(lattice.places.height - 1, lattice.places.width - 1);
        EXPECT_GE(last.right(), 40);
        EXPECT_LE(last.right(), 40 + kOverEdge * side + 1e-9);
        EXPECT_GE(last.bottom(), 30);
        EXPECT_LE(lattice.step_x, std::max(1.0, side / 6));
    }
    EXPECT_TRUE(latticeOf({4, 4}, 30, 4).places.empty()) << "too large to be there";
}

TEST(FeatureMap, CellsAndFrameAreTheSamePlaces) {
    const FeatureMap map{.values = {},
                         .channels = 1,
                         .cells = {4, 4},
                         .first_px = {10, 7},
                         .step_x_px = 8,
                         .step_y_px = 4};
    EXPECT_EQ(map.toCells({6, 5, 8, 4}), (RectPx{0, 0, 1, 1})) << "the cell about (10, 7)";
    const RectPx box{3, 9, 17, 5};
    const RectPx back = map.toFrame(map.toCells(box));
    EXPECT_NEAR(back.x, box.x, 1e-9);
    EXPECT_NEAR(back.y, box.y, 1e-9);
    EXPECT_NEAR(back.right(), box.right(), 1e-9);
    EXPECT_NEAR(back.bottom(), box.bottom(), 1e-9);
}

TEST(PartGrid, HasAboutSquareParts) {
    for (double aspect = 0.2; aspect < 5; aspect *= 1.1) {
        const PartGrid grid = partGridFor(1, aspect);
        const PartGrid turned = partGridFor(aspect, 1);
        EXPECT_EQ(grid.across, turned.down) << aspect;
        EXPECT_EQ(grid.down, turned.across) << aspect;
        const double part = aspect * grid.across / grid.down;
        if (aspect > 0.4 && aspect < 2.5) {
            EXPECT_GT(part, 0.59) << aspect;
            EXPECT_LT(part, 1.7) << aspect;
        }
    }
}

}  // namespace
}  // namespace overfeat::detect
