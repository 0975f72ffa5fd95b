// SPDX-License-Identifier: Apache-2.0
//
// From what is stored to what a network looks for.
#include "engine/learn/assemble.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace overfeat {
namespace {

constexpr EmbeddingSize kSize{.part = 2, .whole = 3};

ExampleEmbedding example() {
    ExampleEmbedding made{.size = kSize, .width_px = 30, .height_px = 30, .rows = {}};
    const auto countUp = [](std::vector<float>& numbers, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            numbers.push_back(static_cast<float>(i) / static_cast<float>(count) - 0.5F);
    };
    countUp(made.rows, 2 * kSize.row(made.grid()));
    countUp(made.surroundings, 5 * made.grid().count() * kSize.part);
    return made;
}

learn::LibraryContent contentWith(bool negative) {
    learn::Capture capture;
    capture.id = "capture";
    capture.box = {3, 4, 30, 30};
    learn::TaughtClass one;
    one.id = "class";
    one.name = "mug";
    one.captures.push_back(capture);
    if (negative) {
        capture.id = "other";
        capture.negative = true;
        one.captures.push_back(capture);
    }
    learn::LibraryContent content;
    content.classes.push_back(one);
    return content;
}

TEST(Assemble, GivesBackWhatWasStored) {
    const std::vector stored{learn::toStored("capture", example()),
                             learn::toStored("other", example())};
    const auto taught = learn::assemble(contentWith(true), stored, "space", kSize);
    ASSERT_EQ(taught->classes.size(), 1U);
    EXPECT_EQ(taught->space, "space");
    ASSERT_EQ(taught->classes[0].examples.size(), 1U);
    EXPECT_EQ(taught->classes[0].examples[0].rows, example().rows);
    EXPECT_EQ(taught->classes[0].examples[0].surroundings, example().surroundings);
    ASSERT_EQ(taught->classes[0].negatives.size(), 1U);
    EXPECT_EQ(taught->classes[0].negatives[0].rows, example().rows);
    EXPECT_EQ(taught->classes[0].threshold, kUsualThreshold);
}

TEST(Assemble, PassesOverWhatDoesNotFit) {
    auto stored = learn::toStored("capture", example());
    stored.negatives.columns = 7;  // not of this network
    const auto taught = learn::assemble(contentWith(false), {&stored, 1}, "space", kSize);
    ASSERT_EQ(taught->classes.size(), 1U);
    EXPECT_TRUE(taught->classes[0].examples[0].surroundings.empty());
    stored.prototypes.values.pop_back();
    EXPECT_TRUE(learn::assemble(contentWith(false), {&stored, 1}, "space", kSize)->classes.empty());
    EXPECT_TRUE(learn::assemble(contentWith(false), {}, "space", kSize)->classes.empty());
}

// Rows are of unit length. A number that none of them has would make every class as like it.
TEST(Assemble, PassesOverNumbersThatNoNetworkMakes) {
    for (const float wrong : {std::numeric_limits<float>::quiet_NaN(),
                              std::numeric_limits<float>::infinity(), 1e30F, -1.5F}) {
        auto stored = learn::toStored("capture", example());
        stored.negatives.values[3] = wrong;
        auto taught = learn::assemble(contentWith(false), {&stored, 1}, "space", kSize);
        EXPECT_TRUE(taught->classes.empty()) << wrong;
        stored = learn::toStored("capture", example());
        stored.prototypes.values.back() = wrong;
        taught = learn::assemble(contentWith(false), {&stored, 1}, "space", kSize);
        EXPECT_TRUE(taught->classes.empty()) << wrong;
    }
}

}  // namespace
}  // namespace overfeat
