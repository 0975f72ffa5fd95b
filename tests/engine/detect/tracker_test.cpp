// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/tracker.h"

#include <gtest/gtest.h>

#include <chrono>

namespace overfeat::detect {
namespace {

using std::chrono::milliseconds;

Tracker::Time at(int ms) {
    return Tracker::Time{} + std::chrono::hours(1) + milliseconds(ms);
}

Detections one(RectPx box, std::size_t class_index = 0, float score = 0.5F) {
    Detections found;
    found.raw.push_back({box, class_index, score, 0, {}});
    Detection object;
    object.box = box;
    object.class_index = class_index;
    object.score = score;
    object.voters = {0};
    found.objects.push_back(object);
    return found;
}

constexpr RectPx kHere{10, 10, 50, 50};

TEST(Tracker, ShowsAnObjectFromItsSecondFrameOnUnderOneNumber) {
    Tracker tracker;
    EXPECT_TRUE(tracker.follow(one(kHere), at(0)).objects.empty());
    const auto second = tracker.follow(one({12, 10, 50, 50}), at(33));
    const auto third = tracker.follow(one({14, 10, 50, 50}), at(66));
    ASSERT_EQ(second.objects.size(), 1U);
    ASSERT_EQ(third.objects.size(), 1U);
    EXPECT_EQ(second.objects[0].track, third.objects[0].track);
    EXPECT_EQ(third.objects[0].votes(), 1U);
}

TEST(Tracker, NeverShowsAFlash) {
    Tracker tracker;
    for (int i = 0; i < 6; ++i) {
        const auto found = i % 2 == 0 ? one(kHere) : Detections{};
        EXPECT_TRUE(tracker.follow(found, at(33 * i)).objects.empty());
    }
}

TEST(Tracker, BridgesAShortGapAndForgetsAfterALongOne) {
    Tracker tracker;
    tracker.follow(one(kHere), at(0));
    tracker.follow(one(kHere), at(33));
    const auto gap = tracker.follow({}, at(66));
    ASSERT_EQ(gap.objects.size(), 1U);
    EXPECT_EQ(gap.objects[0].votes(), 0U);  // nobody voted in this frame
    EXPECT_TRUE(tracker.follow({}, at(700)).objects.empty());
}

TEST(Tracker, OneWrongFrameDoesNotChangeTheLabelButManyDo) {
    Tracker tracker;
    for (int i = 0; i < 5; ++i)
        tracker.follow(one(kHere, 3), at(33 * i));
    EXPECT_EQ(tracker.follow(one(kHere, 8, 0.9F), at(165)).objects.at(0).class_index, 3U);
    Detections last;
    for (int i = 6; i < 40; ++i)
        last = tracker.follow(one(kHere, 8), at(33 * i));
    EXPECT_EQ(last.objects.at(0).class_index, 8U);
}

// A class that is second in every frame but one is what the object is called in that one, too, and
// box, score and ballot are those of that answer.
TEST(Tracker, AlternativesHaveAVoteAndTakeTheirTurn) {
    Tracker tracker;
    const auto seen = [](std::size_t best, std::size_t second) {
        Detections found = one(kHere, best, 0.5F);
        found.objects[0].alternatives = {one({12, 10, 50, 50}, second, 0.4F).objects[0]};
        return found;
    };
    tracker.follow(seen(3, 8), at(0));
    tracker.follow(seen(3, 8), at(33));
    const auto objects = tracker.follow(seen(8, 3), at(66)).objects;
    ASSERT_EQ(objects.size(), 1U);
    EXPECT_EQ(objects[0].class_index, 3U);
    EXPECT_EQ(objects[0].score, 0.4F);
    ASSERT_EQ(objects[0].alternatives.size(), 1U);
    EXPECT_EQ(objects[0].alternatives[0].class_index, 8U);
    EXPECT_EQ(objects[0].alternatives[0].score, 0.5F);
}

TEST(Tracker, KeepsTwoNeighboursApart) {
    Tracker tracker;
    const auto both = [](double shift) {
        Detections found = one({10 + shift, 10, 50, 50});
        found.objects.push_back(one({70 + shift, 10, 50, 50}, 1).objects[0]);
        return found;
    };
    tracker.follow(both(0), at(0));
    const auto before = tracker.follow(both(2), at(33)).objects;
    const auto after = tracker.follow(both(4), at(66)).objects;
    ASSERT_EQ(before.size(), 2U);
    ASSERT_EQ(after.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(before[i].track, after[i].track);
        EXPECT_EQ(before[i].class_index, after[i].class_index);
    }
    EXPECT_NE(after[0].track, after[1].track);
}

TEST(Tracker, AMissedObjectGivesWayToOneSeenInItsPlace) {
    Tracker tracker;
    // Two objects that overlap by an IoU of 3/5; then only the first is seen.
    Detections both = one({0, 0, 40, 40});
    both.objects.push_back(one({10, 0, 40, 40}).objects[0]);
    tracker.follow(both, at(0));
    ASSERT_EQ(tracker.follow(both, at(33)).objects.size(), 2U);
    const auto left = tracker.follow(one({0, 0, 40, 40}), at(66)).objects;
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0].votes(), 1U);
}

TEST(Tracker, StartsAnewWhenTimeGoesBack) {
    Tracker tracker;
    tracker.follow(one(kHere), at(1000));
    tracker.follow(one(kHere), at(1033));
    EXPECT_TRUE(tracker.follow(one(kHere), at(0)).objects.empty());
    tracker.follow(one(kHere), at(33));
    tracker.reset();
    EXPECT_TRUE(tracker.follow(one(kHere), at(66)).objects.empty());
}

}  // namespace
}  // namespace overfeat::detect
