// SPDX-License-Identifier: Apache-2.0
#include "ui/picture_geometry.h"

#include <gtest/gtest.h>

namespace overfeat::ui {
namespace {

constexpr SizePx kPicture{640, 480};
const QSizeF kWidget(960, 640);

void expectSame(const QPointF& a, const QPointF& b) {
    EXPECT_NEAR(a.x(), b.x(), 1e-6);
    EXPECT_NEAR(a.y(), b.y(), 1e-6);
}

TEST(PictureGeometry, ThereAndBackMagnified) {
    const PictureGeometry geometry(kPicture, kWidget, {.factor = 3, .centre = {0.4, 0.7}});
    const PointPx there = geometry.toPicture(geometry.toWidget(PointPx{123.5, 77.25}));
    EXPECT_NEAR(there.x, 123.5, 1e-9);
    EXPECT_NEAR(there.y, 77.25, 1e-9);
    EXPECT_EQ(geometry.visible(), QRectF(QPointF(), kWidget)) << "no empty space";
}

TEST(PictureGeometry, MagnifyingKeepsThePointUnderThePointer) {
    const QPointF anchor(600, 200);
    Zoom zoom;
    const PointPx before = PictureGeometry(kPicture, kWidget).toPicture(anchor);
    for (int i = 0; i < 5; ++i)
        zoom = zoomedAt(kPicture, kWidget, zoom, 1.5, anchor);
    expectSame(PictureGeometry(kPicture, kWidget, zoom).toWidget(before), anchor);
    EXPECT_NEAR(zoom.factor, 7.59375, 1e-9);
    EXPECT_LE(zoomedAt(kPicture, kWidget, zoom, 1000, anchor).factor, 16);
    EXPECT_EQ(zoomedAt(kPicture, kWidget, zoom, 0.001, anchor), Zoom{}) << "back to the whole";
}

TEST(PictureGeometry, PullingStopsAtTheEdges) {
    const Zoom middle{.factor = 2, .centre = {0.5, 0.5}};
    const Zoom pulled = pannedBy(kPicture, kWidget, middle, {30, -20});
    const QPointF moved = PictureGeometry(kPicture, kWidget, pulled).target().topLeft() -
                          PictureGeometry(kPicture, kWidget, middle).target().topLeft();
    expectSame(moved, {30, -20});
    const Zoom corner = pannedBy(kPicture, kWidget, middle, {9000, 9000});
    expectSame(PictureGeometry(kPicture, kWidget, corner).target().topLeft(), {0, 0});
}

}  // namespace
}  // namespace overfeat::ui
