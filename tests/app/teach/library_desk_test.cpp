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
    // What a network would make of everything that is missing.
    void embedMissing() {
        const LibraryNews news = desk_.news();
        for (const MissingEmbedding& missing : news.missing) {
            ExampleEmbedding made;
            made.size = {.part = 1, .whole = 1};
            made.width_px = missing.example.box.width;
            made.height_px = missing.example.box.height;
            made.rows.assign(made.size.row(made.grid()), 1);
            desk_.store({missing.capture_id}, {made});
        }
    }

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
