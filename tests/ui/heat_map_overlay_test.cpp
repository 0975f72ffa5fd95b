// SPDX-License-Identifier: Apache-2.0
#include "ui/heat_map_overlay.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "tests/ui/synthetic.h"
#include "ui/colour_map.h"

namespace overfeat::ui {
namespace {

constexpr SizePx kFrame{640, 480};
constexpr test::Pyramid kOneScale{.scales = 1, .first_window_px = 100, .classes = 500};

HeatMapOptions options(bool full_range, std::optional<int> scale) {
    HeatMapOptions result;
    result.full_range = full_range;
    result.scale = scale;
    return result;
}

// The middle of the overlay's pixel that covers a point of the frame.
PointPx pixelCentre(const HeatMapOverlay& overlay, PointPx point) {
    const double step = overlay.area.width / overlay.image.width();
    return {(std::floor(point.x / step) + 0.5) * step, (std::floor(point.y / step) + 0.5) * step};
}

QRgb pixelAt(const HeatMapOverlay& overlay, PointPx point) {
    const double across = point.x / overlay.area.width * overlay.image.width();
    const double down = point.y / overlay.area.height * overlay.image.height();
    return overlay.image.pixel(static_cast<int>(across), static_cast<int>(down));
}

TEST(HeatMapOverlay, ShowsTheScoreWhereItIs) {
    const PointPx planted{350, 275};
    const auto seen = test::syntheticRecognition(
        kFrame, {{.class_index = 3, .centre = planted, .radius_px = 60, .height = 0.95F}},
        kOneScale);
    const HeatMapOverlay overlay = makeOverlay(*seen, 3, options(true, {}), 0);
    ASSERT_FALSE(overlay.isNull());
    EXPECT_EQ(overlay.range, 1.0F);
    EXPECT_NEAR(overlay.peak, 0.95F, 0.02F);

    const QColor peak = QColor::fromRgba(pixelAt(overlay, planted));
    const QColor wanted =
        scoreColour(seen->scales[0].interpolate(3, pixelCentre(overlay, planted)));
    EXPECT_EQ(peak.alpha(), 255);
    EXPECT_NEAR(peak.red(), wanted.red(), 6);
    EXPECT_NEAR(peak.green(), wanted.green(), 6);
    EXPECT_NEAR(peak.blue(), wanted.blue(), 6);
    EXPECT_LT(qAlpha(pixelAt(overlay, {60, 60})), 4) << "far away the picture stays clear";
}

TEST(HeatMapOverlay, CoversTheWholeFrame) {
    for (const SizePx frame : {SizePx{640, 480}, SizePx{333, 777}, SizePx{200, 150}}) {
        const auto seen = test::syntheticRecognition(frame, {}, kOneScale);
        const HeatMapOverlay overlay = makeOverlay(*seen, 0, options(false, {}), 0);
        EXPECT_GE(overlay.area.right(), frame.width);
        EXPECT_GE(overlay.area.bottom(), frame.height);
        EXPECT_LT(overlay.area.right(), frame.width + frame.width / 20.0);
    }
}

TEST(HeatMapOverlay, OneScaleOrAll) {
    auto seen = test::syntheticRecognition(
        kFrame, {{.class_index = 1, .centre = {320, 240}, .radius_px = 40, .height = 0.9F}},
        {.scales = 2, .first_window_px = 300, .classes = 50});
    const float coarse = makeOverlay(*seen, 1, options(true, 0), 0).peak;
    const float fine = makeOverlay(*seen, 1, options(true, 1), 0).peak;
    EXPECT_LT(coarse, fine);
    HeatMapOptions highest = options(true, {});
    highest.average_scales = false;
    EXPECT_EQ(makeOverlay(*seen, 1, highest, 0).peak, std::max(coarse, fine));
    const float mean = makeOverlay(*seen, 1, options(true, {}), 0).peak;
    EXPECT_GT(mean, (coarse + fine) / 2) << "the finer one weighs more";
    EXPECT_LT(mean, fine);
    const auto single_view = test::syntheticRecognition(kFrame, {}, {.scales = 0});
    EXPECT_TRUE(makeOverlay(*single_view, 1, options(true, {}), 0).isNull());
}

// Noise is not stretched until it looks like a find.
TEST(HeatMapOverlay, ColoursAreNeverStretchedBelowAFifth) {
    const PointPx planted{350, 275};
    const auto seen = test::syntheticRecognition(
        kFrame, {{.class_index = 3, .centre = planted, .radius_px = 60, .height = 0.05F}},
        kOneScale);
    const HeatMapOverlay overlay = makeOverlay(*seen, 3, options(false, {}), 0);
    ASSERT_LT(overlay.peak, 0.06F);
    EXPECT_EQ(overlay.range, 0.2F);
    const auto alpha = static_cast<double>(qAlpha(pixelAt(overlay, planted)));
    EXPECT_NEAR(alpha, 255 * static_cast<double>(scoreCoverage(overlay.peak / 0.2F)), 8);
    EXPECT_LT(alpha, 250) << "a find would hide the picture";
}

TEST(HeatMapOverlay, RangeIsARoundNumberThatDoesNotFlicker) {
    EXPECT_EQ(overlayRange(0.43F, 0), 0.5F);
    EXPECT_EQ(overlayRange(0.7F, 0.5F), 1.0F) << "up at once";
    EXPECT_EQ(overlayRange(0.48F, 1.0F), 1.0F) << "not down for a little less";
    EXPECT_EQ(overlayRange(0.3F, 1.0F), 0.5F);
    EXPECT_EQ(overlayRange(0.0F, 0), 0.2F) << "noise is not stretched until it looks like a find";
    EXPECT_EQ(overlayRange(0.01F, 0.2F), 0.2F);
    EXPECT_EQ(overlayRange(3.0F, 0), 1.0F);
}

}  // namespace
}  // namespace overfeat::ui
