// SPDX-License-Identifier: Apache-2.0
#include "engine/core/label_set.h"

#include <gtest/gtest.h>

#include <span>
#include <vector>

#include "engine/core/shown_from.h"

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

TEST(LabelSet, AnIdIsTheSameWhereTheIndexIsNot) {
    const LabelSet network({{.id = "n1", .label = "mug"}, {.id = "", .label = "cup"}}, {});
    const std::vector<ClassLabel> both{{.id = "u1", .label = "mine"}, {.id = "n1", .label = "cup"}};
    const LabelSet before = network.with(both);
    const LabelSet after = network.with(std::span(both).subspan(1));
    for (std::size_t i = 0; i < before.size(); ++i)
        EXPECT_EQ(before.indexOf(before.idOf(i)), i);
    EXPECT_EQ(after.indexOf(before.idOf(2)), std::nullopt);
    EXPECT_EQ(after.indexOf(before.idOf(3)), 2U) << "not the network's class of that id";
    EXPECT_EQ(after.indexOf({ClassId::Source::kNetwork, "n1"}), 0U);
    EXPECT_EQ(after.indexOf({ClassId::Source::kNetwork, "cup"}), 1U) << "it has no id";
}

// ImageNet has two cranes and two maillots; lists of labels often come without ids.
TEST(LabelSet, ClassesOfTheSameNameAreDifferentOnes) {
    const LabelSet labels({{"", "crane"},
                           {"", "crane"},
                           {"", "crane (2)"},
                           {"n1", "crane"},
                           {"n1", "heron"},
                           {"", "n1"},
                           {"", "crane"}},
                          std::nullopt);
    for (std::size_t i = 0; i < labels.size(); ++i)
        EXPECT_EQ(labels.indexOf(labels.idOf(i)), i) << i;
    EXPECT_EQ(labels[0].label, "crane");
    EXPECT_EQ(labels[3].label, "crane") << "it has an id of its own";
    EXPECT_EQ(labels[3].id, "n1");
    EXPECT_EQ(labels[4].label, "heron");
    EXPECT_EQ(labels[2].label, "crane (2)") << "as the file has it";
    EXPECT_TRUE(labels[1].id.empty()) << "nobody gave it one";
    const std::vector<ClassLabel> taught{{.id = "u1", .label = "crane"}};
    const LabelSet with = labels.with(taught);
    for (std::size_t i = 0; i < labels.size(); ++i)
        EXPECT_EQ(with.idOf(i), labels.idOf(i)) << i;
    EXPECT_EQ(with.indexOf(with.idOf(7)), 7U);
}

TEST(ShownFrom, ClassesThatAreThereHaveTheirOwn) {
    const LabelSet labels = LabelSet::numbered(3);
    DetectionOptions options;
    options.score_threshold = 0.25;
    options.class_thresholds = {{labels.idOf(1), 0.75}, {{ClassId::Source::kLibrary, "u1"}, 0.5}};
    const ShownFrom shown_from(options, &labels);
    EXPECT_EQ(shown_from(0), 0.25F);
    EXPECT_EQ(shown_from(1), 0.75F);
    EXPECT_EQ(ShownFrom(options, nullptr)(1), 0.25F);
}

TEST(LabelSet, TaughtClassesStandBehindTheNetworks) {
    const LabelSet network({{"n01", "mug"}, {"n02", "teapot"}}, 1);
    const std::vector<ClassLabel> taught{{.id = "a1", .label = "Mug", .colour = 7},
                                         {.id = "a2", .label = "key"}};
    const LabelSet all = network.with(taught);
    ASSERT_EQ(all.size(), 4U);
    EXPECT_EQ(all.networkSize(), 2U);
    EXPECT_EQ(all.background(), 1U);
    EXPECT_FALSE(all.isTaught(1));
    EXPECT_TRUE(all.isTaught(2));
    EXPECT_FALSE(all.isTaught(4));
    EXPECT_EQ(all.find("mug"), 2U) << "who taught a mug means that one";
    EXPECT_EQ(all.find("n01"), 0U);
    EXPECT_EQ(all.find("A2"), 3U);
    EXPECT_EQ(all.find("kettle"), std::nullopt);
    EXPECT_EQ(all.colourIndex(0), 0U);
    EXPECT_EQ(all.colourIndex(2), 7U);
    EXPECT_EQ(all.colourIndex(3), 3U);
    EXPECT_EQ(all.colourIndex(9), 9U);

    EXPECT_EQ(all.with({}).size(), 2U) << "others take their place";
    EXPECT_EQ(LabelSet().with(taught).networkSize(), 0U) << "nothing but what was taught";
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
