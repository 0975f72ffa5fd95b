// SPDX-License-Identifier: Apache-2.0
//
// What an inference server answers over HTTP. The first byte says to what: 0 about itself, 1 about
// the model, 2 an error, from 3 on an inference: by as many bytes as it is more, the numbers begin
// before the end.
#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "engine/backend/kserve/protocol.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/served.h"
#include "tests/fuzz/targets.h"

namespace overfeat::fuzz {

void kserve(Input input) {
    using namespace backend::kserve;
    if (input.empty()) return;
    const auto what = std::to_integer<std::size_t>(input.front());
    const std::span bytes(reinterpret_cast<const char*>(input.data()) + 1, input.size() - 1);
    const std::string_view text(bytes.data(), bytes.size());
    switch (what) {
        case 0:
            takenOrGarbage([&] { promiseShowable(parseServer(text).name); });
            break;
        case 1:
            takenOrGarbage([&] { promiseInput(parseModel(text)); });
            break;
        case 2:
            promiseShowable(errorText(text));
            break;
        default: {
            const std::size_t binary = what - 3;
            const auto json_bytes =
                binary > 0 ? std::optional(bytes.size() - std::min(binary, bytes.size()))
                           : std::nullopt;
            readWithNeighbours(
                [&](const CallShape& call, std::span<const std::span<float>> outputs) {
                    readAnswer(call, bytes, json_bytes, outputs);
                });
        }
    }
}

}  // namespace overfeat::fuzz
