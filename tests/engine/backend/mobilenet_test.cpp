// SPDX-License-Identifier: Apache-2.0
//
// The real MobileNetV2 beside the checkout, against the logits that came with it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/net/model.h"
#include "engine/net/passes.h"
#include "tests/engine/backend/simulated/tested_backends.h"
#include "tests/support/capability.h"

namespace overfeat::backend {
namespace {

const Shape kInput{1, 3, 224, 224};

class MobileNetV2 : public ::testing::TestWithParam<const Backend*> {
protected:
    void SetUp() override {
        const auto data = test::sharedData();
        if (test::missing("shared-data", data.has_value())) return;
        const std::string name(GetParam()->name());
        if (test::missing(name, GetParam()->probe().available)) return;
        model_ = net::loadModel(*data / "models" / "mobilenetv2-imagenet1k.onnx");
        std::ifstream file(*data / "models" / "mobilenetv2-imagenet1k.json");
        expected_ = nlohmann::json::parse(file).at("reference").at("synthetic");
    }

    std::shared_ptr<const net::Model> model_;
    nlohmann::json expected_;
};

// x[0,c,y,x] = (((7*y + 13*x + 29*c) mod 256) - 127.5) / 127.5, as the reference file says.
void fillSynthetic(std::span<float> input) {
    std::size_t i = 0;
    for (int c = 0; c < 3; ++c)
        for (int y = 0; y < 224; ++y)
            for (int x = 0; x < 224; ++x)
                input[i++] =
                    (static_cast<float>((7 * y + 13 * x + 29 * c) % 256) - 127.5F) / 127.5F;
}

TEST_P(MobileNetV2, GivesTheReferenceLogits) {
    if (!model_) return;
    const auto plan = GetParam()->compile(net::fuse(model_->graph), kInput, {});
    fillSynthetic(plan->input());
    plan->run();
    const auto logits = plan->output(0);
    ASSERT_EQ(logits.size(), 1000U);
    float largest = 0;
    for (const float logit : logits)
        largest = std::max(largest, std::abs(logit));
    const float limit = 1e-3F * largest;
    const auto first = expected_.at("logits_first20").get<std::vector<float>>();
    ASSERT_EQ(first.size(), 20U);
    for (std::size_t i = 0; i < first.size(); ++i)
        EXPECT_NEAR(logits[i], first[i], limit) << "logit " << i;
    std::vector<std::size_t> order(logits.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::ranges::sort(order, std::greater<>{}, [&](std::size_t i) { return logits[i]; });
    ASSERT_EQ(expected_.at("top5").size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) {
        const auto& best = expected_.at("top5")[i];
        EXPECT_EQ(order[i], best.at("index").get<std::size_t>());
        EXPECT_NEAR(logits[order[i]], best.at("logit").get<float>(), limit);
    }
}

TEST_P(MobileNetV2, RunsWithoutFallbacksOrReorders) {
    if (!model_) return;
    if (GetParam()->name() == "reference") return;  // it has but one way
    const auto plan = GetParam()->compile(net::fuse(model_->graph), kInput, {.threads = 2});
    EXPECT_EQ(plan->statistics().reorders_per_run, 0);
    EXPECT_EQ(plan->statistics().output_conversions, 0);
    for (const LayerTiming& timing : plan->profile()) {
        for (const std::string fallback : {"gemm", "ref"})
            EXPECT_EQ(timing.implementation.find(fallback), std::string::npos)
                << timing.node << ' ' << timing.op << " runs on " << timing.implementation;
        EXPECT_NE(timing.op, "Halo") << timing.node;
        EXPECT_NE(timing.op, "Copy") << timing.node;
    }
}

INSTANTIATE_TEST_SUITE_P(All, MobileNetV2,
                         ::testing::ValuesIn(test::testedBackends().begin(),
                                             test::testedBackends().end()),
                         [](const auto& instance) { return std::string(instance.param->name()); });

}  // namespace
}  // namespace overfeat::backend
