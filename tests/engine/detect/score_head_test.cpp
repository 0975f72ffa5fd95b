// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/score_head.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace overfeat::detect {
namespace {

TEST(ScoreHead, SoftmaxRunsOverTheClassesOfEachCell) {
    // Two classes, three cells, class-major.
    const std::vector<float> raw{0, 1, -2, 0, 3, 2};
    std::vector<float> p(6);
    ScoreHead head;
    ASSERT_TRUE(head.apply(raw, 2, false, p));
    for (std::size_t cell = 0; cell < 3; ++cell) {
        const double a = std::exp(static_cast<double>(raw[cell]));
        const double b = std::exp(static_cast<double>(raw[3 + cell]));
        EXPECT_NEAR(p[cell], a / (a + b), 1e-6);
        EXPECT_NEAR(p[3 + cell], b / (a + b), 1e-6);
    }
}

TEST(ScoreHead, LargeScoresDoNotOverflow) {
    const std::vector<float> raw{1e30F, -1e30F, 1e30F};
    std::vector<float> p(3);
    ScoreHead head;
    ASSERT_TRUE(head.apply(raw, 3, false, p));
    EXPECT_EQ(p, (std::vector<float>{0.5F, 0, 0.5F}));
}

TEST(ScoreHead, ProbabilitiesPassUnchanged) {
    const std::vector<float> raw{0.25F, 0.75F};
    std::vector<float> p(2);
    ScoreHead head;
    ASSERT_TRUE(head.apply(raw, 2, true, p));
    EXPECT_EQ(p, raw);
}

TEST(ScoreHead, WhatIsNotFiniteIsRefusedWhereverItStands) {
    const float inf = std::numeric_limits<float>::infinity();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    ScoreHead head;
    for (const float bad : {inf, -inf, nan, -nan}) {
        for (std::size_t at = 0; at < 21; ++at) {
            std::vector<float> raw(21, 1.0F);
            std::vector<float> p(21);
            EXPECT_TRUE(head.apply(raw, 3, false, p));
            raw[at] = bad;
            EXPECT_FALSE(head.apply(raw, 3, false, p));
            EXPECT_FALSE(head.apply(raw, 3, true, p));
            EXPECT_FALSE(allFinite(raw));
        }
    }
    EXPECT_TRUE(allFinite(std::vector<float>{std::numeric_limits<float>::max(), -0.0F,
                                             std::numeric_limits<float>::denorm_min()}));
}

TEST(BoxFromWindow, IsMeasuredInWindows) {
    const RectPx window{100, 50, 40, 20};
    EXPECT_EQ(boxFromWindow(window, 0, 0, 1, 1, false), window);
    EXPECT_EQ(boxFromWindow(window, -0.5F, 0.25F, 1.5F, 0.75F, false), (RectPx{80, 55, 80, 10}));
    EXPECT_EQ(boxFromWindow(window, 0.75F, 1, 0.25F, 0, false), (RectPx{110, 50, 20, 20}))
        << "edges in the wrong order";
    EXPECT_EQ(boxFromWindow(window, 0, 0, 0.25F, 1, true), (RectPx{130, 50, 10, 20}))
        << "on the left of the mirror image is on the right";
}

}  // namespace
}  // namespace overfeat::detect
