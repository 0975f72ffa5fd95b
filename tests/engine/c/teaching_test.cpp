// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstring>
#include <limits>
#include <thread>

#include "engine/c/handles.h"
#include "engine/core/taught_classes.h"
#include "engine/learn/assemble.h"
#include "engine/learn/class_library.h"
#include "tests/engine/c/c_fixture.h"
#include "tests/support/file_bytes.h"
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

TEST(CTeaching, ABoxThatIsNoneIsRefused) {
    const RecogniserHandle recogniser = opened();
    const Painted picture = scene(60, 60, 96);
    const overfeat_image image = picture.image();
    const double none = std::numeric_limits<double>::quiet_NaN();
    const double far = std::numeric_limits<double>::infinity();
    for (const overfeat_box& box :
         {overfeat_box{none, 0, 10, 10}, overfeat_box{0, none, 10, 10},
          overfeat_box{0, 0, none, 10}, overfeat_box{0, 0, 10, none},
          overfeat_box{-far, 0, far, 10}, overfeat_box{0, -far, 10, far}}) {
        EXPECT_EQ(overfeat_teach(recogniser.get(), "sign", &image, &box), OVERFEAT_INPUT)
            << box.x << ' ' << box.y << ' ' << box.width << ' ' << box.height;
    }
    const overfeat_look look = onlyTaught();
    EXPECT_EQ(overfeat_class_count(seenBy(recogniser, image, &look).get()), 0U);
}

TEST(CTeaching, IsCancelledByAnotherThread) {
    const RecogniserHandle recogniser = opened();
    const Painted picture = scene(60, 60, 96);
    const overfeat_image image = picture.image();
    const overfeat_box box{60, 60, 96, 96};
    // As long as it takes: the calls go on until one is cancelled.
    std::jthread canceller([&](const std::stop_token& enough) {
        while (!enough.stop_requested()) {
            overfeat_cancel(recogniser.get());
            std::this_thread::yield();
        }
    });
    overfeat_status status = OVERFEAT_OK;
    for (int i = 0; i < 200 && status == OVERFEAT_OK; ++i) {
        status = overfeat_teach(recogniser.get(), "sign", &image, &box);
        if (status == OVERFEAT_OK) {
            ASSERT_EQ(overfeat_forget(recogniser.get(), nullptr), OVERFEAT_OK);
        }
    }
    EXPECT_EQ(status, OVERFEAT_CANCELLED);
    canceller.request_stop();
    canceller.join();
    EXPECT_EQ(recogniser->taught, nullptr) << "what was cancelled taught nothing";
    EXPECT_EQ(overfeat_teach(recogniser.get(), "sign", &image, &box), OVERFEAT_OK)
        << "and works on";
}

// Thousands of examples are taught one by one: each call adds one and copies none.
TEST(CTeaching, AnotherExampleCopiesThoseBeforeOnlyIfALookHasThem) {
    const RecogniserHandle recogniser = opened();
    const Painted picture = scene(60, 60, 96);
    const overfeat_image image = picture.image();
    const overfeat_box box{60, 60, 96, 96};
    ASSERT_EQ(overfeat_teach(recogniser.get(), "sign", &image, &box), OVERFEAT_OK);
    const TaughtClasses* first = recogniser->taught.get();
    const float* numbers = first->classes[0].examples[0].rows.data();
    ASSERT_EQ(overfeat_teach(recogniser.get(), "sign", &image, &box), OVERFEAT_OK);
    EXPECT_EQ(recogniser->taught.get(), first);
    EXPECT_EQ(recogniser->taught->classes[0].examples[0].rows.data(), numbers) << "was copied";
    ASSERT_EQ(overfeat_teach(recogniser.get(), "other", &image, &box), OVERFEAT_OK);
    ASSERT_EQ(recogniser->taught->classes.size(), 2U);
    EXPECT_EQ(recogniser->taught->classes[0].examples.size(), 2U);

    const std::shared_ptr<const TaughtClasses> looked_for = recogniser->taught;
    ASSERT_EQ(overfeat_teach(recogniser.get(), "third", &image, &box), OVERFEAT_OK);
    EXPECT_EQ(looked_for->classes.size(), 2U) << "a look keeps what it was given";
    EXPECT_EQ(recogniser->taught->classes.size(), 3U);
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
    const std::string before = bytesOf(file);
    std::size_t unseen = 77;
    ASSERT_EQ(overfeat_use_library(recogniser.get(), file.c_str(), &unseen), OVERFEAT_OK)
        << overfeat_last_error();
    EXPECT_EQ(unseen, 1U) << "no program has shown it to this model yet";
    EXPECT_EQ(bytesOf(file), before);
}

TEST(CTeaching, WhatALibraryHoldsIsFound) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "own.overfeat";
    const Painted shown = scene(60, 60, 96);
    const RectPx box{60, 60, 96, 96};
    {
        detect::Recogniser same({net::loadModel(builtInModel())}, {.threads = 1});
        const auto library = learn::ClassLibrary::open(file).library;
        const std::vector<std::byte> picture(10, std::byte{1});
        library->teach("mug", std::vector{learn::NewCapture{
                                  .picture = picture, .box = box, .source = "a test"}});
        const std::string capture = library->content()->classes[0].captures[0].id;
        const auto embedding = same.embed({Image({shown.width, shown.height}, shown.rgb), box});
        library->storeEmbeddings(same.info().embedding_space,
                                 std::vector{learn::toStored(capture, embedding)});
    }
    const std::string before = bytesOf(file);
    const RecogniserHandle recogniser = opened();
    std::size_t unseen = 77;
    ASSERT_EQ(overfeat_use_library(recogniser.get(), file.c_str(), &unseen), OVERFEAT_OK)
        << overfeat_last_error();
    EXPECT_EQ(unseen, 0U);
    EXPECT_EQ(bytesOf(file), before);
    const overfeat_look look = onlyTaught();
    const SeenHandle seen = seenBy(recogniser, scene(180, 90, 100).image(), &look);
    ASSERT_EQ(overfeat_object_count(seen.get()), 1U);
    overfeat_object object;
    ASSERT_EQ(overfeat_object_at(seen.get(), 0, &object, sizeof object), OVERFEAT_OK);
    EXPECT_NEAR(object.box.x + object.box.width / 2, 230, 20);
    overfeat_class of;
    ASSERT_EQ(overfeat_class_at(seen.get(), object.class_index, &of), OVERFEAT_OK);
    EXPECT_STREQ(of.label, "mug");
}

}  // namespace
}  // namespace overfeat::test
