// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backend/kserve/tensors.h"
#include "tests/fuzz/promises.h"

// What the answers of an inference server must keep to, whichever way they travel.
namespace overfeat::fuzz {

// Garbage goes on with "The inference server ...".
template <class Action>
void takenOrGarbage(const Action& action) {
    try {
        action();
    } catch (const backend::kserve::Garbage& garbage) {
        const std::string_view what = garbage.what();
        promise(what.ends_with('.'), "the end of a sentence: " + std::string(what));
        promiseShowable(std::string(what));
    }
}

inline void promiseInput(const backend::kserve::ModelInfo& model) {
    const auto why = backend::kserve::whyNotInput(model, {1, 3, 8, 8});
    if (why) promiseShowable(*why);
}

// Has the answer to a call read to its outputs: `read` is given both.
template <class Read>
void readWithNeighbours(const Read& read) {
    constexpr float kUntouched = -12345;
    const backend::kserve::CallShape call{
        .input = {1, 3, 8, 8}, .output_names = {"scores", "features"}, .outputs = {{1, 2}, {1, 4}}};
    std::array<float, 2> scores{};
    // Its neighbours must stay as they are.
    std::array<float, 8> features{};
    features.fill(kUntouched);
    const std::vector<std::span<float>> outputs{scores, std::span(features).subspan(2, 4)};
    takenOrGarbage([&] { read(call, outputs); });
    for (const std::size_t outside : {0U, 1U, 6U, 7U})
        promise(features[outside] == kUntouched, "nothing is written beside the outputs");
}

}  // namespace overfeat::fuzz
