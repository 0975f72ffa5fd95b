// SPDX-License-Identifier: Apache-2.0
//
// Callers that do everything wrong get a status and a sentence.
#include <atomic>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <thread>

#include "tests/engine/c/c_fixture.h"

namespace overfeat::test {
namespace {

// The sentence is about the handle.
void expectRefused(overfeat_status status, const char* what) {
    EXPECT_EQ(status, OVERFEAT_USAGE) << what;
    EXPECT_NE(std::strstr(overfeat_last_error(), "given back before"), nullptr)
        << what << ": " << overfeat_last_error();
}

TEST(CHostile, ARecogniserThatWasClosedIsRefused) {
    overfeat_recogniser* gone = opened().release();
    overfeat_close(gone);
    overfeat_close(gone);
    overfeat_cancel(gone);
    const Painted picture = scene(0, 0, 40);
    const overfeat_image image = picture.image();
    const overfeat_box box{0, 0, 40, 40};
    overfeat_seen* seen = nullptr;
    overfeat_info info;
    overfeat_layer layer;
    overfeat_features* features = nullptr;
    expectRefused(overfeat_recognise(gone, &image, nullptr, &seen), "recognise");
    expectRefused(overfeat_get_info(gone, &info, sizeof info), "get_info");
    expectRefused(overfeat_teach(gone, "sign", &image, &box), "teach");
    expectRefused(overfeat_forget(gone, nullptr), "forget");
    expectRefused(overfeat_use_library(gone, "/nowhere", nullptr), "use_library");
    expectRefused(overfeat_features_of(gone, nullptr, &features), "features_of");
    expectRefused(overfeat_layer_at(gone, 0, &layer, sizeof layer), "layer_at");
    EXPECT_EQ(overfeat_layer_count(gone), 0U);
    EXPECT_EQ(seen, nullptr);
    EXPECT_EQ(features, nullptr);
}

TEST(CHostile, WhatWasFreedIsRefused) {
    const RecogniserHandle recogniser = opened();
    const Painted picture = scene(0, 0, 40);
    overfeat_seen* gone = seenBy(recogniser, picture.image(), nullptr).release();
    overfeat_free(gone);
    overfeat_free(gone);
    overfeat_class of;
    overfeat_object object;
    overfeat_map map;
    overfeat_scale scale;
    std::size_t best = 0;
    EXPECT_EQ(overfeat_class_count(gone), 0U);
    EXPECT_EQ(overfeat_object_count(gone), 0U);
    EXPECT_EQ(overfeat_map_count(gone, 0), 0U);
    EXPECT_EQ(overfeat_scale_count(gone), 0U);
    EXPECT_EQ(overfeat_scores(gone), nullptr);
    EXPECT_EQ(overfeat_top(gone, &best, 1), 0U);
    EXPECT_LT(overfeat_stage_ms(gone, "network"), 0);
    expectRefused(overfeat_class_at(gone, 0, &of), "class_at");
    expectRefused(overfeat_object_at(gone, 0, &object, sizeof object), "object_at");
    expectRefused(overfeat_map_at(gone, 0, 0, &map, sizeof map), "map_at");
    expectRefused(overfeat_scale_at(gone, 0, &scale, sizeof scale), "scale_at");
}

TEST(CHostile, ExtractorsAndListsThatAreGoneAreRefused) {
    overfeat_features* gone = nullptr;
    ASSERT_EQ(overfeat_features_open(builtInModel(), nullptr, nullptr, &gone), OVERFEAT_OK);
    overfeat_features_close(gone);
    overfeat_features_close(gone);
    overfeat_features_cancel(gone);
    const Painted picture = scene(0, 0, 40);
    const overfeat_image image = picture.image();
    float value = 0;
    overfeat_features_info info;
    expectRefused(overfeat_features_extract(gone, &image, nullptr, nullptr, nullptr, nullptr),
                  "extract");
    expectRefused(overfeat_features_extract_all(gone, &image, 1, &value, 1, nullptr),
                  "extract_all");
    expectRefused(overfeat_features_get_info(gone, &info, sizeof info), "get_info");

    overfeat_models* models = nullptr;
    ASSERT_EQ(overfeat_models_in(OVERFEAT_ROOT "/models", &models), OVERFEAT_OK);
    ASSERT_GE(overfeat_model_count(models), 2U);
    overfeat_models_free(models);
    overfeat_models_free(models);
    overfeat_model model;
    EXPECT_EQ(overfeat_model_count(models), 0U);
    expectRefused(overfeat_model_at(models, 0, &model, sizeof model), "model_at");
}

TEST(CHostile, PointersThatNeverWereHandlesAreNotFollowed) {
    auto* made_up = reinterpret_cast<overfeat_recogniser*>(std::uintptr_t{0x10});
    overfeat_info info;
    expectRefused(overfeat_get_info(made_up, &info, sizeof info), "get_info");
    overfeat_close(made_up);
    overfeat_free(reinterpret_cast<overfeat_seen*>(std::uintptr_t{0x10}));
    // One of another kind.
    const RecogniserHandle recogniser = opened();
    auto* other = reinterpret_cast<overfeat_seen*>(recogniser.get());
    EXPECT_EQ(overfeat_class_count(other), 0U);
    overfeat_free(other);
    EXPECT_EQ(overfeat_get_info(recogniser.get(), &info, sizeof info), OVERFEAT_OK);
}

TEST(CHostile, NullIsNamed) {
    overfeat_info info;
    overfeat_model model;
    overfeat_layer layer;
    overfeat_scale scale;
    overfeat_features_info about;
    EXPECT_EQ(overfeat_get_info(nullptr, &info, sizeof info), OVERFEAT_USAGE);
    EXPECT_STREQ(overfeat_last_error(), "The recogniser is NULL.");
    EXPECT_EQ(overfeat_model_at(nullptr, 0, &model, sizeof model), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_layer_at(nullptr, 0, &layer, sizeof layer), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_scale_at(nullptr, 0, &scale, sizeof scale), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_features_get_info(nullptr, &about, sizeof about), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_features_of(nullptr, nullptr, nullptr), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_models_in(nullptr, nullptr), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_import_library(nullptr, nullptr, 0, nullptr, 0), OVERFEAT_USAGE);
    const RecogniserHandle recogniser = opened();
    EXPECT_EQ(overfeat_get_info(recogniser.get(), nullptr, 100), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_layer_at(recogniser.get(), 0, nullptr, 100), OVERFEAT_USAGE);
    overfeat_cancel(nullptr);
    overfeat_features_cancel(nullptr);
    overfeat_features_close(nullptr);
    overfeat_models_free(nullptr);
}

TEST(CHostile, SizesThatCannotBe) {
    const RecogniserHandle recogniser = opened();
    const Painted picture = scene(0, 0, 40);
    overfeat_seen* seen = nullptr;
    for (const std::ptrdiff_t row_bytes :
         {std::numeric_limits<std::ptrdiff_t>::min(), std::numeric_limits<std::ptrdiff_t>::max()}) {
        overfeat_image image = picture.image();
        image.row_bytes = row_bytes;
        EXPECT_EQ(overfeat_recognise(recogniser.get(), &image, nullptr, &seen), OVERFEAT_USAGE);
    }
    overfeat_image image = picture.image();
    image.width = image.height = std::numeric_limits<std::int32_t>::max();
    EXPECT_EQ(overfeat_recognise(recogniser.get(), &image, nullptr, &seen), OVERFEAT_INPUT);
    // A struct that is smaller than any there was.
    overfeat_info info;
    std::memset(&info, 0x55, sizeof info);
    EXPECT_EQ(overfeat_get_info(recogniser.get(), &info, 0), OVERFEAT_OK);
    EXPECT_EQ(info.window_px, 0x55555555);
    overfeat_placement placement;
    overfeat_placement_init(&placement, sizeof placement);
    placement.threads = -1;
    overfeat_features* features = nullptr;
    EXPECT_EQ(overfeat_features_open(builtInModel(), nullptr, &placement, &features),
              OVERFEAT_USAGE);
    EXPECT_NE(std::strstr(overfeat_last_error(), "threads"), nullptr);
}

TEST(CHostile, ASecondThreadIsRefusedAndTheFirstIsLeftAlone) {
    const RecogniserHandle recogniser = opened();
    const Painted picture = scene(30, 30, 60);
    const overfeat_image image = picture.image();
    const SeenHandle expected = seenBy(recogniser, image, nullptr);
    const std::size_t classes = overfeat_class_count(expected.get());
    std::atomic<int> refused = 0;
    std::atomic<int> wrong = 0;
    const auto work = [&] {
        // As long as it takes: the calls go on until one thread was refused.
        for (int i = 0; i < 10'000 && refused == 0; ++i) {
            overfeat_seen* seen = nullptr;
            const overfeat_status status =
                overfeat_recognise(recogniser.get(), &image, nullptr, &seen);
            if (status == OVERFEAT_USAGE &&
                std::strstr(overfeat_last_error(), "another thread") != nullptr) {
                ++refused;
            } else if (status != OVERFEAT_OK ||
                       std::memcmp(overfeat_scores(seen), overfeat_scores(expected.get()),
                                   classes * sizeof(float)) != 0) {
                ++wrong;
            }
            overfeat_free(seen);
        }
    };
    {
        const std::jthread one(work);
        const std::jthread other(work);
    }
    EXPECT_GT(refused, 0);
    EXPECT_EQ(wrong, 0);
    EXPECT_NE(seenBy(recogniser, image, nullptr), nullptr);
}

TEST(CHostile, ClosedWhileItWorks) {
    const Painted picture = scene(30, 30, 60);
    const overfeat_image image = picture.image();
    for (int round = 0; round < 20; ++round) {
        overfeat_recogniser* recogniser = opened().release();
        std::atomic<bool> began = false;
        std::jthread worker([&] {
            overfeat_status status = OVERFEAT_OK;
            while (status == OVERFEAT_OK) {
                overfeat_seen* seen = nullptr;
                began = true;
                status = overfeat_recognise(recogniser, &image, nullptr, &seen);
                overfeat_free(seen);
            }
            EXPECT_TRUE(status == OVERFEAT_CANCELLED || status == OVERFEAT_USAGE) << status;
        });
        while (!began)
            std::this_thread::yield();
        overfeat_close(recogniser);
    }
}

TEST(CHostile, HandlesComeAndGoOnManyThreads) {
    const RecogniserHandle recogniser = opened();
    const Painted picture = scene(30, 30, 60);
    const SeenHandle shared = seenBy(recogniser, picture.image(), nullptr);
    std::atomic<std::size_t> sum = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int round = 0; round < 50; ++round) {
                    overfeat_models* models = nullptr;
                    EXPECT_EQ(overfeat_models_in(OVERFEAT_ROOT "/engine/c", &models), OVERFEAT_OK);
                    sum += overfeat_class_count(shared.get());
                    overfeat_models_free(models);
                }
            });
        }
    }
    EXPECT_EQ(sum, 200 * overfeat_class_count(shared.get()));
}

}  // namespace
}  // namespace overfeat::test
