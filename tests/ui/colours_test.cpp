// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <QApplication>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "ui/colour_map.h"
#include "ui/oklab.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

TEST(ColourMap, GetsLighterAllTheWay) {
    double previous = -1;
    for (int i = 0; i < ColourMap::kSteps; ++i) {
        const double lightness =
            toOkLab(scoreColour(static_cast<float>(i) / (ColourMap::kSteps - 1))).l;
        // Rounding to eight bits moves lightness by up to about a thousandth.
        EXPECT_GT(lightness, previous - 0.002) << "at " << i;
        previous = std::max(previous, lightness);
    }
    EXPECT_LT(toOkLab(scoreColour(0)).l, 0.25);
    EXPECT_GT(toOkLab(scoreColour(1)).l, 0.93);
}

TEST(ColourMap, EqualStepsLookEquallyDifferent) {
    // Steps of 1/17 are large against the rounding to eight bits.
    std::vector<double> steps;
    for (int i = 0; i < 17; ++i) {
        steps.push_back(distance(toOkLab(scoreColour(static_cast<float>(i) / 17)),
                                 toOkLab(scoreColour(static_cast<float>(i + 1) / 17))));
    }
    const auto [smallest, largest] = std::ranges::minmax(steps);
    EXPECT_GT(smallest, 0.04);
    EXPECT_LT(largest / smallest, 1.2);
}

TEST(ColourMap, SurvivesAnyNumber) {
    EXPECT_EQ(scoreColour(-3), scoreColour(0));
    EXPECT_EQ(scoreColour(7), scoreColour(1));
    EXPECT_EQ(scoreColour(std::numeric_limits<float>::quiet_NaN()), scoreColour(0));
    EXPECT_EQ(scoreCoverage(0), 0);
    EXPECT_EQ(scoreCoverage(1), 1);
    EXPECT_EQ(scoreCoverage(std::numeric_limits<float>::quiet_NaN()), 0);
    EXPECT_LT(scoreCoverage(0.05F), scoreCoverage(0.2F));
}

TEST(OkLab, ThereAndBack) {
    for (const QColor& colour : {QColor(0, 0, 0), QColor(255, 255, 255), QColor(200, 30, 90)}) {
        EXPECT_EQ(fromOkLab(toOkLab(colour)).rgb(), colour.rgb());
    }
    // The published value for white, and that grey has no colour.
    EXPECT_NEAR(toOkLab(Qt::white).l, 1.0, 1e-4);
    EXPECT_NEAR(toOkLab(QColor(128, 128, 128)).a, 0.0, 1e-4);
}

class ThemeColours : public ::testing::TestWithParam<bool> {
protected:
    const Colours& c() const { return GetParam() ? darkColours() : lightColours(); }
};

TEST_P(ThemeColours, TextCanBeRead) {
    for (const QColor& text : {c().text, c().muted_text, c().good, c().warning, c().error}) {
        for (const QColor& surface :
             {c().window, c().surface, c().raised, c().hover, c().selected}) {
            EXPECT_GE(contrastRatio(text, surface), 4.5)
                << text.name().toStdString() << " on " << surface.name().toStdString();
        }
    }
    for (const QColor& surface : {c().window, c().surface, c().raised}) {
        EXPECT_GE(contrastRatio(c().accent, surface), 4.5);
    }
    EXPECT_GE(contrastRatio(c().accent_text, c().accent), 4.5);
}

TEST_P(ThemeColours, ClassColoursStandOut) {
    for (std::size_t i = 0; i < 200; ++i) {
        for (const QColor& surface : {c().surface, c().raised}) {
            EXPECT_GE(contrastRatio(classColour(i), surface), 3.0) << "class " << i;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Both, ThemeColours, ::testing::Bool(), [](const auto& which) {
    return std::string(which.param ? "Dark" : "Light");
});

TEST(Theme, PlatesCanBeReadOnAnyPicture) {
    for (const QColor& picture : {QColor(Qt::white), QColor(Qt::black), QColor(Qt::yellow)}) {
        const double alpha = plateColour().alphaF();
        const auto mixed = [&](int plate, int below) {
            return static_cast<int>(std::lround(plate * alpha + below * (1 - alpha)));
        };
        const QColor plate(mixed(plateColour().red(), picture.red()),
                           mixed(plateColour().green(), picture.green()),
                           mixed(plateColour().blue(), picture.blue()));
        EXPECT_GE(contrastRatio(plateText(), plate), 4.5) << picture.name().toStdString();
    }
}

TEST(Theme, NeighbouringClassesDiffer) {
    for (std::size_t i = 0; i < 200; ++i) {
        EXPECT_GT(distance(toOkLab(classColour(i)), toOkLab(classColour(i + 1))), 0.1) << i;
        EXPECT_EQ(classColour(i), classColour(i));
    }
}

TEST(Theme, FollowsTheChoice) {
    applyTheme(*qApp, ThemeMode::kLight);
    EXPECT_FALSE(colours(QApplication::palette()).dark);
    applyTheme(*qApp, ThemeMode::kDark);
    EXPECT_TRUE(colours(QApplication::palette()).dark);
    // The desktop of the test platform is light, whatever was forced before.
    applyTheme(*qApp, ThemeMode::kSystem);
    EXPECT_FALSE(colours(QApplication::palette()).dark);
}

}  // namespace
}  // namespace overfeat::ui
