// SPDX-License-Identifier: Apache-2.0
#include "engine/live/rate_meter.h"

#include <gtest/gtest.h>

namespace overfeat::live {
namespace {

using namespace std::chrono_literals;
using TimePoint = RateMeter::TimePoint;

TEST(RateMeter, MeasuresASteadyRate) {
    RateMeter meter;
    TimePoint now{};
    EXPECT_EQ(meter.perSecond(now), 0);
    meter.add(now);
    EXPECT_EQ(meter.perSecond(now), 0) << "one event has no rate";
    for (int i = 0; i < 1000; ++i)
        meter.add(now += 20ms);
    EXPECT_NEAR(meter.perSecond(now), 50, 1e-9);
}

TEST(RateMeter, FollowsAChangeWithinASecond) {
    RateMeter meter;
    TimePoint now{};
    for (int i = 0; i < 100; ++i)
        meter.add(now += 10ms);
    for (int i = 0; i < 6; ++i)
        meter.add(now += 200ms);
    EXPECT_NEAR(meter.perSecond(now), 5, 1e-9);
}

TEST(RateMeter, SlowEventsHaveARateToo) {
    RateMeter meter;
    TimePoint now{};
    for (int i = 0; i < 4; ++i)
        meter.add(now += 2s);
    EXPECT_NEAR(meter.perSecond(now + 5s), 0.5, 1e-9);
    EXPECT_EQ(meter.perSecond(now + 7s), 0);
}

TEST(RateMeter, ForgetsSoonAfterTheEventsCease) {
    RateMeter meter;
    TimePoint now{};
    for (int i = 0; i < 100; ++i)
        meter.add(now += 20ms);
    EXPECT_GT(meter.perSecond(now + 900ms), 0);
    EXPECT_EQ(meter.perSecond(now + 1100ms), 0);
    meter.add(now);
    meter.reset();
    EXPECT_EQ(meter.perSecond(now), 0);
}

TEST(RateMeter, IsNotConfusedByEqualTimesOrByMoreEventsThanItKeeps) {
    RateMeter meter;
    TimePoint now{};
    meter.add(now);
    meter.add(now);
    EXPECT_EQ(meter.perSecond(now), 0);
    for (int i = 0; i < 5000; ++i)
        meter.add(now += 1ms);
    EXPECT_NEAR(meter.perSecond(now), 1000, 1e-6);
}

}  // namespace
}  // namespace overfeat::live
