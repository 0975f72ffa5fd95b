// SPDX-License-Identifier: Apache-2.0
#include "engine/core/label_set.h"

#include <gtest/gtest.h>

namespace overfeat {
namespace {

TEST(LabelSet, FindsByLabelOrIdIgnoringCase) {
    const LabelSet labels({{"n01", "beer bottle"}, {"n02", "Teapot"}}, std::nullopt);
    EXPECT_EQ(labels.find("TEAPOT"), 1U);
    EXPECT_EQ(labels.find("N01"), 0U);
    EXPECT_EQ(labels.find("kettle"), std::nullopt);
}

TEST(LabelSet, ForgetsABackgroundIndexThatDoesNotExist) {
    EXPECT_EQ(LabelSet({{"", "a"}}, 7).background(), std::nullopt);
    EXPECT_TRUE(LabelSet({{"", "a"}, {"", "b"}}, 1).isBackground(1));
}

TEST(LabelSet, NamesClassesThatHaveNoName) {
    EXPECT_EQ(LabelSet::numbered(3)[2].label, "class 2");
}

TEST(SanitisedLabel, RemovesTerminalEscapesAndDirectionOverrides) {
    EXPECT_EQ(sanitisedLabel("red\x1b[31m\n"), "red[31m");
    EXPECT_EQ(sanitisedLabel("a\u202Eb\u2066c"), "abc");
}

TEST(SanitisedLabel, ReplacesInvalidUtf8AndKeepsValid) {
    EXPECT_EQ(sanitisedLabel("caf\xC3\xA9 \xF0\x9F\x8D\x8E"), "caf\xC3\xA9 \xF0\x9F\x8D\x8E");
    EXPECT_EQ(sanitisedLabel("\xC0\xAF\xFFz"), "???z");
    EXPECT_EQ(sanitisedLabel("\xED\xA0\x80"), "???");  // a surrogate
}

TEST(SanitisedLabel, CutsAtACharacterBoundary) {
    EXPECT_EQ(sanitisedLabel("ab\xC3\xA9", 3), "ab");
    EXPECT_EQ(sanitisedLabel("ab\xC3\xA9", 4), "ab\xC3\xA9");
}

}  // namespace
}  // namespace overfeat
