// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "engine/learn/class_library.h"
#include "tests/engine/c/c_fixture.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::test {
namespace {

overfeat_look onlyTaught() {
    overfeat_look look;
    overfeat_look_init(&look, sizeof look);
    look.only_taught = 1;
    look.minimum_score = 0.5;
    return look;
}

TEST(CTeaching, OneExampleIsFoundInTheNextPicture) {
    const RecogniserHandle recogniser = opened();
    const Painted before = scene(60, 60, 96);
    const overfeat_image image = before.image();
    const overfeat_box box{60, 60, 96, 96};
    const overfeat_look look = onlyTaught();
    EXPECT_EQ(overfeat_object_count(seenBy(recogniser, image, &look).get()), 0U);
    ASSERT_EQ(overfeat_teach(recogniser.get(), "sign", &image, &box), OVERFEAT_OK)
        << overfeat_last_error();

    const Painted after = scene(180, 90, 100);
    const SeenHandle seen = seenBy(recogniser, after.image(), &look);
    ASSERT_EQ(overfeat_object_count(seen.get()), 1U);
    overfeat_object object;
    ASSERT_EQ(overfeat_object_at(seen.get(), 0, &object, sizeof object), OVERFEAT_OK);
    EXPECT_NEAR(object.box.x + object.box.width / 2, 230, 20);
    EXPECT_NEAR(object.box.y + object.box.height / 2, 140, 20);
    overfeat_class of;
    ASSERT_EQ(overfeat_class_at(seen.get(), object.class_index, &of), OVERFEAT_OK);
    EXPECT_STREQ(of.label, "sign");
    EXPECT_EQ(of.taught, 1);
    EXPECT_GT(overfeat_map_count(seen.get(), object.class_index), 0U);

    ASSERT_EQ(overfeat_teach(recogniser.get(), "other", &image, &box), OVERFEAT_OK);
    ASSERT_EQ(overfeat_forget(recogniser.get(), "sign"), OVERFEAT_OK);
    const SeenHandle renamed = seenBy(recogniser, after.image(), &look);
    ASSERT_EQ(overfeat_object_count(renamed.get()), 1U);
    ASSERT_EQ(overfeat_object_at(renamed.get(), 0, &object, sizeof object), OVERFEAT_OK);
    ASSERT_EQ(overfeat_class_at(renamed.get(), object.class_index, &of), OVERFEAT_OK);
    EXPECT_STREQ(of.label, "other");
    ASSERT_EQ(overfeat_forget(recogniser.get(), nullptr), OVERFEAT_OK);
    EXPECT_EQ(overfeat_object_count(seenBy(recogniser, after.image(), &look).get()), 0U);
}

TEST(CTeaching, WhatCannotBeTaughtIsSaid) {
    const RecogniserHandle recogniser = opened();
    const Painted picture = scene(60, 60, 96);
    const overfeat_image image = picture.image();
    const overfeat_box box{60, 60, 96, 96};
    const overfeat_box outside{-500, -500, 10, 10};
    EXPECT_EQ(overfeat_teach(recogniser.get(), "", &image, &box), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_teach(recogniser.get(), nullptr, &image, &box), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_teach(recogniser.get(), "sign", &image, nullptr), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_teach(recogniser.get(), "sign", &image, &outside), OVERFEAT_INPUT);
    EXPECT_STRNE(overfeat_last_error(), "");
    EXPECT_EQ(overfeat_forget(recogniser.get(), "never taught"), OVERFEAT_OK);
}

TEST(CTeaching, ALibraryIsReadAndLeftAlone) {
    const RecogniserHandle recogniser = opened();
    const TemporaryFolder folder;
    const auto file = folder.path() / "own.overfeat";
    EXPECT_EQ(overfeat_use_library(recogniser.get(), file.c_str(), nullptr), OVERFEAT_INPUT);
    {
        const auto library = learn::ClassLibrary::open(file).library;
        const std::vector<std::byte> picture(10, std::byte{1});
        library->teach("mug", std::vector{learn::NewCapture{
                                  .picture = picture, .box = {0, 0, 10, 10}, .source = "a test"}});
    }
    std::size_t unseen = 77;
    ASSERT_EQ(overfeat_use_library(recogniser.get(), file.c_str(), &unseen), OVERFEAT_OK)
        << overfeat_last_error();
    EXPECT_EQ(unseen, 1U) << "no program has shown it to this model yet";
}

}  // namespace
}  // namespace overfeat::test
