// SPDX-License-Identifier: Apache-2.0
//
// Teaching: an object captured once is found again, and nothing else is taken for it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/detect/example_views.h"
#include "engine/detect/recogniser.h"
#include "engine/detect/taught_head.h"
#include "engine/detect/turned_view.h"
#include "engine/detect/vector_sums.h"
#include "tests/engine/detect/pictures.h"
#include "tests/support/tiny_model.h"

namespace overfeat::detect {
namespace {

using test::painted;
using test::TinyModel;

constexpr int kWindow = 64;
constexpr SizePx kFrame{240, 160};

std::vector<float> randomWeights(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> weights(count);
    std::ranges::generate(weights, [&] { return normal(random); });
    return weights;
}

// Two layers of random filters, 4 and 8 px apart: enough to tell patterns from each other.
std::shared_ptr<const net::Model> randomNetwork(unsigned seed = 1) {
    TinyModel tiny(kWindow);
    const auto sharp =
        tiny.relu(tiny.conv(tiny.input(), 24, 3, 4, 4, randomWeights(24L * 48, seed)));
    const auto last = tiny.relu(tiny.conv(sharp, 12, 24, 2, 2, randomWeights(12L * 96, seed + 1)));
    const auto mean = tiny.flatten(tiny.globalAveragePool(last));
    return tiny.finish(tiny.gemm(mean, 2, randomWeights(24, seed + 2), {0, 0}));
}

// Ground whose colours change slowly, otherwise for each seed, and objects on it.
struct Thing {
    RectPx at;
    int kind = 0;
};

test::Rgb ground(int x, int y, unsigned seed) {
    const auto wave = [](double at) { return static_cast<int>(110 + 40 * std::sin(at)); };
    return {wave(x / 61.0 + seed), wave(y / 47.0 + 2 * seed), wave((x + y) / 83.0 + 3 * seed)};
}

// Quarters in different colours, stretched to the box: other kinds have other colours.
test::Rgb colourOf(const Thing& thing, double x, double y) {
    const bool right = x > thing.at.centre().x;
    const bool low = y > thing.at.centre().y;
    const int part = (thing.kind + 2 * static_cast<int>(right) + static_cast<int>(low)) % 4;
    if (thing.kind >= 4) return part < 2 ? test::Rgb{20, 240, 240} : test::Rgb{20, 20, 240};
    constexpr test::Rgb kColours[] = {{240, 20, 20}, {20, 220, 20}, {250, 250, 250}, {10, 10, 10}};
    return kColours[part];
}

Image sceneOf(const std::vector<Thing>& things, unsigned seed) {
    return painted(kFrame, [&](int x, int y) {
        for (const Thing& thing : things) {
            if (thing.at.contains({x + 0.5, y + 0.5})) return colourOf(thing, x + 0.5, y + 0.5);
        }
        return ground(x, y, seed);
    });
}

Look lookFor(std::shared_ptr<const TaughtClasses> taught) {
    Look look{.scale_count = 3, .largest_side_windows = 2.5};
    look.detection.emplace();
    look.taught = std::move(taught);
    return look;
}

class TaughtTest : public ::testing::Test {
protected:
    std::shared_ptr<TaughtClasses> teach(const std::vector<Thing>& things, unsigned seed) {
        auto taught = std::make_shared<TaughtClasses>();
        taught->space = recogniser_.info().embedding_space;
        for (const Thing& thing : things) {
            EmbeddedClass one;
            one.id = "id-" + std::to_string(thing.kind);
            one.name = "thing " + std::to_string(thing.kind);
            one.examples.push_back(recogniser_.embed({sceneOf({thing}, seed), thing.at}));
            taught->classes.push_back(std::move(one));
        }
        return taught;
    }

    std::vector<Detection> foundIn(const Image& scene, const Look& look) {
        last_ = recogniser_.recognise(scene, look);
        std::vector<Detection> taught;
        for (const Detection& object : last_.detections.objects) {
            if (last_.labels->isTaught(object.class_index)) taught.push_back(object);
        }
        return taught;
    }

