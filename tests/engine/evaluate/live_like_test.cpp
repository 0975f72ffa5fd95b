// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/live_like.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

namespace overfeat::evaluate {
namespace {

Image plain(SizePx size, std::uint8_t value) {
    Image image(size);
    for (int y = 0; y < size.height; ++y)
        std::fill_n(image.row(y), 3 * size.width, value);
    return image;
}

// The box around everything that is not the background's grey.
RectPx changed(const Image& scene, std::uint8_t grey) {
    int left = scene.width();
    int right = 0;
    int top = scene.height();
    int bottom = 0;
    for (int y = 0; y < scene.height(); ++y) {
        for (int x = 0; x < scene.width(); ++x) {
            if (scene.row(y)[3 * x] == grey) continue;
            left = std::min(left, x);
            right = std::max(right, x + 1);
            top = std::min(top, y);
            bottom = std::max(bottom, y + 1);
        }
    }
    return {static_cast<double>(left), static_cast<double>(top), static_cast<double>(right - left),
            static_cast<double>(bottom - top)};
}

TEST(Paste, PutsAThingWhereItsBoxIs) {
    const Image picture = plain({80, 60}, 200);
    for (const double degrees : {0.0, 30.0, -17.0, 90.0}) {
        Image scene = plain({300, 200}, 50);
        const RectPx box =
            paste(picture, {10, 10, 60, 40},
                  {.centre = {150, 100}, .longer_side_px = 90, .degrees = degrees}, scene);
        const RectPx seen = changed(scene, 50);
        EXPECT_NEAR(seen.x, box.x, 2) << degrees;
        EXPECT_NEAR(seen.y, box.y, 2) << degrees;
        EXPECT_NEAR(seen.right(), box.right(), 2) << degrees;
        EXPECT_NEAR(seen.bottom(), box.bottom(), 2) << degrees;
        EXPECT_EQ(scene.row(100)[3 * 150], 200);
    }
}

TEST(Paste, TurnsLightensAndCuts) {
    Image picture = plain({40, 40}, 100);
    for (int y = 0; y < 40; ++y)
        std::fill_n(picture.row(y), 3 * 20, 20);  // its left half is dark
    Image scene = plain({100, 100}, 0);
    paste(picture, {0, 0, 40, 40}, {.centre = {50, 50}, .longer_side_px = 40, .degrees = 90},
          scene);
    EXPECT_EQ(scene.row(40)[3 * 50], 20) << "the left half is above";
    EXPECT_EQ(scene.row(60)[3 * 50], 100);
    Image light = plain({100, 100}, 0);
    const RectPx box =
        paste(picture, {0, 0, 40, 40},
              {.centre = {95, 50}, .longer_side_px = 40, .light = 1.5, .blur_px = 1}, light);
    EXPECT_EQ(light.row(50)[3 * 97], 150);
    EXPECT_DOUBLE_EQ(box.right(), 100) << "the rest is outside";
    const int edge = light.row(50)[3 * 95];
    EXPECT_GT(edge, 30) << "the edge is not sharp";
    EXPECT_LT(edge, 150);
}

TEST(LiveLike, LargePicturesAreKeptAsLargeAsTheyAreUsed) {
    Image picture = plain({2000, 1500}, 40);
    for (int y = 0; y < 1500; ++y)
        std::fill_n(picture.row(y), 3 * 1000, 200);
    const Image kept = pictureToUse(picture);
    EXPECT_EQ(kept.size(), (SizePx{853, 640}));
    EXPECT_EQ(kept.row(320)[3 * 400], 200);
    EXPECT_EQ(kept.row(320)[3 * 450], 40);
    EXPECT_EQ(pictureToUse(plain({3000, 600}, 40)).size(), (SizePx{3000, 600}));
}

TEST(LiveLike, AStopWhileSetsAreReadIsNoWrongUse) {
    const test::TemporaryFolder folder;
    for (const std::string name : {"objects/a/1.png", "objects/b/1.png", "behind/1.png"}) {
        std::filesystem::create_directories((folder.path() / name).parent_path());
        std::ofstream(folder.path() / name) << "a picture";
    }
    const std::vector behind{folder.path() / "behind"};
    detect::Recogniser recogniser({test::colourModel(8, 4)}, {.device = "reference"});
    for (const int stopped_at : {1, 2, 3}) {
        std::stop_source stop;
        int decoded = 0;
        const auto decode = [&](std::span<const std::byte>, const std::string&) {
            if (++decoded == stopped_at) stop.request_stop();
            return plain({40, 30}, 90);
        };
        try {
            evaluateLiveLike(folder.path() / "objects", behind, decode, recogniser, {},
                             stop.get_token());
            ADD_FAILURE() << "went on";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::kCancelled) << error.what();
        }
        EXPECT_EQ(decoded, stopped_at);
    }
}

TEST(Reliability, IsHowFarScoresAreFromHowOftenTheyAreRight) {
    // At the threshold a score is 0.5.
    const std::vector<Accepted> half{{0.5, true}, {0.5, false}, {0.4, false}};
    const Reliability fair = reliabilityOf(half, 0.5, 0.02);
    EXPECT_EQ(fair.count, 2U) << "what is below was not shown";
    EXPECT_DOUBLE_EQ(fair.right, 0.5);
    EXPECT_NEAR(fair.error, 0, 1e-6);
    const std::vector<Accepted> wrong{{0.9, false}, {0.9, false}};
    EXPECT_NEAR(reliabilityOf(wrong, 0.5, 0.02).error, 1, 1e-3);
    EXPECT_EQ(reliabilityOf({}, 0.5, 0.02).count, 0U);
}

TEST(Reliability, FindsTheSteepnessThatMadeTheAnswers) {
    std::vector<Accepted> shown;
    constexpr double kTrue = 0.04;
    for (double above = 0; above < 0.2; above += 0.002) {
        const double share = 1 / (1 + std::exp(-above / kTrue));
        const int right = static_cast<int>(std::lround(200 * share));
        for (int i = 0; i < 200; ++i)
            shown.push_back({0.47 + above, i < right});
    }
    EXPECT_NEAR(likeliestSteepness(shown, 0.47), kTrue, 0.003);
    EXPECT_LT(reliabilityOf(shown, 0.47, kTrue).error, 0.01);
    EXPECT_EQ(likeliestSteepness({}, 0.47), 0);
}

}  // namespace
}  // namespace overfeat::evaluate
