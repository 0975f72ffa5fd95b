// SPDX-License-Identifier: Apache-2.0
#include "ui/probe.h"

#include <gtest/gtest.h>

#include "tests/ui/synthetic.h"
#include "ui/picture_geometry.h"

namespace overfeat::ui {
namespace {

constexpr SizePx kFrame{640, 480};

TEST(PictureGeometry, KeepsTheAspectAndCentres) {
    const PictureGeometry wide(kFrame, QSizeF(1000, 480));
    EXPECT_EQ(wide.target(), QRectF(180, 0, 640, 480));
    const PictureGeometry tall(kFrame, QSizeF(320, 1000));
    EXPECT_EQ(tall.target(), QRectF(0, 380, 320, 240));
    EXPECT_TRUE(PictureGeometry(SizePx{}, QSizeF(10, 10)).isEmpty());
    EXPECT_TRUE(PictureGeometry(kFrame, QSizeF(0, 10)).isEmpty());
}

TEST(PictureGeometry, ThereAndBackAtManySizes) {
    for (const QSizeF widget :
         {QSizeF(640, 480), QSizeF(957, 613), QSizeF(31, 977), QSizeF(1, 1)}) {
        const PictureGeometry geometry(kFrame, widget);
        for (const PointPx point : {PointPx{0, 0}, PointPx{639.5, 479.5}, PointPx{123.25, 77}}) {
            const PointPx back = geometry.toPicture(geometry.toWidget(point));
            EXPECT_NEAR(back.x, point.x, 1e-9);
            EXPECT_NEAR(back.y, point.y, 1e-9);
        }
    }
}

TEST(Probe, FindsTheCellWhoseWindowIsCentredThere) {
    const auto seen = test::syntheticRecognition(kFrame, {});
    const ScoreMap& map = seen->scales[1];
    const CellIndex wanted{2, 3};
    const auto probe = probeAt(*seen, 0, 1, map.windowAt(wanted).centre());
    ASSERT_TRUE(probe);
    EXPECT_EQ(probe->scale, 1U);
    EXPECT_EQ(probe->cell, wanted);
    EXPECT_FALSE(probe->pinned);
}

TEST(Probe, OfAllScalesTakesTheOneThatMadeTheColour) {
    auto seen = test::syntheticRecognition(kFrame, {});
    // One cell of the finest scale is sure of class 4.
    const CellIndex sure{3, 5};
    const ScoreMap& old_map = seen->scales[2];
    std::vector<float> values(old_map.classCount() * old_map.cellCount(), 0.01F);
    const auto offset = static_cast<std::size_t>(sure.row * old_map.columns() + sure.column);
    values[4 * old_map.cellCount() + offset] = 0.9F;
    const RectPx first = old_map.windowAt({});
    const double step = old_map.windowAt({0, 1}).x - first.x;
    const PointPx centre = old_map.windowAt(sure).centre();
    seen->scales[2] = ScoreMap({old_map.columns(), old_map.rows()}, old_map.classCount(), first,
                               step, step, values);
    const auto probe = probeAt(*seen, 4, std::nullopt, centre);
    ASSERT_TRUE(probe);
    EXPECT_EQ(probe->scale, 2U);
    EXPECT_EQ(probe->cell, sure);
    EXPECT_EQ(probeAtPeak(*seen, 4, std::nullopt), probe);
}

TEST(Probe, MovesByCellsAndStopsAtTheEdge) {
    const auto seen = test::syntheticRecognition(kFrame, {});
    const ScoreMap& map = seen->scales[0];
    Probe probe{0, {0, 0}, true};
    probe = movedBy(probe, *seen, 0, 1);
    EXPECT_EQ(probe.cell, (CellIndex{0, 1}));
    EXPECT_TRUE(probe.pinned);
    probe = movedBy(probe, *seen, -5, 1000);
    EXPECT_EQ(probe.cell, (CellIndex{0, map.columns() - 1}));
}

TEST(Probe, ChangesScaleInPlace) {
    const auto seen = test::syntheticRecognition(kFrame, {});
    const Probe probe{0, {1, 1}, true};
    const PointPx before = seen->scales[0].windowAt(probe.cell).centre();
    const Probe finer = movedToScale(probe, *seen, 1);
    EXPECT_EQ(finer.scale, 1U);
    EXPECT_TRUE(finer.pinned);
    EXPECT_EQ(finer.cell, *seen->scales[1].nearestCell(before));
    EXPECT_EQ(movedToScale(probe, *seen, -1).scale, 0U);
    EXPECT_EQ(movedToScale(probe, *seen, 99).scale, seen->scales.size() - 1);
}

TEST(Probe, SurvivesANewResult) {
    const auto before = test::syntheticRecognition(kFrame, {});
    const auto same = test::syntheticRecognition(kFrame, {{2, {300, 200}}});
    const Probe probe{1, {2, 2}, true};
    EXPECT_EQ(carriedOver(probe, *before, *same), probe);

    // Other windows: the cell in the same place, still pinned.
    const auto other = test::syntheticRecognition(kFrame, {}, {.scales = 1, .first_window_px = 96});
    const auto moved = carriedOver(probe, *before, *other);
    ASSERT_TRUE(moved);
    EXPECT_TRUE(moved->pinned);
    EXPECT_EQ(moved->cell,
              *other->scales[0].nearestCell(before->scales[1].windowAt(probe.cell).centre()));

    // Another picture size has other places; no maps have none.
    EXPECT_FALSE(carriedOver(probe, *before, *test::syntheticRecognition({320, 240}, {})));
    EXPECT_FALSE(
        carriedOver(probe, *before, *test::syntheticRecognition(kFrame, {}, {.scales = 0})));
}

}  // namespace
}  // namespace overfeat::ui