    Recogniser recogniser_{{randomNetwork()}, {}};
    Recognition last_;
};

TEST_F(TaughtTest, IsFoundWhereverItIsAndNothingElseIs) {
    const auto taught = teach({{{40, 40, 48, 48}, 0}}, 3);
    const Look look = lookFor(taught);
    for (const RectPx where : {RectPx{40, 40, 48, 48}, RectPx{150, 90, 48, 48},
                               RectPx{21, 97, 40, 40}, RectPx{100, 20, 44, 44}}) {
        const auto found = foundIn(sceneOf({{where, 0}}, 8), look);
        ASSERT_EQ(found.size(), 1U) << where.x;
        EXPECT_GE(intersectionOverUnion(found[0].box, where), 0.6) << where.x;
        EXPECT_GE(found[0].score, kAccepted);
        EXPECT_GT(found[0].votes(), 1U);
        const std::size_t k = found[0].class_index;
        EXPECT_EQ((*last_.labels)[k].label, "thing 0");
        EXPECT_EQ(k, 2U) << "behind the network's two";
        EXPECT_GE(last_.scores[k], kAccepted) << "among the classes of the picture";
        const HeatMap map = heatMap(last_.mapsOf(k), k, kFrame, 8, ScaleMix::kHighest);
        const auto peak = std::ranges::max_element(map.values) - map.values.begin();
        const PointPx at{(static_cast<double>(peak % map.size.width) + 0.5) * 8,
                         (static_cast<double>(peak / map.size.width) + 0.5) * 8};
        EXPECT_TRUE(where.contains(at)) << at.x << ", " << at.y;
    }
    EXPECT_TRUE(foundIn(sceneOf({}, 9), look).empty()) << "nothing there";
    EXPECT_LT(last_.scores[2], kAccepted);
    EXPECT_TRUE(foundIn(sceneOf({{{60, 50, 48, 48}, 4}}, 9), look).empty()) << "another thing";
    EXPECT_LT(last_.scores[2], kAccepted);
}

TEST_F(TaughtTest, EachOfSeveralIsCalledByItsName) {
    const auto taught = teach({{{40, 40, 48, 48}, 0}, {{90, 50, 48, 48}, 4}}, 3);
    const auto found =
        foundIn(sceneOf({{{20, 30, 48, 48}, 0}, {{90, 80, 48, 48}, 4}, {{170, 40, 48, 48}, 0}}, 5),
                lookFor(taught));
    // Two layers of random filters find more than there is, but less surely.
    ASSERT_GE(found.size(), 3U);
    for (const Detection& object : std::span(found).first(3)) {
        const bool middle = std::abs(object.box.centre().x - 114) < 20;
        EXPECT_EQ((*last_.labels)[object.class_index].id, middle ? "id-4" : "id-0");
        const RectPx truth = middle                        ? RectPx{90, 80, 48, 48}
                             : object.box.centre().x < 114 ? RectPx{20, 30, 48, 48}
                                                           : RectPx{170, 40, 48, 48};
        EXPECT_GT(intersectionOverUnion(object.box, truth), 0.5);
    }
}

TEST_F(TaughtTest, WhatWasSaidToBeNoneIsNone) {
    const RectPx where{60, 50, 48, 48};
    auto taught = teach({{where, 0}}, 3);
    taught->classes[0].threshold = 0.2;  // so that a relative is taken for it
    const Image relative = sceneOf({{where, 1}}, 6);
    const auto before = foundIn(relative, lookFor(taught));
    ASSERT_FALSE(before.empty());
    auto corrected = std::make_shared<TaughtClasses>(*taught);
    corrected->classes[0].negatives.push_back(recogniser_.embed({relative, where}));
    for (const Detection& object : foundIn(relative, lookFor(corrected)))
        EXPECT_LT(intersectionOverUnion(object.box, where), 0.6);
    EXPECT_FALSE(foundIn(sceneOf({{where, 0}}, 6), lookFor(corrected)).empty())
        << "the thing itself still is";
}

TEST_F(TaughtTest, WhatIsMoreLikeAnotherClassIsNotThisOne) {
    const RectPx where{60, 50, 48, 48};
    auto both = teach({{where, 0}, {where, 4}}, 3);
    // The other one has the same left half.
    const Image half = sceneOf({{{84, 50, 24, 48}, 4}, {where, 0}}, 3);
    both->classes[1].examples = {recogniser_.embed({half, where})};
    for (EmbeddedClass& one : both->classes)
        one.threshold = 0.2;
    auto alone = std::make_shared<TaughtClasses>(*both);
    alone->classes.erase(alone->classes.begin());
    const Image scene = sceneOf({{where, 0}}, 6);
    const auto sureOfTheOther = [&](const std::shared_ptr<TaughtClasses>& taught) {
        foundIn(scene, lookFor(taught));
        const std::size_t k = 1 + taught->classes.size();  // behind the network's two, the last
        float most = 0;
        for (const ScoreMap& map : last_.taught_scales) {
            for (int row = 0; row < map.rows(); ++row) {
                for (int column = 0; column < map.columns(); ++column) {
                    const auto box = map.boxAt({row, column}, k);
                    if (box && intersectionOverUnion(*box, where) > 0.6)
                        most = std::max(most, map.score(k, {row, column}));
                }
            }
        }
        return most;
    };
    EXPECT_GE(sureOfTheOther(alone), kAccepted) << "a relative is taken for it";
    EXPECT_LT(sureOfTheOther(both), kAccepted) << "but not where the thing itself is known";
}

TEST_F(TaughtTest, AloneWithoutTheNetworksClasses) {
    const auto taught = teach({{{40, 40, 48, 48}, 0}}, 3);
    Look look = lookFor(taught);
    look.network_classes = false;
    const auto found = foundIn(sceneOf({{{120, 60, 48, 48}, 0}}, 4), look);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].class_index, 0U);
    EXPECT_EQ(last_.labels->size(), 1U);
    EXPECT_EQ(last_.scores.size(), 1U);
    EXPECT_EQ(last_.detections.objects.size(), 1U);
    EXPECT_TRUE(last_.taught_scales.empty());
    EXPECT_EQ(last_.scales.size(), 3U);
}

