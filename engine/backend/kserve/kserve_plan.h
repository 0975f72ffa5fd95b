// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/kserve/kserve_backend.h"
#include "engine/backend/kserve/protocol.h"

namespace overfeat::backend::kserve {

// The numbers of one call: what is sent as it lies in memory, and what came back.
class Call {
public:
    Call(CallShape shape, std::string path, bool binary);

    std::span<float> input() noexcept { return std::span(body_).subspan(header_floats_); }
    // To be sent; good until the input is written again.
    Exchange exchange();
    // Takes its memory for the next one. Throws Garbage.
    void read(Exchange&& answered);

    const CallShape& shape() const noexcept { return shape_; }
    std::span<const float> output(std::size_t i) const { return outputs_.at(i); }
    std::int64_t bytes() const noexcept;

private:
    CallShape shape_;
    std::string path_;
    bool binary_;
    std::size_t header_floats_ = 0;
    std::vector<float> body_;  // the header's text, then the input
    std::string text_;         // without the extension for binary numbers
    std::vector<std::vector<float>> outputs_;
    std::vector<char> answer_;  // its memory
};

// One network at one size, on a server.
class KservePlan final : public Plan {
public:
    struct Made {
        net::Graph graph;  // shares its weights
        std::string told_apart;
        std::string model;  // of the server
        std::string description;
        bool binary = false;
        CallShape shape;
        CompileOptions options;
    };
    KservePlan(const KserveBackend& backend, Made made);

    const Shape& inputShape() const noexcept override { return call_.shape().input; }
    std::span<float> input() noexcept override { return call_.input(); }
    using Plan::run;
    void run(const std::stop_token& stop) override;
    std::size_t outputCount() const noexcept override { return call_.shape().outputs.size(); }
    const Shape& outputShape(std::size_t i) const override { return call_.shape().outputs.at(i); }
    std::span<const float> output(std::size_t i) const override { return call_.output(i); }
    PlanStatistics statistics() const override;
    std::vector<LayerTiming> profile() override;

    // For the backend, which runs it.
    Call& call() noexcept { return call_; }
    Call anotherCall() const;
    const Made& made() const noexcept { return made_; }
    void throwIfLost() const;
    void lose(std::string why) { lost_ = std::move(why); }

private:
    const KserveBackend& backend_;
    Made made_;
    Call call_;
    std::string lost_;  // why it cannot be used any more
};

}  // namespace overfeat::backend::kserve
