// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/suppress.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace overfeat::detect {
namespace {

std::vector<RawBox> randomBoxes(std::size_t count, unsigned seed, double room = 300) {
    std::mt19937 dice(seed);
    std::uniform_real_distribution<double> place(0, room);
    std::uniform_real_distribution<double> side(20, 120);
    std::uniform_int_distribution<int> percent(1, 100);  // many are equally good
    std::vector<RawBox> boxes;
    for (std::size_t i = 0; i < count; ++i) {
        boxes.push_back({.box = {place(dice), place(dice), side(dice), side(dice)},
                         .class_index = i % 3,
                         .score = static_cast<float>(percent(dice)) / 100,
                         .cell = {}});
    }
    return boxes;
}

DetectionOptions showingEverything() {
    DetectionOptions options;
    options.score_threshold = 0;
    options.max_objects = 100'000;
    return options;
}

// Bodla et al.'s algorithm as it is written: the best of all, then everybody's score.
std::vector<Detection> plainSoftNms(const std::vector<RawBox>& raw, double sigma) {
    std::vector<Detection> found;
    for (std::size_t k = 0; k < 3; ++k) {
        std::vector<RawBox> waiting;
        std::ranges::copy_if(raw, std::back_inserter(waiting),
                             [k](const RawBox& box) { return box.class_index == k; });
        std::ranges::sort(waiting, [](const RawBox& a, const RawBox& b) {
            return a.score != b.score ? a.score > b.score : a.box.x < b.box.x;
        });
        while (!waiting.empty()) {
            const auto best = std::ranges::max_element(waiting, {}, &RawBox::score);
            if (best->score < kForgotten) break;
            const RawBox chosen = *best;
            waiting.erase(best);
            Detection& survivor = found.emplace_back();
            survivor.box = chosen.box;
            survivor.class_index = k;
            survivor.confidence = chosen.score;
            for (RawBox& other : waiting) {
                const double overlap = intersectionOverUnion(chosen.box, other.box);
                if (overlap > 0)
                    other.score *= static_cast<float>(std::exp(-overlap * overlap / sigma));
            }
        }
    }
    return found;
}

const ShownFrom kEverything(showingEverything(), nullptr);

TEST(Suppress, SoftNmsIsThePlainAlgorithm) {
    for (const unsigned seed : {1U, 2U, 3U}) {
        const auto raw = randomBoxes(400, seed);
        const auto wanted = plainSoftNms(raw, 0.5);
        const auto found = suppressSoftly(raw, showingEverything(), kEverything);
        ASSERT_EQ(found.size(), wanted.size());
        for (std::size_t i = 0; i < found.size(); ++i) {
            EXPECT_EQ(found[i].box, wanted[i].box) << i;
            EXPECT_EQ(found[i].confidence, wanted[i].confidence) << i;
        }
    }
}

// What is not shown is not looked for: that is what bounds the time. What is shown is the same.
TEST(Suppress, LeavesOutWhatWouldNotBeShown) {
    const auto raw = randomBoxes(600, 7, 2000);
    const LabelSet labels = LabelSet::numbered(3);
    for (const auto way : {suppress, suppressSoftly}) {
        auto all = way(raw, showingEverything(), kEverything, nullptr);
        DetectionOptions options = showingEverything();
        options.score_threshold = 0.3F;
        options.class_thresholds[labels.idOf(1)] = 0.9F;
        const ShownFrom shown_from(options, &labels);
        std::erase_if(all, [&](const Detection& each) {
            return each.confidence < shown_from(each.class_index);
        });
        const auto shown = way(raw, options, shown_from, nullptr);
        ASSERT_EQ(shown.size(), all.size());
        for (std::size_t i = 0; i < shown.size(); ++i) {
            EXPECT_EQ(shown[i].box, all[i].box);
            EXPECT_EQ(shown[i].confidence, all[i].confidence);
        }
        options.max_objects = 5;
        for (std::size_t k = 0; k < 3; ++k) {
            EXPECT_LE(std::ranges::count(way(raw, options, shown_from, nullptr), k,
                                         &Detection::class_index),
                      5);
        }
    }
}

// Boxes that hardly overlap, as a fine stride makes them: comparing all pairs of them froze the
// window. Counted, because a time says nothing on a busy machine.
TEST(Suppress, TheWorkGrowsWithTheBoxesAndNotWithTheirPairs) {
    const DetectionOptions options;
    const ShownFrom shown_from(options, nullptr);
    for (const auto way : {suppress, suppressSoftly}) {
        std::size_t before = 0;
        for (const std::size_t count :
             {std::size_t{3000}, std::size_t{6000}, std::size_t{12'000}}) {
            std::size_t pairs = 0;
            const auto found = way(randomBoxes(count, 5, 20'000), options, shown_from, &pairs);
            EXPECT_EQ(found.size(), 3U * static_cast<std::size_t>(options.max_objects));
            EXPECT_LE(pairs, count * static_cast<std::size_t>(options.max_objects));
            if (before > 0) {
                EXPECT_LE(pairs, 3 * before) << count;
            }
            before = pairs;
        }
    }
}

}  // namespace
}  // namespace overfeat::detect
