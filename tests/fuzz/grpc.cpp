// SPDX-License-Identifier: Apache-2.0
//
// What an inference server answers over gRPC. The first byte says to what: 0 about itself, 1 about
// the model, from 2 on an inference. With its highest bit all of the answer follows, without it
// what comes behind the five bytes that tell its length: hardly a change keeps those right.
#include <cstdint>
#include <span>
#include <vector>

#include "engine/backend/kserve/grpc_messages.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/served.h"
#include "tests/fuzz/targets.h"

namespace overfeat::fuzz {

void grpc(Input input) {
    using namespace backend::kserve;
    if (input.empty()) return;
    constexpr auto kWhole = std::uint8_t{0x80};
    const auto first = std::to_integer<std::uint8_t>(input.front());
    const std::span bytes(reinterpret_cast<const char*>(input.data()) + 1, input.size() - 1);
    std::vector<char> answer;
    if ((first & kWhole) == 0) {
        answer.push_back(0);  // not compressed
        for (const int shift : {24, 16, 8, 0})
            answer.push_back(static_cast<char>((bytes.size() >> shift) & 0xffU));
    }
    answer.insert(answer.end(), bytes.begin(), bytes.end());
    answer.shrink_to_fit();  // the address sanitizer sees what is read behind it
    switch (first & ~kWhole) {
        case 0:
            takenOrGarbage([&] { promiseShowable(parseServerMessage(answer).name); });
            break;
        case 1:
            takenOrGarbage([&] { promiseInput(parseModelMessage(answer)); });
            break;
        default:
            readWithNeighbours(
                [&](const CallShape& call, std::span<const std::span<float>> outputs) {
                    readMessage(call, answer, outputs);
                });
    }
}

}  // namespace overfeat::fuzz