TEST_F(TaughtTest, ChangesNothingOfTheNetworksAnswer) {
    const Image scene = sceneOf({{{40, 40, 48, 48}, 0}}, 2);
    const Recognition plain = recogniser_.recognise(scene, lookFor(nullptr));
    const Recognition with =
        recogniser_.recognise(scene, lookFor(teach({{{40, 40, 48, 48}, 0}}, 3)));
    ASSERT_EQ(with.scores.size(), 3U);
    for (std::size_t k = 0; k < 2; ++k)
        EXPECT_NEAR(with.scores[k], plain.scores[k], 1e-6);
    ASSERT_EQ(with.scales.size(), plain.scales.size());
    int boxes = 0;
    for (std::size_t s = 0; s < plain.scales.size(); ++s) {
        for (int row = 0; row < plain.scales[s].rows(); ++row) {
            for (int column = 0; column < plain.scales[s].columns(); ++column) {
                for (std::size_t k = 0; k < 2; ++k) {
                    const auto box = plain.scales[s].boxAt({row, column}, k);
                    EXPECT_EQ(with.scales[s].boxAt({row, column}, k), box);
                    boxes += box ? 1 : 0;
                }
            }
        }
    }
    EXPECT_GT(boxes, 10) << "from their evidence";
    EXPECT_EQ(with.scales[0].classCount(), 2U);
    EXPECT_EQ(with.taught_scales.size(), plain.scales.size());
    EXPECT_EQ(recogniser_.recognise(scene, lookFor(nullptr)).labels->size(), 2U)
        << "a look leaves no trace";
}

TEST_F(TaughtTest, AnotherNetworkLeavesItAlone) {
    const auto taught = teach({{{40, 40, 48, 48}, 0}}, 3);
    Recogniser other({randomNetwork(50)}, {});
    EXPECT_NE(other.info().embedding_space, taught->space);
    const Recognition seen = other.recognise(sceneOf({{{40, 40, 48, 48}, 0}}, 3), lookFor(taught));
    EXPECT_EQ(seen.labels->size(), 2U);
    EXPECT_TRUE(seen.taught_scales.empty());
    Recogniser again({randomNetwork()}, {});
    EXPECT_EQ(again.info().embedding_space, taught->space) << "the same weights, the same space";
}

TEST_F(TaughtTest, LearnsTheSameOfACutOut) {
    const Image scene = sceneOf({{{90, 60, 48, 48}, 0}}, 3);
    const ExampleEmbedding whole = recogniser_.embed({scene, {90, 60, 48, 48}});
    ASSERT_FALSE(whole.rows.empty());
    EXPECT_EQ(whole.size, recogniser_.info().embedding_size);
    EXPECT_EQ(whole.rows.size() % whole.size.row(whole.grid()), 0U);
    for (const float value : whole.rows)
        EXPECT_TRUE(std::isfinite(value));
}

