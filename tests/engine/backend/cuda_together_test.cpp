// SPDX-License-Identifier: Apache-2.0
//
// Plans that run together share the card: queued before anybody waits, stopped and lost together.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/backend/cuda/cuda_backend.h"
#include "engine/core/error.h"
#include "tests/engine/backend/simulated/simulated_device.h"
#include "tests/engine/backend/test_networks.h"
#include "tests/support/error_code.h"

namespace overfeat::backend {
namespace {

using cuda::Status;

// The levels of a frame on one card.
class Levels {
public:
    explicit Levels(const test::SimulatedDevice::Options& options = {})
        : device_(withWaits(options)) {
        const net::Graph graph = test::denseNetwork();
        for (const std::int64_t side : {20, 24, 28}) {
            plans_.push_back(backend_.compile(graph, {1, 3, side, 20}, {}));
            together_.push_back(plans_.back().get());
            fill(*plans_.back(), 0.25F);
        }
    }

    void runTogether(const std::stop_token& stop = {}) { backend_.runTogether(together_, stop); }
    void runAlone() {
        for (const auto& plan : plans_)
            plan->run();
    }
    std::vector<std::vector<float>> outputs() const {
        std::vector<std::vector<float>> all;
        for (const auto& plan : plans_)
            all.emplace_back(plan->output(0).begin(), plan->output(0).end());
        return all;
    }
    // So that what is compared is new.
    void spoil() {
        for (const auto& plan : plans_)
            fill(*plan, -1);
        runAlone();
        for (const auto& plan : plans_)
            fill(*plan, 0.25F);
    }
    void release() {
        together_.clear();
        plans_.clear();
    }

    test::SimulatedDevice& device() { return device_; }
    std::span<Plan* const> plans() const { return together_; }
    // The most streams with something to do that there were when somebody waited, since the start.
    int mostBusy() const { return most_busy_; }
    void countFromHere() { waits_ = most_busy_ = 0; }
    int waits() const { return waits_; }
    // Asks at the wait with this number, the next being 1.
    void stopAtWait(int number, std::stop_source source) {
        waits_ = 0;
        stop_at_ = number;
        source_ = std::move(source);
    }

private:
    test::SimulatedDevice::Options withWaits(test::SimulatedDevice::Options options) {
        options.on_wait = [this](int busy) {
            most_busy_ = std::max(most_busy_, busy);
            if (++waits_ == stop_at_) source_.request_stop();
        };
        return options;
    }
    static void fill(Plan& plan, float value) { std::ranges::fill(plan.input(), value); }

    int most_busy_ = 0;
    int waits_ = 0;
    int stop_at_ = 0;
    std::stop_source source_;
    test::SimulatedDevice device_;
    cuda::CudaBackend backend_{"simulated", [this] { return cuda::Device{&device_.api(), {}}; }};
    std::vector<std::unique_ptr<Plan>> plans_;
    std::vector<Plan*> together_;
};

TEST(CudaTogether, EverythingIsQueuedBeforeAnybodyWaits) {
    Levels levels({.work_per_look = std::int64_t{1} << 40});
    levels.countFromHere();
    levels.runAlone();
    EXPECT_EQ(levels.mostBusy(), 1);
    const auto expected = levels.outputs();
    // Which of the streams goes first is chance.
    for (int i = 0; i < 8; ++i) {
        levels.spoil();
        levels.countFromHere();
        levels.runTogether();
        EXPECT_EQ(levels.mostBusy(), 3);
        EXPECT_EQ(levels.waits(), 3) << "once for each stream";
        EXPECT_EQ(levels.outputs(), expected);
    }
    EXPECT_EQ(levels.device().fault(), "");
}

TEST(CudaTogether, NoMoreIsQueuedThanPeopleWaitForAtAStop) {
    Levels levels({.work_per_look = 200'000});
    levels.runAlone();
    const auto expected = levels.outputs();
    levels.spoil();
    levels.countFromHere();
    levels.runTogether();
    EXPECT_GT(levels.waits(), 20);
    EXPECT_EQ(levels.outputs(), expected);
}

TEST(CudaTogether, StopsAtEveryWaitAndStaysUsable) {
    Levels levels({.work_per_look = 2'000'000});
    levels.runAlone();
    const auto expected = levels.outputs();
    levels.spoil();
    levels.countFromHere();
    levels.runTogether();
    const int waits = levels.waits();
    ASSERT_GT(waits, 4);
    int cancelled = 0;
    for (int at = 1; at <= waits; ++at) {
        const std::stop_source source;
        levels.stopAtWait(at, source);
        const auto code = test::errorCodeOf([&] { levels.runTogether(source.get_token()); });
        if (code) {
            ++cancelled;
            EXPECT_EQ(code, ErrorCode::kCancelled);
            EXPECT_LE(levels.waits(), at + 2) << "only for what was queued by then";
        }
        levels.spoil();
        levels.countFromHere();
        levels.runTogether();
        EXPECT_LE(levels.waits(), waits) << "something was left in a stream";
        EXPECT_EQ(levels.outputs(), expected);
    }
    EXPECT_GE(cancelled, waits - 3) << "the last round is not looked after";
    EXPECT_EQ(levels.device().fault(), "");
}

class CudaTogetherFails : public ::testing::TestWithParam<bool> {};

TEST_P(CudaTogetherFails, AtEveryCallForAllOfThem) {
    int call = 0;
    for (bool failed = true; failed;) {
        Levels levels({.work_per_look = 4'000'000});
        levels.device().failAt(++call, Status::kFailed, GetParam());
        const auto code = test::errorCodeOf([&] { levels.runTogether(); });
        failed = code.has_value();
        if (failed) {
            EXPECT_EQ(code, ErrorCode::kDeviceLost) << "call " << call;
            for (Plan* plan : levels.plans()) {
                EXPECT_EQ(test::errorCodeOf([&] { plan->run(); }), ErrorCode::kDeviceLost);
                EXPECT_EQ(test::errorCodeOf([&] { plan->profile(); }), ErrorCode::kDeviceLost);
            }
            const std::int64_t calls = levels.device().calls();
            EXPECT_EQ(test::errorCodeOf([&] { levels.runTogether(); }), ErrorCode::kDeviceLost);
            EXPECT_EQ(levels.device().calls(), calls) << "nothing is tried with a lost one";
        }
        levels.release();
        EXPECT_EQ(levels.device().things(), 0) << "call " << call;
        EXPECT_EQ(levels.device().fault(), "") << "call " << call;
    }
    EXPECT_GT(call, 6);
}

INSTANTIATE_TEST_SUITE_P(Every, CudaTogetherFails, ::testing::Bool(), [](const auto& instance) {
    return std::string(instance.param ? "Lost" : "OneCall");
});

}  // namespace
}  // namespace overfeat::backend
