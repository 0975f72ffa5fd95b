// SPDX-License-Identifier: Apache-2.0
//
// What an inference server answers. The first byte says to what: 0 about itself, 1 about the model,
// 2 an error, from 3 on an inference: by as many bytes as it is more, the numbers begin before the
// end.
#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backend/kserve/protocol.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/targets.h"

namespace overfeat::fuzz {
namespace {

using namespace backend::kserve;

// What follows "The inference server ..." in a sentence.
template <class Action>
void takenOrGarbage(const Action& action) {
    try {
        action();
    } catch (const Garbage& garbage) {
        const std::string_view what = garbage.what();
        promise(what.ends_with('.'), "the end of a sentence: " + std::string(what));
        promiseShowable(std::string(what));
    }
}

void answer(std::span<const char> bytes, std::size_t binary) {
    constexpr float kUntouched = -12345;
    const CallShape call{
        .input = {1, 3, 8, 8}, .output_names = {"scores", "features"}, .outputs = {{1, 2}, {1, 4}}};
    std::array<float, 2> scores{};
    // Its neighbours must stay as they are.
    std::array<float, 8> features{};
    features.fill(kUntouched);
    const std::vector<std::span<float>> outputs{scores, std::span(features).subspan(2, 4)};
    const auto json_bytes =
        binary > 0 ? std::optional(bytes.size() - std::min(binary, bytes.size())) : std::nullopt;
    takenOrGarbage([&] { readAnswer(call, bytes, json_bytes, outputs); });
    for (const std::size_t outside : {0U, 1U, 6U, 7U})
        promise(features[outside] == kUntouched, "nothing is written beside the outputs");
}

}  // namespace

void kserve(Input input) {
    if (input.empty()) return;
    const auto what = std::to_integer<std::size_t>(input.front());
    const std::span bytes(reinterpret_cast<const char*>(input.data()) + 1, input.size() - 1);
    const std::string_view text(bytes.data(), bytes.size());
    switch (what) {
        case 0:
            takenOrGarbage([&] { promiseShowable(parseServer(text).name); });
            break;
        case 1:
            takenOrGarbage([&] {
                const auto why = whyNotInput(parseModel(text), {1, 3, 8, 8});
                if (why) promiseShowable(*why);
            });
            break;
        case 2:
            promiseShowable(errorText(text));
            break;
        default:
            answer(bytes, what - 3);
    }
}

}  // namespace overfeat::fuzz
