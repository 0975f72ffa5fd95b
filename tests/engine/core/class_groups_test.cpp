// SPDX-License-Identifier: Apache-2.0
#include "engine/core/class_groups.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "engine/core/class_groups_table.h"

namespace overfeat {
namespace {

// tabby, tiger cat, Egyptian cat, beagle, school bus, beer bottle; and a mug that was taught.
LabelSet someLabels() {
    const LabelSet network({{"n02123045", "tabby"},
                            {"n02123159", "tiger cat"},
                            {"n02124075", "Egyptian cat"},
                            {"n02088364", "beagle"},
                            {"n04146614", "school bus"}},
                           std::nullopt);
    const ClassLabel mug{.id = "1", .label = "my mug", .taught = true};
    return network.with(std::vector{mug});
}

Detection found(std::size_t class_index, float score) {
    Detection one;
    one.class_index = class_index;
    one.score = score;
    return one;
}

TEST(ClassGroups, SayWhatAClassIsAKindOf) {
    EXPECT_EQ(classGroup("n02123045"), "cat");
    EXPECT_EQ(classGroup("n02088364"), "dog");
    EXPECT_EQ(classGroup("n04146614"), "bus");
    EXPECT_EQ(classGroup("n02114367"), "wolf") << "the nearest: a wolf is no dog";
    EXPECT_EQ(classGroup(""), std::nullopt);
    EXPECT_EQ(classGroup("n00000000"), std::nullopt);
}

TEST(ClassGroups, EveryClassIsInOneGroupWithOthers) {
    std::set<std::string_view> seen;
    for (const std::string_view line : kClassGroups) {
        const std::size_t colon = line.find(':');
        ASSERT_NE(colon, std::string_view::npos);
        std::size_t kinds = 0;
        for (std::size_t at = colon + 1; at < line.size(); at += 10, ++kinds) {
            const std::string_view id = line.substr(at + 1, 9);
            EXPECT_EQ(id.front(), 'n');
            EXPECT_TRUE(seen.insert(id).second) << id;
            EXPECT_EQ(classGroup(id), line.substr(0, colon));
        }
        EXPECT_GE(kinds, 2U) << line;
    }
    EXPECT_GT(seen.size(), 500U);
}

TEST(ClassGroups, KindsOfOneThingAreThatThing) {
    const LabelSet labels = someLabels();
    Detection cat = found(0, 0.4F);
    cat.alternatives = {found(2, 0.3F), found(0, 0.28F), found(1, 0.2F), found(4, 0.1F)};
    const auto one = kindsOfOne(cat, labels);
    ASSERT_TRUE(one);
    EXPECT_EQ(one->group, "cat");
    EXPECT_EQ(one->kinds, (std::vector<std::size_t>{0, 2, 1}))
        << "each once; what is weak is not asked";
}

TEST(ClassGroups, WhatMayBeSomethingElseIsNotCalledByAGroup) {
    const LabelSet labels = someLabels();
    Detection unclear = found(0, 0.4F);
    unclear.alternatives = {found(1, 0.35F), found(3, 0.3F)};
    EXPECT_FALSE(kindsOfOne(unclear, labels)) << "cat or dog";
    EXPECT_FALSE(kindsOfOne(found(0, 0.9F), labels)) << "a tabby, and nothing else";
    Detection clear = found(0, 0.9F);
    clear.alternatives = {found(1, 0.1F)};
    EXPECT_FALSE(kindsOfOne(clear, labels)) << "clearly a tabby";
    Detection mug = found(5, 0.9F);
    mug.alternatives = {found(0, 0.8F), found(1, 0.8F)};
    EXPECT_FALSE(kindsOfOne(mug, labels)) << "what was taught keeps its name";
    Detection beside = found(0, 0.9F);
    beside.alternatives = {found(5, 0.8F), found(1, 0.8F)};
    EXPECT_FALSE(kindsOfOne(beside, labels));
}

}  // namespace
}  // namespace overfeat
