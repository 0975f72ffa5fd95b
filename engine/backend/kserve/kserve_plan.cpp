// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/kserve/kserve_plan.h"

#include <array>
#include <chrono>
#include <cstring>
#include <utility>

#include "engine/core/error.h"

namespace overfeat::backend::kserve {

Call::Call(CallShape shape, std::string path, bool binary)
    : shape_(std::move(shape)), path_(std::move(path)), binary_(binary) {
    const auto floats = static_cast<std::size_t>(shape_.input.elementCount());
    std::string header;
    if (binary_) header = binaryHeader(shape_);
    header_floats_ = header.size() / sizeof(float);
    body_.resize(header_floats_ + floats);
    if (!header.empty()) std::memcpy(body_.data(), header.data(), header.size());
    for (const Shape& output : shape_.outputs)
        outputs_.emplace_back(static_cast<std::size_t>(output.elementCount()));
}

Exchange Call::exchange() {
    Exchange asked{.path = path_, .most_bytes = mostAnswerBytes(shape_)};
    if (binary_) {
        const std::span<const std::byte> bytes = std::as_bytes(std::span<const float>(body_));
        asked.body = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
        asked.json_bytes = header_floats_ * sizeof(float);
    } else {
        text_ = jsonRequest(shape_, input());
        asked.body = text_;
    }
    asked.answer = std::move(answer_);
    return asked;
}

void Call::read(Exchange&& answered) {
    answer_ = std::move(answered.answer);
    std::vector<std::span<float>> places(outputs_.begin(), outputs_.end());
    readAnswer(shape_, answer_, answered.answer_json_bytes, places);
}

std::int64_t Call::bytes() const noexcept {
    std::size_t floats = body_.size();
    for (const std::vector<float>& output : outputs_)
        floats += 2 * output.size();  // as it comes, too
    return static_cast<std::int64_t>(floats * sizeof(float));
}

KservePlan::KservePlan(const KserveBackend& backend, Made made)
    : backend_(backend), made_(std::move(made)), call_(anotherCall()) {}

Call KservePlan::anotherCall() const {
    return {made_.shape, "/v2/models/" + made_.model + "/infer", made_.binary};
}

void KservePlan::throwIfLost() const {
    if (!lost_.empty()) {
        throw Error(ErrorCode::kDeviceLost, "This network cannot run there any more: " + lost_,
                    "kserve");
    }
}

void KservePlan::run(const std::stop_token& stop) {
    const std::array<KservePlan*, 1> alone{this};
    backend_.run(alone, stop);
}

PlanStatistics KservePlan::statistics() const {
    return {.workspace_bytes = call_.bytes(),
            .weight_bytes = 0,
            .reorders_per_run = 0,
            .output_conversions = 0,
            .description = made_.description};
}

std::vector<LayerTiming> KservePlan::profile() {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double, std::milli> elapsed =
        std::chrono::steady_clock::now() - start;
    return {{.node = made_.model,
             .op = "all layers and the way there and back",
             .implementation = "kserve",
             .ms = elapsed.count(),
             .multiply_adds = net::multiplyAdds(made_.graph, inputShape())}};
}

}  // namespace overfeat::backend::kserve
