// SPDX-License-Identifier: Apache-2.0
#include "app/teach/library_desk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "app/teach/example_picture.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::teach {
namespace {

class LibraryDeskTest : public ::testing::Test {
protected:
    void SetUp() override {
        desk_.setNetwork("space", {.part = 1, .whole = 1});
        const Example mug = cutOut(Image(SizePx{64, 48}), {10, 10, 20, 20});
        desk_.library().teach("mug", std::vector{captureOf(mug, "a mug")});
    }
    void embed(const MissingEmbedding& missing, ExampleDepth depth) {
        ExampleEmbedding made;
        made.size = {.part = 1, .whole = 1};
        made.width_px = missing.example.box.width;
        made.height_px = missing.example.box.height;
        made.rows.assign((depth == ExampleDepth::kAll ? 2 : 1) * made.size.row(made.grid()), 1);
        desk_.store({missing.capture_id}, {made}, depth);
    }
    // What a network would make of everything that is missing.
    void embedMissing(ExampleDepth depth = ExampleDepth::kAll) {
        for (const MissingEmbedding& missing : desk_.news().missing)
            embed(missing, depth);
    }
    std::size_t saved() { return desk_.library().embeddings("space").size(); }

    test::TemporaryFolder folder_;
    LibraryDesk desk_{folder_.path() / "library.overfeat"};
};

TEST_F(LibraryDeskTest, WhatIsMissingCountsOnceTheNetworkHasSeenIt) {
    EXPECT_EQ(desk_.news().missing_count, 1U);
    embedMissing();
    const LibraryNews news = desk_.news();
    EXPECT_EQ(news.missing_count, 0U);
    ASSERT_TRUE(news.taught);
    ASSERT_EQ(news.taught->classes.size(), 1U);
    EXPECT_EQ(news.taught->classes[0].name, "mug");
}

TEST_F(LibraryDeskTest, OfACaptureTheUprightViewsComeFirstAndAllOfThemAreKept) {
    const LibraryNews captured = desk_.news();
    EXPECT_EQ(captured.missing_depth, ExampleDepth::kUpright);
    EXPECT_FALSE(captured.upright);
    embedMissing(ExampleDepth::kUpright);
    desk_.save();
    EXPECT_EQ(saved(), 0U) << "half of it";
    const LibraryNews known = desk_.news();
    EXPECT_EQ(known.missing_count, 0U);
    ASSERT_EQ(known.taught->classes.size(), 1U) << "it is looked for";
    ASSERT_TRUE(known.upright);
    embed(*known.upright, ExampleDepth::kAll);
    const LibraryNews all = desk_.news();
    EXPECT_FALSE(all.upright);
    EXPECT_NE(all.taught, known.taught);
    desk_.save();
    EXPECT_EQ(saved(), 1U);
}

// Another network, a folder of pictures: nobody waits for one of them.
TEST_F(LibraryDeskTest, OfManyCapturesAllViewsComeAtOnce) {
    const Example more = cutOut(Image(SizePx{64, 48}), {20, 10, 20, 20});
    const auto capture = captureOf(more, "more");
    desk_.library().teach("cup", std::vector{capture, capture});
    for (std::size_t left = 3; left > 0; --left) {
        const LibraryNews news = desk_.news();
        ASSERT_EQ(news.missing_count, left);
        EXPECT_EQ(news.missing_depth, ExampleDepth::kAll) << left;
        embed(news.missing.front(), news.missing_depth);
    }
    EXPECT_FALSE(desk_.news().upright);
    desk_.library().teach("cup", std::vector{capture});
    EXPECT_EQ(desk_.news().missing_depth, ExampleDepth::kUpright) << "the next one is waited for";
}

// What was looked for goes on being looked for.
TEST_F(LibraryDeskTest, WhatCannotBeLookedAtCloserIsKnownByItsUprightViews) {
    embedMissing(ExampleDepth::kUpright);
    desk_.giveUp(desk_.news().upright->capture_id);
    const LibraryNews news = desk_.news();
    EXPECT_FALSE(news.upright);
    EXPECT_EQ(news.missing_count, 0U);
    EXPECT_EQ(news.taught->classes.size(), 1U);
}

// The tracker and a picture at rest begin anew with another object, so there is none without need.
TEST_F(LibraryDeskTest, WhatIsTaughtIsTheSameUntilSomethingOfItIsOther) {
    embedMissing();
    const auto taught = desk_.news().taught;
    EXPECT_EQ(desk_.news().taught, taught);
    desk_.library().exportTo(folder_.path() / "shared.overfeat");
    EXPECT_EQ(desk_.news().taught, taught) << "an export changes nothing";
    desk_.library().rename(desk_.library().content()->classes[0].id, "cup");
    const auto renamed = desk_.news().taught;
    EXPECT_NE(renamed, taught);
    EXPECT_EQ(renamed->classes[0].name, "cup");
}

}  // namespace
}  // namespace overfeat::teach
