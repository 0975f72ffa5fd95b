// SPDX-License-Identifier: Apache-2.0
#include "app/teach/capture_fit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/learn/assemble.h"

namespace overfeat::teach {
namespace {

constexpr EmbeddingSize kSize{.part = 1, .whole = 8};

// A library of made-up captures: each is a direction in the plane of two axes.
class CaptureFitTest : public ::testing::Test {
protected:
    // `likeness`: the cosine with axis `main`, the rest lies on axis `rest`.
    void add(const std::string& class_name, const std::string& id, std::size_t main,
             double likeness, std::size_t rest, bool negative = false) {
        if (content_.classes.empty() || content_.classes.back().name != class_name) {
            content_.classes.emplace_back();
            content_.classes.back().id = content_.classes.back().name = class_name;
        }
        learn::Capture capture;
        capture.id = id;
        capture.class_id = class_name;
        capture.negative = negative;
        capture.box = {0, 0, 100, 100};
        content_.classes.back().captures.push_back(capture);
        ExampleEmbedding made{.size = kSize, .width_px = 100, .height_px = 100, .rows = {}};
        made.rows.assign(kSize.row(made.grid()), 0.0F);
        float* whole = made.rows.data() + made.rows.size() - kSize.whole;
        whole[main] = static_cast<float>(likeness);
        whole[rest] += static_cast<float>(std::sqrt(1 - likeness * likeness));
        embeddings_[id] = learn::toStored(id, made);
    }
    ClassFit fitOfClass(const std::string& id) const {
        const auto fits = fitOf(content_, embeddings_, kSize, {id});
        return fits.contains(id) ? fits.at(id) : ClassFit();
    }

    learn::LibraryContent content_;
    Embeddings embeddings_;
};

TEST_F(CaptureFitTest, TheOneThatIsUnlikeTheOthersDisagrees) {
    add("mug", "a", 0, 0.95, 1);
    add("mug", "b", 0, 0.95, 2);
    add("mug", "c", 0, 0.95, 3);
    add("mug", "hand", 0, 0.2, 4);
    const ClassFit fit = fitOfClass("mug");
    ASSERT_EQ(fit.captures.size(), 4U);
    for (const char* good : {"a", "b", "c"})
        EXPECT_FALSE(fit.captures.at(good).disagrees) << good;
    EXPECT_TRUE(fit.captures.at("hand").disagrees);
    EXPECT_NEAR(fit.captures.at("hand").like_own, 0.19, 0.01);
    EXPECT_NEAR(fit.captures.at("a").like_own, 0.9025, 0.001);
}

TEST_F(CaptureFitTest, OfTwoThatDifferNobodyKnowsWhichIsRight) {
    add("mug", "a", 0, 1, 1);
    add("mug", "hand", 0, 0.1, 4);
    const ClassFit fit = fitOfClass("mug");
    EXPECT_FALSE(fit.captures.at("a").disagrees || fit.captures.at("hand").disagrees);
}

TEST_F(CaptureFitTest, CapturesThatAllDifferAgreeInThat) {
    for (std::size_t i = 0; i < 5; ++i)
        add("mug", std::to_string(i), 0, 0.7, i + 1);
    for (const auto& [id, capture] : fitOfClass("mug").captures)
        EXPECT_FALSE(capture.disagrees) << id;
}

TEST_F(CaptureFitTest, ACaptureThatIsMoreLikeAnotherClassIsNamed) {
    add("mug", "a", 0, 0.95, 1);
    add("mug", "b", 0, 0.95, 2);
    add("cup", "c", 5, 0.95, 6);
    add("cup", "wrong", 0, 0.95, 3);
    add("cup", "d", 5, 0.95, 7);
    const ClassFit fit = fitOfClass("cup");
    EXPECT_EQ(fit.captures.at("wrong").looks_like, "mug");
    EXPECT_NEAR(fit.captures.at("wrong").like_other, 0.9025, 0.001);
    EXPECT_EQ(fit.captures.at("c").looks_like, "");
}

TEST_F(CaptureFitTest, ThreeSidesAreEnoughAndTheSameSideCountsOnce) {
    add("mug", "a", 0, 0.8, 1);
    EXPECT_TRUE(fitOfClass("mug").more_would_help) << "one";
    for (int i = 0; i < 10; ++i)
        add("mug", "a" + std::to_string(i), 0, 0.8, 1);
    EXPECT_TRUE(fitOfClass("mug").more_would_help) << "the same, again and again";
    add("mug", "b", 0, 0.8, 2);
    EXPECT_TRUE(fitOfClass("mug").more_would_help) << "two sides";
    add("mug", "c", 0, 0.8, 3);
    EXPECT_FALSE(fitOfClass("mug").more_would_help);
}

TEST_F(CaptureFitTest, SidesThatAreFarApartWantMoreBetweenThem) {
    for (std::size_t i = 0; i < 5; ++i) {
        add("mug", std::to_string(i), 0, 0.7, i + 1);
        EXPECT_TRUE(fitOfClass("mug").more_would_help) << i;
    }
    add("mug", "5", 0, 0.7, 6);
    EXPECT_FALSE(fitOfClass("mug").more_would_help) << "there is an end to it";
}

TEST_F(CaptureFitTest, WhatTheNetworkHasNotSeenAndWhatIsNoExampleIsLeftOut) {
    add("mug", "a", 0, 0.95, 1);
    add("mug", "not", 5, 0.95, 2, true);
    add("mug", "unseen", 0, 0.95, 3);
    embeddings_.erase("unseen");
    add("key", "k", 4, 0.95, 5);
    const ClassFit fit = fitOfClass("mug");
    EXPECT_EQ(fit.captures.size(), 1U);
    EXPECT_TRUE(fit.captures.contains("a"));
    EXPECT_EQ(fitOf(content_, embeddings_, kSize, {"mug"}).size(), 1U);
    EXPECT_TRUE(fitOf(content_, embeddings_, {.part = 2, .whole = 7}, {"mug"}).empty())
        << "another network's";
}

// Thousands of captures are looked at in part, in a moment.
TEST_F(CaptureFitTest, OfVeryManyAPartIsLookedAt) {
    for (int i = 0; i < 5000; ++i)
        add("mug", std::to_string(i), 0, 0.9, 1 + static_cast<std::size_t>(i) % 7);
    const ClassFit fit = fitOfClass("mug");
    EXPECT_EQ(fit.captures.size(), 200U);
    EXPECT_FALSE(fit.more_would_help);
}

}  // namespace
}  // namespace overfeat::teach
