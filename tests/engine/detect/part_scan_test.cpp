// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/part_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <span>
#include <vector>

#include "engine/detect/vector_sums.h"

namespace overfeat::detect {
namespace {

constexpr std::size_t kChannels = kScanChannels;

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
        constexpr std::size_t kTemplates = TemplateBank::kLanes + 3;  // more than one block
        std::vector<float> templates(kTemplates * row);
        TemplateBank bank;
        for (std::size_t t = 0; t < kTemplates; ++t) {
            const RectPx from{0.2 * static_cast<double>(t), 0.7, width * 0.8, height * 0.8};
            const auto one = std::span(templates).subspan(t * row, row);
            partsOf(map, from, grid, one);
            bank.add(one, grid);
        }
        ASSERT_EQ(bank.count(), kTemplates);
        ASSERT_EQ(bank.blocks(), 2U);
        const Lattice lattice = latticeOf(cells, width, height, grid);
        PartScan scan;
        std::vector<float> similarity;
        scan.run(map, lattice, grid, bank, similarity);
        const auto places = static_cast<std::size_t>(lattice.places.width) *
                            static_cast<std::size_t>(lattice.places.height);
        ASSERT_EQ(similarity.size(), 2 * TemplateBank::kLanes * places);
        std::vector<float> parts(row);
        for (std::size_t i = 0; i < places; ++i) {
            const auto columns = static_cast<std::size_t>(lattice.places.width);
            const RectPx box =
                lattice.boxAt(static_cast<int>(i / columns), static_cast<int>(i % columns));
            partsOf(map, box, grid, parts);
            for (std::size_t t = 0; t < kTemplates; ++t) {
                const float wanted = std::inner_product(
                    parts.begin(), parts.end(),
                    templates.begin() + static_cast<std::ptrdiff_t>(t * row), 0.0F);
                const std::size_t at =
                    (t / TemplateBank::kLanes * places + i) * TemplateBank::kLanes +
                    t % TemplateBank::kLanes;
                ASSERT_NEAR(similarity[at], wanted, 2e-4)
                    << box.x << ", " << box.y << ", template " << t;
            }
        }
    }
}

// Templates and places are compared several at once, the last ones in other numbers than the rest;
// whole numbers are the same in every order, so this is no question of rounding.
TEST(PartScan, IsTheSameForATemplateWhateverElseIsCompared) {
    constexpr std::size_t kLanes = TemplateBank::kLanes;
    const PartGrid grid{3, 4};
    const std::size_t row = grid.count() * kChannels;
    PartScan scan;  // one for all: it keeps its memory
    std::vector<float> all;
    std::vector<float> alone;
    for (const SizePx cells : {SizePx{21, 15}, SizePx{8, 9}, SizePx{6, 8}, SizePx{17, 12}}) {
        const SummedMap map = randomMap(cells, 8);
        const Lattice lattice = latticeOf(cells, 6, 8, grid);
        const auto places = static_cast<std::size_t>(lattice.places.width) *
                            static_cast<std::size_t>(lattice.places.height);
        for (const std::size_t count : {1U, 2U, 3U, 5U, 16U, 18U, 37U}) {
            const auto templates = randomNumbers(count * row, 9);
            const auto one = [&](std::size_t t) {
                std::vector<float> parts(
                    templates.begin() + static_cast<std::ptrdiff_t>(t * row),
                    templates.begin() + static_cast<std::ptrdiff_t>((t + 1) * row));
                makeUnit(parts);
                return parts;
            };
            TemplateBank bank;
            for (std::size_t t = 0; t < count; ++t)
                bank.add(one(t), grid);
            scan.run(map, lattice, grid, bank, all);
            for (std::size_t t = 0; t < count; ++t) {
                TemplateBank single;
                single.add(one(t), grid);
                scan.run(map, lattice, grid, single, alone);
                for (std::size_t i = 0; i < places; ++i) {
                    const std::size_t at = (t / kLanes * places + i) * kLanes + t % kLanes;
                    ASSERT_EQ(all[at], alone[i * kLanes])
                        << "place " << i << ", template " << t << " of " << count;
                }
            }
        }
    }
}

