// SPDX-License-Identifier: Apache-2.0
//
// Boxes of a classifier that has none: found by where in a window the evidence of a class lies.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "engine/detect/recogniser.h"
#include "tests/engine/detect/pictures.h"
#include "tests/support/tiny_model.h"

namespace overfeat::detect {
namespace {

using test::painted;
using test::TinyModel;

constexpr int kWindow = 56;
constexpr int kStride = 8;  // 7x7 cells to a window

// "red" or "nothing", by how many cells of 8x8 px of the window are red; one cell in four makes red
// surer than nothing.
std::shared_ptr<const net::Model> redModel(bool linear = true) {
    TinyModel tiny(kWindow);
    std::vector<float> mean_of_red(2 * 3 * kStride * kStride, 0.0F);
    const float share = 1.0F / (kStride * kStride);
    std::fill_n(mean_of_red.begin(), kStride * kStride, share);                          // red
    std::fill_n(mean_of_red.begin() + 4 * kStride * kStride, kStride * kStride, share);  // green
    const auto cells =
        tiny.relu(tiny.conv(tiny.input(), 2, 3, kStride, kStride, std::move(mean_of_red)));
    auto mean = tiny.flatten(tiny.globalAveragePool(cells));
    if (!linear) mean = tiny.relu(tiny.gemm(mean, 2, {1, 0, 0, 1}, {0, 0}));
    tiny.model().labels = std::make_shared<const LabelSet>(
        std::vector<ClassLabel>{{"n0", "red"}, {"n1", "nothing"}}, 1);
    return tiny.finish(tiny.gemm(mean, 2, {24, 0, 0, 0}, {-3, 3}));
}

// A red rectangle on green ground.
Image redAt(SizePx size, const RectPx& where) {
    return painted(size, [where](int x, int y) {
        return where.contains({x + 0.5, y + 0.5}) ? test::Rgb{255, 0, 0} : test::Rgb{0, 90, 0};
    });
}

Look oneScale() {
    Look look;
    look.scale_count = 1;
    look.smallest_side_windows = look.largest_side_windows = 2;
    look.detection.emplace();
    look.detection->score_threshold = 0;
    return look;
}

RectPx best(const Recognition& seen) {
    const auto surest =
        std::ranges::max_element(seen.detections.objects, {}, &Detection::confidence);
    return surest == seen.detections.objects.end() ? RectPx{} : surest->box;
}

// The head has learned from photographs, so flat rectangles are only found about. The same network
// without a sum, whose windows propose themselves, is what guessing would give.
TEST(EvidenceBoxes, LieOnWhatMadeTheScore) {
    Recogniser recogniser({redModel()}, {});
    Recogniser guessing({redModel(false)}, {});
    ASSERT_EQ(recogniser.info().box_source, BoxSource::kEvidence);
    for (const RectPx where :
         {RectPx{24, 32, 40, 32}, RectPx{64, 48, 24, 48}, RectPx{16, 16, 48, 40}}) {
        const Image picture = redAt({128, 112}, where);
        for (const int fine_steps : {0, 1}) {
            Look look = oneScale();
            look.fine_steps = fine_steps;
            const RectPx found = best(recogniser.recognise(picture, look));
            EXPECT_GE(intersectionOverUnion(found, where), 0.35);
            EXPECT_LT(found.area(), best(guessing.recognise(picture, look)).area());
            EXPECT_NEAR(found.centre().x, where.centre().x, kStride);
            EXPECT_NEAR(found.centre().y, where.centre().y, kStride);
        }
    }
}

TEST(EvidenceBoxes, OfAWindowMoveWithThePicture) {
    Recogniser recogniser({redModel()}, {});
    const Recognition here = recogniser.recognise(redAt({128, 112}, {24, 24, 32, 32}), oneScale());
    const Recognition there = recogniser.recognise(
        redAt({128, 112}, {24 + 4 * kStride, 24 + 2 * kStride, 32, 32}), oneScale());
    for (const CellIndex cell : {CellIndex{1, 1}, CellIndex{2, 3}}) {
        const auto before = here.scales[0].boxAt(cell, 0);
        const auto after = there.scales[0].boxAt({cell.row + 2, cell.column + 4}, 0);
        ASSERT_TRUE(before && after);
        EXPECT_NEAR(after->x - before->x, 4 * kStride, 1e-3);
        EXPECT_NEAR(after->y - before->y, 2 * kStride, 1e-3);
        EXPECT_NEAR(after->width, before->width, 1e-3);
        EXPECT_NEAR(after->height, before->height, 1e-3);
    }
}

TEST(EvidenceBoxes, AreOnlyProposedWhereAClassIsSeen) {
    Recogniser recogniser({redModel()}, {});
    const Recognition seen = recogniser.recognise(redAt({128, 112}, {0, 0, 24, 24}), oneScale());
    const ScoreMap& map = seen.scales.front();
    EXPECT_TRUE(map.boxAt({0, 0}, 0));
    EXPECT_FALSE(map.boxAt({map.rows() - 1, map.columns() - 1}, 0)) << "nothing red there";
    EXPECT_FALSE(map.boxAt({0, 0}, 1)) << "the background proposes nothing";
}

TEST(EvidenceBoxes, AreNotComputedWhereNoObjectsAreWanted) {
    Recogniser recogniser({redModel()}, {});
    Look look = oneScale();
    look.detection.reset();
    EXPECT_FALSE(
        recogniser.recognise(redAt({128, 112}, {24, 24, 32, 32}), look).scales[0].boxAt({1, 1}, 0));
}

TEST(EvidenceBoxes, GiveWayToTheWindowItselfWhereTheScoreIsNoSum) {
    Recogniser recogniser({redModel(false)}, {});
    EXPECT_EQ(recogniser.info().box_source, BoxSource::kWindow);
    const Recognition seen = recogniser.recognise(redAt({128, 112}, {24, 24, 40, 40}), oneScale());
    const ScoreMap& map = seen.scales.front();
    const RectPx window = map.windowAt({2, 3});
    const std::optional<RectPx> box = map.boxAt({2, 3}, 0);
    ASSERT_TRUE(box);
    EXPECT_LT(box->area(), window.area());
    EXPECT_EQ(box->centre(), window.centre());
}

}  // namespace
}  // namespace overfeat::detect
