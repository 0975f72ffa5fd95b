// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/backend/kserve/exchange.h"
#include "engine/backend/kserve/tensors.h"

namespace overfeat::backend::kserve {

// The numbers of one call: what is sent as it lies in memory, and what came back.
class Call {
public:
    virtual ~Call() = default;
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    std::span<float> input() noexcept { return std::span(body_).subspan(head_floats_); }
    // To be sent; good until the input is written again.
    virtual Exchange exchange() = 0;
    // Takes its memory for the next one. Throws Garbage.
    void read(Exchange&& answered);

    const CallShape& shape() const noexcept { return shape_; }
    std::span<const float> output(std::size_t i) const { return outputs_.at(i); }
    std::int64_t bytes() const noexcept;

protected:
    // `head` is what stands in front of the input's numbers: whole floats.
    Call(CallShape shape, std::string_view head);

    virtual void readInto(const Exchange& answered,
                          std::span<const std::span<float>> outputs) const = 0;
    std::size_t headBytes() const noexcept { return head_floats_ * sizeof(float); }
    // The head and the input.
    std::span<const char> body() const noexcept;
    // The memory of the last answer.
    std::vector<char> takeMemory() noexcept { return std::move(answer_); }

private:
    CallShape shape_;
    std::size_t head_floats_;
    std::vector<float> body_;
    std::vector<std::vector<float>> outputs_;
    std::vector<char> answer_;
};

}  // namespace overfeat::backend::kserve
