// SPDX-License-Identifier: Apache-2.0
#include "engine/core/look.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "engine/core/error.h"

namespace overfeat {
namespace {

const double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(Range, TheNearestValueIsWithin) {
    constexpr Range<double> kRange{1, 16};
    EXPECT_EQ(kRange.nearest(0.5), 1);
    EXPECT_EQ(kRange.nearest(3.25), 3.25);
    EXPECT_EQ(kRange.nearest(32), 16);
    EXPECT_EQ(kRange.nearest(kNan), 1);
    EXPECT_TRUE(kRange.holds(16));
    EXPECT_FALSE(kRange.holds(kNan));
}

TEST(Look, DefaultsAreWithinTheLimits) {
    const Look look{.detection = DetectionOptions()};
    EXPECT_NO_THROW(checkLimits(look));
    EXPECT_EQ(withinLimits(look), look);
}

// Whatever was written by hand or by another version: what is refused can be brought into the
// limits, and is then taken.
TEST(Look, WhatIsRefusedIsBroughtIntoTheLimits) {
    const auto refused = [](const std::string& names, const std::function<void(Look&)>& change) {
        Look look{.detection = DetectionOptions()};
        change(look);
        try {
            checkLimits(look);
            ADD_FAILURE() << names << " was taken";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::kUsage);
            EXPECT_NE(std::string(error.what()).find(names), std::string::npos) << error.what();
        }
        EXPECT_NO_THROW(checkLimits(withinLimits(look))) << names;
    };
    refused("number of scales", [](Look& l) { l.scale_count = 100; });
    refused("largest scale", [](Look& l) { l.largest_side_windows = 32; });
    refused("smallest scale", [](Look& l) { l.smallest_side_windows = 0.5; });
    refused("smallest scale", [](Look& l) { l.smallest_side_windows = kNan; });
    refused("largest scale", [](Look& l) { l.smallest_side_windows = 9; });
    refused("fine steps", [](Look& l) { l.fine_steps = -1; });
    refused("raw boxes", [](Look& l) { l.detection->max_raw_boxes = 1 << 30; });
    refused("threshold of a class", [](Look& l) { l.detection->class_thresholds[ClassId{}] = -1; });
    refused("sigma", [](Look& l) { l.detection->soft_nms_sigma = 0; });
}

TEST(Look, WhatBecomesOfTheAnswerIsNoOtherWork) {
    Look one{.detection = DetectionOptions()};
    Look other = one;
    other.detection->score_threshold = 0.9;
    EXPECT_TRUE(sameWork(one, other));
    EXPECT_NE(one, other);
    other.flip = true;
    EXPECT_FALSE(sameWork(one, other));
}

}  // namespace
}  // namespace overfeat