// The largest sums there are: they fit.
TEST(PartScan, HoldsPartsOfOneNumber) {
    SummedMap map;
    std::vector<float> values(kChannels * 36, 0.0F);
    std::fill_n(values.begin(), 36, 1.0F);
    map.build(values, kChannels, {6, 6});
    for (const PartGrid& grid : {PartGrid{1, 1}, PartGrid{3, 3}}) {
        const Lattice lattice = latticeOf({6, 6}, 6, 6, grid);
        std::vector<float> parts(grid.count() * kChannels);
        for (const float sign : {1.0F, -1.0F}) {
            for (std::size_t p = 0; p < grid.count(); ++p)
                parts[p * kChannels] = sign / std::sqrt(static_cast<float>(grid.count()));
            TemplateBank bank;
            bank.add(parts, grid);
            PartScan scan;
            std::vector<float> similarity;
            scan.run(map, lattice, grid, bank, similarity);
            const auto largest =
                std::ranges::max(similarity, {}, [](float value) { return std::abs(value); });
            EXPECT_NEAR(largest, sign, 1e-4);
        }
    }
}

TEST(PartScan, FindsAPlaceToBeLikeItself) {
    const SummedMap map = randomMap({20, 14});
    const PartGrid grid{3, 3};
    std::vector<float> own(grid.count() * kChannels);
    const Lattice lattice = latticeOf({20, 14}, 6, 6, grid);
    partsOf(map, lattice.boxAt(5, 7), grid, own);
    EXPECT_NEAR(length(own), 1, 1e-5);
    TemplateBank bank;
    bank.add(own, grid);
    PartScan scan;
    std::vector<float> similarity;
    scan.run(map, lattice, grid, bank, similarity);
    const auto best = std::ranges::max_element(similarity);
    EXPECT_NEAR(*best, 1, 1e-4);
    EXPECT_EQ(best - similarity.begin(),
              (5 * lattice.places.width + 7) * static_cast<int>(TemplateBank::kLanes));
}

// Vectors of four directions in twenty channels: four numbers are all there is to know of them.
TEST(ScanSpace, KeepsCosinesOfWhatItIsMadeFor) {
    constexpr std::size_t kMany = 20;
    constexpr std::size_t kVectors = 30;
    const auto directions = randomNumbers(4 * kMany, 3);
    const auto shares = randomNumbers(4 * kVectors, 4);
    std::vector<float> vectors(kVectors * kMany);
    for (std::size_t i = 0; i < kVectors; ++i) {
        for (std::size_t d = 0; d < 4; ++d) {
            for (std::size_t c = 0; c < kMany; ++c)
                vectors[i * kMany + c] += shares[i * 4 + d] * directions[d * kMany + c];
        }
    }
    ScanSpace space;
    space.fit(vectors, kMany);
    const auto vector = [&](std::size_t i) { return std::span(vectors).subspan(i * kMany, kMany); };
    std::vector<float> a(kScanChannels);
    std::vector<float> b(kScanChannels);
    for (std::size_t i = 1; i < kVectors; ++i) {
        space.project(vector(0), a);
        space.project(vector(i), b);
        const float wanted = dotOf(vector(0), vector(i));
        EXPECT_NEAR(dotOf(a, b), wanted, 1e-3F * length(vector(0)) * length(vector(i)));
    }
    // A map is projected cell by cell.
    std::vector<float> map(2 * kMany);
    for (std::size_t c = 0; c < kMany; ++c) {
        map[2 * c] = vector(0)[c];
        map[2 * c + 1] = vector(1)[c];
    }
    std::vector<float> projected;
    space.project(map, 2, projected);
    space.project(vector(1), b);
    ASSERT_EQ(projected.size(), 2 * kScanChannels);
    for (std::size_t d = 0; d < kScanChannels; ++d) {
        EXPECT_NEAR(projected[2 * d + 1], b[d], 1e-4F);
    }
    space.fit({}, 0);  // of nothing: no directions, and no harm
    space.project(std::span<const float>(), a);
    EXPECT_EQ(length(a), 0);
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
        const Lattice lattice = latticeOf({40, 30}, side, side, {4, 3});
        EXPECT_LE(lattice.first_x, 0);
        EXPECT_GE(lattice.first_x, -kOverEdge * side);
        const RectPx last = lattice.boxAt(lattice.places.height - 1, lattice.places.width - 1);
        EXPECT_GE(last.right(), 40);
        EXPECT_LE(last.right(), 40 + kOverEdge * side + 1e-9);
        EXPECT_GE(last.bottom(), 30);
        EXPECT_LE(lattice.step_x, std::max(1.0, side / kStepsPerSide) + 1e-9);
        EXPECT_LE(lattice.step_y, 1.5 * std::max(1.0, side / kStepsPerSide)) << "whole parts";
    }
    EXPECT_TRUE(latticeOf({4, 4}, 30, 4, {6, 3}).places.empty()) << "too large to be there";
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
