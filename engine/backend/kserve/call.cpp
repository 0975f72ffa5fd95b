// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/kserve/call.h"

#include <cstring>
#include <utility>

namespace overfeat::backend::kserve {

Call::Call(CallShape shape, std::string_view head)
    : shape_(std::move(shape)), head_floats_(head.size() / sizeof(float)) {
    body_.resize(head_floats_ + static_cast<std::size_t>(shape_.input.elementCount()));
    if (!head.empty()) std::memcpy(body_.data(), head.data(), headBytes());
    for (const Shape& output : shape_.outputs)
        outputs_.emplace_back(static_cast<std::size_t>(output.elementCount()));
}

void Call::read(Exchange&& answered) {
    const std::vector<std::span<float>> places(outputs_.begin(), outputs_.end());
    readInto(answered, places);
    answer_ = std::move(answered.answer);
}

std::int64_t Call::bytes() const noexcept {
    std::size_t floats = body_.size();
    for (const std::vector<float>& output : outputs_)
        floats += 2 * output.size();  // as it comes, too
    return static_cast<std::int64_t>(floats * sizeof(float));
}

std::span<const char> Call::body() const noexcept {
    const std::span<const std::byte> bytes = std::as_bytes(std::span(body_));
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace overfeat::backend::kserve