TEST_F(TaughtTest, KnowsWhatLiesAroundAnExample) {
    const RectPx box{90, 60, 48, 48};
    const ExampleEmbedding made = recogniser_.embed({sceneOf({{box, 0}}, 3), box});
    const std::size_t parts = made.grid().count() * made.size.part;
    ASSERT_GT(made.surroundings.size(), 10 * parts);
    EXPECT_EQ(made.surroundings.size() % parts, 0U);
    for (std::size_t at = 0; at < made.surroundings.size(); at += parts) {
        const std::span around = std::span(made.surroundings).subspan(at, parts);
        const std::span own = std::span(made.rows).first(parts);
        EXPECT_LT(std::inner_product(own.begin(), own.end(), around.begin(), 0.0F), 0.98F);
    }
    // What was part of them is not taken for the object, though it is like it.
    auto taught = teach({{box, 0}}, 3);
    taught->classes[0].threshold = 0.3;
    const Image half = sceneOf({{{126, 66, 24, 24}, 0}}, 3);
    foundIn(half, lookFor(taught));
    const double with = similarityOfScore(last_.scores[2], 0.3);
    taught = std::make_shared<TaughtClasses>(*taught);
    taught->classes[0].examples[0].surroundings.clear();
    foundIn(half, lookFor(taught));
    EXPECT_LT(with, similarityOfScore(last_.scores[2], 0.3) - 0.1);
}

// As if the camera was held otherwise, about the middle of the thing.
Image turnedScene(const Image& scene, const RectPx& thing, double degrees) {
    Image turned(scene.size());
    showTurned({scene.row(0), 3 * static_cast<std::size_t>(scene.width()), scene.size()},
               {degrees, thing.centre(), thing.centre()}, scene.size(), turned.row(0));
    return turned;
}

TEST_F(TaughtTest, KnowsWhatItLooksLikeTurned) {
    const RectPx box{90, 60, 48, 48};
    const Image scene = sceneOf({{box, 0}}, 3);
    const ExampleEmbedding learnt = recogniser_.embed({scene, box});
    const std::size_t parts = learnt.grid().count() * learnt.size.part;
    const std::size_t row = learnt.size.row(learnt.grid());
    const auto partsAt = [&](const ExampleEmbedding& of, std::size_t number) {
        return std::span(of.rows).subspan(number * row, parts);
    };
    const std::size_t upright = uprightRows(learnt);
    ASSERT_EQ(learnt.rows.size(), (upright + std::size(kExampleTurns)) * row);
    for (std::size_t i = 0; i < std::size(kExampleTurns); ++i) {
        const ExampleEmbedding seen = recogniser_.embed(
            {turnedScene(scene, box, kExampleTurns[i]), turnedBox(box, kExampleTurns[i])});
        const auto now = partsAt(seen, uprightRows(seen) / 2);
        const float own = dotOf(now, partsAt(learnt, upright + i));
        EXPECT_GT(own, 0.8F) << kExampleTurns[i];
        for (std::size_t other = 0; other < upright + std::size(kExampleTurns); ++other) {
            if (other == upright + i) continue;
            EXPECT_GT(own, dotOf(now, partsAt(learnt, other))) << kExampleTurns[i] << ", " << other;
        }
    }
}

// Who waits for the first frame gets the same of it, less: as it lies, and one window around it.
TEST_F(TaughtTest, OfTheUprightViewsKnowsWhatItKnowsOfAll) {
    const RectPx box{90, 60, 48, 48};
    const Image scene = sceneOf({{box, 0}}, 3);
    const ExampleEmbedding all = recogniser_.embed({scene, box});
    const ExampleEmbedding some = recogniser_.embed({scene, box}, {}, ExampleDepth::kUpright);
    const std::size_t parts = all.grid().count() * all.size.part;
    const std::size_t row = all.size.row(all.grid());
    ASSERT_EQ(some.rows.size(), uprightRows(all) * row);
    EXPECT_EQ(uprightRows(some), uprightRows(all));
    EXPECT_EQ(some.surroundings, all.surroundings);
    const std::size_t middle = uprightRows(all) / 2;
    for (std::size_t i = 0; i < uprightRows(all); ++i) {
        const auto partsOf = [&](const ExampleEmbedding& of) {
            return std::vector(of.rows.begin() + static_cast<std::ptrdiff_t>(i * row),
                               of.rows.begin() + static_cast<std::ptrdiff_t>(i * row + parts));
        };
        EXPECT_EQ(partsOf(some), partsOf(all)) << i;
        for (std::size_t k = parts; k < row; ++k)
            ASSERT_EQ(some.rows[i * row + k], all.rows[middle * row + k]) << i;
    }
}

