// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstring>
#include <thread>

#include "engine/detect/recogniser.h"
#include "tests/engine/c/c_fixture.h"

namespace overfeat::test {
namespace {

overfeat_look coarse() {
    overfeat_look look;
    overfeat_look_init(&look, sizeof look);
    look.scale_count = 2;
    look.largest_side_windows = 2;
    return look;
}

TEST(CRecognising, SaysTheSameAsTheEngine) {
    const Painted picture = scene(60, 50, 96);
    const RecogniserHandle recogniser = opened();
    const overfeat_look look = coarse();
    const SeenHandle seen = seenBy(recogniser, picture.image(), &look);

    detect::Recogniser same({net::loadModel(builtInModel())}, {.threads = 1});
    const Recognition expected = same.recognise(
        Image({picture.width, picture.height}, picture.rgb),
        {.scale_count = 2, .largest_side_windows = 2, .detection = DetectionOptions{}});

    ASSERT_EQ(overfeat_class_count(seen.get()), expected.labels->size());
    for (std::size_t k = 0; k < expected.labels->size(); ++k) {
        overfeat_class of;
        ASSERT_EQ(overfeat_class_at(seen.get(), k, &of), OVERFEAT_OK);
        EXPECT_EQ(of.label, (*expected.labels)[k].label);
        EXPECT_EQ(of.id, (*expected.labels)[k].id);
        EXPECT_EQ(of.background != 0, expected.labels->isBackground(k));
        EXPECT_EQ(of.taught, 0);
        EXPECT_EQ(overfeat_scores(seen.get())[k], expected.scores[k]);
    }
    std::size_t best[3] = {};
    ASSERT_EQ(overfeat_top(seen.get(), best, 3), 3U);
    EXPECT_EQ(best[0], topClasses(expected.scores, *expected.labels, 1)[0].index);

    ASSERT_EQ(overfeat_map_count(seen.get(), best[0]), expected.scales.size());
    for (std::size_t scale = 0; scale < expected.scales.size(); ++scale) {
        const ScoreMap& map = expected.scales[scale];
        overfeat_map one;
        ASSERT_EQ(overfeat_map_at(seen.get(), best[0], scale, &one, sizeof one), OVERFEAT_OK);
        ASSERT_EQ(one.rows * one.columns, map.cellCount());
        const CellIndex last{map.rows() - 1, map.columns() - 1};
        EXPECT_EQ(one.values[map.cellCount() - 1], map.score(best[0], last));
        const RectPx window = map.windowAt(last);
        EXPECT_NEAR(one.first_window.x + last.column * one.step_x, window.x, 1e-9);
        EXPECT_NEAR(one.first_window.y + last.row * one.step_y, window.y, 1e-9);
        EXPECT_EQ(one.first_window.width, window.width);
    }

    ASSERT_EQ(overfeat_object_count(seen.get()), expected.detections.objects.size());
    for (std::size_t i = 0; i < expected.detections.objects.size(); ++i) {
        const Detection& object = expected.detections.objects[i];
        overfeat_object one;
        ASSERT_EQ(overfeat_object_at(seen.get(), i, &one, sizeof one), OVERFEAT_OK);
        EXPECT_EQ(one.class_index, object.class_index);
        EXPECT_EQ(one.votes, object.votes());
        EXPECT_EQ(one.score, static_cast<double>(object.score));
        EXPECT_EQ(one.box.width, object.box.width);
    }
    EXPECT_GT(overfeat_stage_ms(seen.get(), "network"), 0);
    EXPECT_LT(overfeat_stage_ms(seen.get(), "tea"), 0);
}

TEST(CRecognising, EveryFormatIsTheSamePicture) {
    const Painted rgb = scene(100, 40, 80);
    const RecogniserHandle recogniser = opened();
    overfeat_look look = coarse();
    look.views = OVERFEAT_CENTRE;
    const SeenHandle expected = seenBy(recogniser, rgb.image(), &look);
    const std::size_t classes = overfeat_class_count(expected.get());

    struct Kind {
        std::int32_t format;
        int bytes;
        int red;
        int blue;
        bool upwards;
    };
    for (const Kind& kind :
         {Kind{OVERFEAT_RGB, 3, 0, 2, true}, Kind{OVERFEAT_BGR, 3, 2, 0, false},
          Kind{OVERFEAT_RGBA, 4, 0, 2, false}, Kind{OVERFEAT_BGRA, 4, 2, 0, true}}) {
        const auto row = static_cast<std::size_t>(kind.bytes * rgb.width + 5);  // and some padding
        std::vector<std::uint8_t> bytes(row * static_cast<std::size_t>(rgb.height), 77);
        for (int y = 0; y < rgb.height; ++y) {
            for (int x = 0; x < rgb.width; ++x) {
                const std::uint8_t* from =
                    rgb.rgb.data() + 3 * (static_cast<std::size_t>(y * rgb.width + x));
                const auto line = static_cast<std::size_t>(kind.upwards ? rgb.height - 1 - y : y);
                std::uint8_t* to = bytes.data() + line * row + kind.bytes * x;
                to[kind.red] = from[0];
                to[1] = from[1];
                to[kind.blue] = from[2];
            }
        }
        const auto step = static_cast<std::ptrdiff_t>(row);
        const overfeat_image image{kind.upwards ? bytes.data() + bytes.size() - row : bytes.data(),
                                   rgb.width, rgb.height, kind.upwards ? -step : step, kind.format};
        const SeenHandle seen = seenBy(recogniser, image, &look);
        EXPECT_EQ(std::memcmp(overfeat_scores(seen.get()), overfeat_scores(expected.get()),
                              classes * sizeof(float)),
                  0)
            << kind.format;
    }
}

TEST(CRecognising, GreyIsThatGreyInEveryColour) {
    Painted grey = scene(100, 40, 80);
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < grey.rgb.size(); i += 3) {
        bytes.push_back(grey.rgb[i]);
        grey.rgb[i + 1] = grey.rgb[i + 2] = grey.rgb[i];
    }
    const RecogniserHandle recogniser = opened();
    overfeat_look look = coarse();
    look.views = OVERFEAT_CENTRE;
    const SeenHandle expected = seenBy(recogniser, grey.image(), &look);
    const SeenHandle seen =
        seenBy(recogniser, {bytes.data(), grey.width, grey.height, 0, OVERFEAT_GREY}, &look);
    for (std::size_t k = 0; k < overfeat_class_count(expected.get()); ++k)
        ASSERT_EQ(overfeat_scores(seen.get())[k], overfeat_scores(expected.get())[k]) << k;
}

TEST(CRecognising, WhatIsWrongIsOneSentenceAndMakesNothing) {
    auto* made = reinterpret_cast<overfeat_recogniser*>(0x1);
    const char* nowhere = "/nowhere/model.onnx";
    EXPECT_EQ(overfeat_open(&nowhere, 1, nullptr, &made), OVERFEAT_MODEL);
    EXPECT_EQ(made, nullptr);
    EXPECT_NE(std::strstr(overfeat_last_error(), "model.onnx"), nullptr) << overfeat_last_error();
    EXPECT_EQ(overfeat_open(nullptr, 1, nullptr, &made), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_open(&nowhere, 0, nullptr, &made), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_open_bytes("tea", 3, nullptr, nullptr, &made), OVERFEAT_MODEL);

    const RecogniserHandle recogniser = opened();
    const Painted picture = scene(0, 0, 40);
    overfeat_image image = picture.image();
    overfeat_seen* seen = nullptr;
    overfeat_look look = coarse();
    look.views = 9;
    EXPECT_EQ(overfeat_recognise(recogniser.get(), &image, &look, &seen), OVERFEAT_USAGE);
    look = coarse();
    look.scale_count = -3;
    EXPECT_EQ(overfeat_recognise(recogniser.get(), &image, &look, &seen), OVERFEAT_USAGE);
    look.size = 0;
    EXPECT_EQ(overfeat_recognise(recogniser.get(), &image, &look, &seen), OVERFEAT_USAGE);
    image.format = -1;
    EXPECT_EQ(overfeat_recognise(recogniser.get(), &image, nullptr, &seen), OVERFEAT_USAGE);
    image = picture.image();
    image.row_bytes = 10;
    EXPECT_EQ(overfeat_recognise(recogniser.get(), &image, nullptr, &seen), OVERFEAT_USAGE);
    image = picture.image();
    image.width = 0;
    EXPECT_EQ(overfeat_recognise(recogniser.get(), &image, nullptr, &seen), OVERFEAT_INPUT);
    image = picture.image();
    image.pixels = nullptr;
    EXPECT_EQ(overfeat_recognise(recogniser.get(), &image, nullptr, &seen), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_recognise(nullptr, &image, nullptr, &seen), OVERFEAT_USAGE);
    EXPECT_EQ(seen, nullptr);
    EXPECT_EQ(overfeat_object_count(nullptr), 0U);
    EXPECT_EQ(overfeat_scores(nullptr), nullptr);
    overfeat_object object;
    const SeenHandle good = seenBy(recogniser, picture.image(), nullptr);
    EXPECT_EQ(overfeat_object_at(good.get(), 1000, &object, sizeof object), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_map_count(good.get(), 100'000), 0U);
    overfeat_close(nullptr);
    overfeat_free(nullptr);
}

TEST(CRecognising, ErrorsBelongToTheirThread) {
    overfeat_recogniser* made = nullptr;
    EXPECT_EQ(overfeat_open(nullptr, 1, nullptr, &made), OVERFEAT_USAGE);
    std::string other = "?";
    std::thread([&] { other = overfeat_last_error(); }).join();
    EXPECT_EQ(other, "");
    EXPECT_STRNE(overfeat_last_error(), "");
}

TEST(CRecognising, AnOlderProgramsStructsAreCompleted) {
    const RecogniserHandle recogniser = opened();
    // As if everything behind fine_steps had not existed yet.
    struct Older {
        std::size_t size;
        std::int32_t views;
        std::int32_t scale_count;
        double smallest;
        double largest;
    } older{.size = sizeof(Older),
            .views = OVERFEAT_DENSE,
            .scale_count = 1,
            .smallest = 1,
            .largest = 1};
    const Painted picture = scene(10, 10, 60);
    const overfeat_image image = picture.image();
    const SeenHandle seen =
        seenBy(recogniser, image, reinterpret_cast<const overfeat_look*>(&older));
    EXPECT_EQ(overfeat_map_count(seen.get(), 0), 1U);

    overfeat_info info;
    std::memset(&info, 0x55, sizeof info);
    ASSERT_EQ(overfeat_get_info(recogniser.get(), &info, offsetof(overfeat_info, window_px)),
              OVERFEAT_OK);
    EXPECT_EQ(info.size, offsetof(overfeat_info, window_px));
    EXPECT_STREQ(info.model, "default");
    EXPECT_EQ(info.window_px, 0x55555555) << "beyond what the caller has";
    ASSERT_EQ(overfeat_get_info(recogniser.get(), &info, sizeof info), OVERFEAT_OK);
    EXPECT_EQ(info.window_px, 64);
    EXPECT_EQ(info.slides, 1);
    EXPECT_EQ(info.can_be_taught, 1);
    EXPECT_GE(info.class_count, 200U);
}

TEST(CRecognising, DevicesAreListedBestFirst) {
    ASSERT_GE(overfeat_device_count(), 1U);
    overfeat_device last;
    ASSERT_EQ(overfeat_device_at(overfeat_device_count() - 1, &last), OVERFEAT_OK);
    EXPECT_STREQ(last.name, "reference");
    EXPECT_EQ(last.available, 1);
    EXPECT_EQ(overfeat_device_at(overfeat_device_count(), &last), OVERFEAT_USAGE);
}

TEST(CRecognising, ACallIsCancelledByAnotherThread) {
    const RecogniserHandle recogniser = opened();
    overfeat_cancel(recogniser.get());  // nothing runs: says nothing about the next call
    const Painted picture = scene(30, 30, 60);
    const overfeat_image image = picture.image();
    // As long as it takes: the calls go on until one is cancelled.
    std::jthread canceller([&](const std::stop_token& enough) {
        while (!enough.stop_requested()) {
            overfeat_cancel(recogniser.get());
            std::this_thread::yield();
        }
    });
    overfeat_status status = OVERFEAT_OK;
    for (int i = 0; i < 1000 && status == OVERFEAT_OK; ++i) {
        overfeat_seen* seen = nullptr;
        status = overfeat_recognise(recogniser.get(), &image, nullptr, &seen);
        overfeat_free(seen);
    }
    EXPECT_EQ(status, OVERFEAT_CANCELLED);
    canceller.request_stop();
    canceller.join();
    EXPECT_NE(seenBy(recogniser, image, nullptr), nullptr) << "and works on";
}

}  // namespace
}  // namespace overfeat::test
