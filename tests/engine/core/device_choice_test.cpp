// SPDX-License-Identifier: Apache-2.0
#include "engine/core/device_choice.h"

#include <gtest/gtest.h>

namespace overfeat {
namespace {

TEST(DeviceChoice, SaysWhatItIsOrWhyNothingBetter) {
    DeviceChoice choice{.name = "cpu", .description = "two cores", .passed_over = {}};
    EXPECT_EQ(choice.sentence(), "cpu: two cores");
    choice.passed_over.push_back({"cuda", "There is no driver."});
    choice.passed_over.push_back({"abacus", "It has too few beads."});
    EXPECT_EQ(choice.sentence(),
              "cpu, because cuda: There is no driver. abacus: It has too few beads.");
}

}  // namespace
}  // namespace overfeat