// Who shows labels compares pointers: another one is another list of classes.
TEST_F(TaughtTest, LabelsAreTheSameWhileTheClassesAre) {
    const RectPx box{90, 60, 48, 48};
    auto taught = teach({{box, 0}}, 3);
    const auto labels = recogniser_.labels(lookFor(taught));
    auto closer = std::make_shared<TaughtClasses>(*taught);
    closer->classes[0].examples[0].surroundings.clear();
    EXPECT_EQ(recogniser_.labels(lookFor(closer)), labels);
    auto renamed = std::make_shared<TaughtClasses>(*closer);
    renamed->classes[0].name = "another name";
    EXPECT_NE(recogniser_.labels(lookFor(renamed)), labels);
}

TEST_F(TaughtTest, IsFoundTurned) {
    const RectPx where{110, 70, 48, 48};
    auto taught = teach({{{40, 40, 48, 48}, 0}}, 3);
    const Image scene = turnedScene(sceneOf({{where, 0}}, 8), where, 22);
    const auto found = foundIn(scene, lookFor(taught));
    ASSERT_FALSE(found.empty());
    EXPECT_GE(intersectionOverUnion(found[0].box, where), 0.5);
    taught = std::make_shared<TaughtClasses>(*taught);
    ExampleEmbedding& example = taught->classes[0].examples[0];
    const float with = last_.scores[2];
    example.rows.resize(uprightRows(example) * example.size.row(example.grid()));
    foundIn(scene, lookFor(taught));
    EXPECT_GT(with, last_.scores[2]) << "by its turned views";
}

// What leans is as wide as it leans, not as it stood.
TEST_F(TaughtTest, IsBoundedAsItIsTurned) {
    const RectPx where{100, 50, 48, 66};
    const double stood = where.width / where.height;
    const auto taught = teach({{{40, 40, 48, 66}, 0}}, 3);
    for (const double degrees : {-22.0, 22.0}) {
        const RectPx leaning = turnedBounds(turnedBox(where, degrees), 1 / stood, degrees);
        const auto found =
            foundIn(turnedScene(sceneOf({{where, 0}}, 8), where, degrees), lookFor(taught));
        ASSERT_FALSE(found.empty()) << degrees;
        EXPECT_GE(intersectionOverUnion(found[0].box, leaning), 0.5) << degrees;
        const double leans = leaning.width / leaning.height;
        EXPECT_GT(found[0].box.width / found[0].box.height, stood + (leans - stood) / 4)
            << degrees << ", stood " << stood << ", leans " << leans;
    }
}

// A frame takes about as long whatever was taught, so of few classes less likely places are looked
// at, too: those are where something lies otherwise than it was captured.
TEST(SearchEffort, FallsWithTheNumberOfClassesAndTheirSumStays) {
    constexpr std::size_t kEnough = 48;
    SearchEffort before = searchEffortFor(1, kEnough);
    EXPECT_GE(before.far_places, 64U);
    for (std::size_t classes = 2; classes <= 1000; ++classes) {
        const SearchEffort now = searchEffortFor(classes, kEnough);
        EXPECT_LE(now.far_places, before.far_places) << classes;
        EXPECT_LE(now.near, before.near) << classes;
        EXPECT_LE(now.moved, before.moved) << classes;
        EXPECT_LE(now.far_places * classes, 200U) << classes;
        before = now;
    }
    EXPECT_EQ(before.far_places, 0U);
    EXPECT_GT(before.near, 0) << "what is nearly alike is always compared";
    EXPECT_LT(before.near, searchEffortFor(15, kEnough).near);
    EXPECT_EQ(searchEffortFor(1, 3).far_places, 0U) << "three numbers are alike by chance";
}

TEST_F(TaughtTest, RefusesWhatIsNoExample) {
    const Image scene = sceneOf({}, 3);
    for (const RectPx box :
         {RectPx{300, 10, 40, 40}, RectPx{10, 10, 0, 40}, RectPx{}, RectPx{std::nan(""), 0, 40, 40},
          RectPx{0, 0, 40, std::nan("")}, RectPx{-INFINITY, 0, INFINITY, 40}}) {
        try {
            recogniser_.embed({scene, box});
            ADD_FAILURE();
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::kInput);
        }
    }
    Recogniser colours({test::colourModel(8, 4)}, {});
    EXPECT_TRUE(colours.info().embedding_space.empty());
    EXPECT_THROW(colours.embed({scene, {10, 10, 40, 40}}), Error);
}

}  // namespace
}  // namespace overfeat::detect
