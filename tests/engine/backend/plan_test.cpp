// SPDX-License-Identifier: Apache-2.0
//
// What every backend's plans promise beyond the right numbers.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <span>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "engine/backend/reference/reference_backend.h"
#include "engine/core/error.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/backend/simulated/tested_backends.h"
#include "tests/engine/backend/test_networks.h"
#include "tests/support/capability.h"
#include "tests/support/stopwatch.h"

namespace overfeat::backend {
namespace {

using namespace std::chrono_literals;

class EveryBackend : public ::testing::TestWithParam<const Backend*> {
protected:
    static bool isMissing() {
        return test::missing(std::string(GetParam()->name()), GetParam()->probe().available);
    }
};

template <class Work>
void expectModelError(Work work, const std::string& mentions) {
    try {
        work();
        ADD_FAILURE() << "nothing was refused";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kModel);
        EXPECT_NE(std::string(error.what()).find(mentions), std::string::npos) << error.what();
    }
}

TEST_P(EveryBackend, RefusesAWorkspaceBeyondTheBudgetWithASentence) {
    if (isMissing()) return;
    const net::Graph graph = test::denseNetwork();
    expectModelError(
        [&] {
            GetParam()->compile(graph, {1, 3, 96, 96}, {.max_workspace_bytes = 100'000});
        },
        "use a smaller picture");
}

TEST_P(EveryBackend, StaysWithinTheWorkspaceItReports) {
    if (isMissing()) return;
    const net::Graph graph = test::denseNetwork();
    const auto needed =
        GetParam()->compile(graph, {1, 3, 96, 96}, {})->statistics().workspace_bytes;
    EXPECT_NO_THROW(GetParam()->compile(graph, {1, 3, 96, 96}, {.max_workspace_bytes = needed}));
    expectModelError(
        [&] {
            GetParam()->compile(graph, {1, 3, 96, 96}, {.max_workspace_bytes = needed - 1});
        },
        "limit");
}

TEST_P(EveryBackend, RefusesInputsThatDoNotFit) {
    if (isMissing()) return;
    const net::Graph graph = test::denseNetwork();
    expectModelError([&] { GetParam()->compile(graph, {1, 4, 96, 96}, {}); }, "n0");  // channels
    expectModelError([&] { GetParam()->compile(graph, {1, 3, 8, 8}, {}); }, "");      // too small
    expectModelError([&] { GetParam()->compile(graph, {3, 96, 96}, {}); }, "n0");     // rank
    expectModelError([&] { GetParam()->compile(graph, {0, 3, 96, 96}, {}); }, "0x3x96x96");
    const std::int64_t huge = std::int64_t{1} << 31;
    expectModelError([&] { GetParam()->compile(graph, {1, 3, huge, huge}, {}); }, "");
}

TEST_P(EveryBackend, RefusesABrokenGraphInSupportsAndInCompile) {
    if (isMissing()) return;
    net::Graph graph = test::denseNetwork();
    std::swap(graph.nodes.front(), graph.nodes.back());
    const auto refusal = GetParam()->supports(graph);
    ASSERT_TRUE(refusal.has_value());
    expectModelError([&] { GetParam()->compile(graph, {1, 3, 96, 96}, {}); }, *refusal);
    EXPECT_EQ(GetParam()->supports(test::denseNetwork()), std::nullopt);
}

TEST_P(EveryBackend, SurvivesNotANumberAndRecovers) {
    if (isMissing()) return;
    const auto plan = GetParam()->compile(test::denseNetwork(), {1, 3, 40, 40}, {.threads = 2});
    std::ranges::fill(plan->input(), 0.25F);
    plan->run();
    const std::vector<float> good(plan->output(0).begin(), plan->output(0).end());
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity(), 1e-42F, 3e38F}) {
        std::ranges::fill(plan->input(), bad);
        plan->run();
    }
    std::ranges::fill(plan->input(), 0.25F);
    plan->run();
    EXPECT_TRUE(std::ranges::equal(plan->output(0), good));
}

// Layers of many weights, which the levels of a frame may run side by side.
net::Graph wideNetwork() {
    test::GraphMaker make({1, 3, -1, -1});
    const net::SlidingWindow same{.kernel = {3, 3}, .padding = {1, 1, 1, 1}};
    const auto relu = net::Activation::relu();
    auto x = make.conv(make.input(), {.in = 3, .out = 128, .window = same, .activation = relu});
    for (int i = 0; i < 3; ++i) {
        const auto inner =
            make.conv(x, {.in = 128, .out = 128, .window = same, .activation = relu});
        x = make.conv(inner, {.in = 128, .out = 128, .window = same, .residual = x});
    }
    return make.finish({make.conv(x, {.in = 128, .out = 600, .window = {.kernel = {1, 1}}})});
}

TEST_P(EveryBackend, PlansThatRunTogetherComputeWhatTheyDoAlone) {
    if (isMissing()) return;
    const net::Graph wide = wideNetwork();
    const net::Graph other = test::denseNetwork();
    struct Level {
        const net::Graph* graph;
        Shape input;
    };
    // The last one is of another network.
    const std::vector<Level> levels{{&wide, {1, 3, 5, 4}},
                                    {&wide, {1, 3, 13, 22}},
                                    {&wide, {1, 3, 25, 18}},
                                    {&other, {1, 3, 40, 48}}};
    std::vector<std::unique_ptr<Plan>> plans;
    std::vector<Plan*> together;
    std::vector<std::vector<float>> expected;
    for (const Level& level : levels) {
        plans.push_back(GetParam()->compile(*level.graph, level.input, {.threads = 2}));
        together.push_back(plans.back().get());
        float value = -1;
        for (float& number : together.back()->input())
            number = value = value > 0.9F ? -1 : value + 0.013F;
        together.back()->run();
        const auto output = together.back()->output(0);
        expected.emplace_back(output.begin(), output.end());
    }
    // Other numbers, then the same again: what is compared is new.
    const auto spoil = [&] {
        for (Plan* plan : together) {
            const std::vector<float> input(plan->input().begin(), plan->input().end());
            std::ranges::fill(plan->input(), 0.5F);
            plan->run();
            std::ranges::copy(input, plan->input().begin());
        }
    };
    for (const std::size_t count : {4U, 3U, 1U, 0U}) {
        spoil();
        GetParam()->runTogether(std::span(together).first(count), {});
        for (std::size_t i = 0; i < count; ++i)
            EXPECT_TRUE(std::ranges::equal(together[i]->output(0), expected[i]))
                << count << ' ' << i;
    }
}

// Sums of one to four pixels, each less than the one before.
struct UnevenTaps {
    explicit UnevenTaps(int pixels) {
        for (int i = 0; i < pixels; ++i) {
            first.push_back(2 * i);
            count.push_back(1 + i % 4);
            for (int k = 0; k < 4; ++k)
                weights.push_back(0.4F / static_cast<float>(1 + k));
        }
    }
    AxisTaps view() const { return {first, count, weights, 4}; }
    // For pixel i: sum(k, weight) for each pixel that makes it.
    template <class Sum>
    void each(int i, Sum sum) const {
        const auto at = static_cast<std::size_t>(i);
        for (int k = 0; k < count[at]; ++k)
            sum(first[at] + k, double{weights[4 * at + static_cast<std::size_t>(k)]});
    }

    std::vector<std::int32_t> first;
    std::vector<std::int32_t> count;
    std::vector<float> weights;
};

TEST_P(EveryBackend, MakesInputsOfPicturesIfItHasAPlaceForThem) {
    if (isMissing()) return;
    test::GraphMaker make({1, 3, -1, -1});
    const net::Graph graph = make.finish({make.node(net::Identity{}, {make.input()})});
    constexpr SizePx kLevel{37, 23};
    constexpr SizePx kPicture{2 * kLevel.width + 2, 2 * kLevel.height + 2};
    const UnevenTaps across(kLevel.width);
    const UnevenTaps down(kLevel.height);
    const auto plan = GetParam()->compile(graph, {1, 3, kLevel.height, kLevel.width}, {});
    const std::shared_ptr<DevicePicture> picture = GetParam()->makePicture();
    Resizing resizing{.across = across.view(),
                      .down = down.view(),
                      .mean = {1, 2, 3},
                      .factor = {0.02F, 0.03F, 0.01F}};
    if (picture == nullptr) {
        EXPECT_FALSE(plan->makeInputOf(picture, resizing));
        return;
    }
    std::vector<std::uint8_t> rgb;
    for (int i = 0; i < 3 * kPicture.width * kPicture.height; ++i)
        rgb.push_back(static_cast<std::uint8_t>(i * 7919 % 256));
    for (const bool mirrored : {false, true}) {
        ASSERT_TRUE(picture->set(rgb.data(), 3 * kPicture.width, kPicture));
        resizing.mirrored = mirrored;
        ASSERT_TRUE(plan->makeInputOf(picture, resizing));
        plan->run();
        const float* actual = plan->output(0).data();
        for (int c = 0; c < 3; ++c) {
            const auto channel = static_cast<std::size_t>(c);
            for (int y = 0; y < kLevel.height; ++y) {
                for (int x = 0; x < kLevel.width; ++x) {
                    double sum = 0;
                    across.each(mirrored ? kLevel.width - 1 - x : x, [&](int column, double u) {
                        down.each(y, [&](int row, double v) {
                            const int at = 3 * (row * kPicture.width + column) + c;
                            sum += u * v * rgb[static_cast<std::size_t>(at)];
                        });
                    });
                    const double expected =
                        (sum - resizing.mean[channel]) * resizing.factor[channel];
                    ASSERT_NEAR(*actual++, expected, 1e-5) << c << ' ' << y << ' ' << x;
                }
            }
        }
    }
}

// Whether the work ended because somebody asked for it.
template <class Work>
bool isCancelled(Work work) {
    try {
        work();
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kCancelled) << error.what();
        return true;
    }
    return false;
}

TEST_P(EveryBackend, DoesNothingAfterAStopAndStaysUsable) {
    if (isMissing()) return;
    const auto plan = GetParam()->compile(test::denseNetwork(), {1, 3, 40, 40}, {.threads = 2});
    std::ranges::fill(plan->input(), 0.25F);
    std::stop_source source;
    plan->run(source.get_token());
    const std::vector<float> good(plan->output(0).begin(), plan->output(0).end());
    source.request_stop();
    EXPECT_TRUE(isCancelled([&] { plan->run(source.get_token()); }));
    std::ranges::fill(plan->input(), 0.25F);
    plan->run();
    EXPECT_TRUE(std::ranges::equal(plan->output(0), good));
}

constexpr auto kNever = test::Stopwatch::duration::max();

// Runs a network again and again, however late the stop request comes, and says how long that took
// to end a run that had begun before it: one that did not find the request, and left layers out.
// Never, if the request came between two runs.
test::Stopwatch::duration timeToStop(Plan& plan) {
    std::atomic<bool> started = false;
    bool while_running = false;
    std::jthread worker([&](const std::stop_token& stop) {
        bool asked = false;
        while (!asked) {
            asked = stop.stop_requested();
            started = true;
            started.notify_one();
            if (isCancelled([&] { plan.run(stop); })) {
                while_running = !asked;
                return;
            }
        }
        ADD_FAILURE() << "a run that began after the request was not stopped";
    });
    started.wait(false);
    std::this_thread::sleep_for(20ms);  // so that the first layer has begun
    const auto time = test::timeOf([&] {
        worker.request_stop();
        worker.join();
    });
    return while_running ? time : kNever;
}

// In less than one of a hundred tries the request comes between two runs, which are much longer.
void expectStoppedWhileRunning(const Backend& backend, const net::Graph& graph,
                               test::Stopwatch::duration promised = kNever) {
    const auto plan = backend.compile(graph, graph.input_shape, {.threads = 1});
    std::ranges::fill(plan->input(), 0.25F);
    EXPECT_LT(test::shortestOfThree(promised, [&] { return timeToStop(*plan); }), promised);
}

TEST_P(EveryBackend, CanBeStoppedBetweenLayers) {
    if (isMissing()) return;
    test::GraphMaker maker(Shape{1, 16, 256, 256});
    const net::SlidingWindow window{.kernel = {3, 3}, .padding = {1, 1, 1, 1}};
    net::ValueId x = maker.input();
    for (int i = 0; i < 200; ++i)
        x = maker.conv(x, {.in = 16, .out = 16, .window = window});
    expectStoppedWhileRunning(*GetParam(), maker.finish({x}));
}

// Seconds in any loops, and only one layer: large windows around every pixel, and one row of
// windows of all rows.
TEST_P(EveryBackend, CanBeStoppedWithinAPooling) {
    if (isMissing()) return;
    const net::SlidingWindow around{.kernel = {401, 401}, .padding = {200, 200, 200, 200}};
    const net::SlidingWindow all_rows{.kernel = {1024, 1024}};
    const std::pair<Shape, net::Op> cases[] = {
        {{1, 1, 256, 256}, net::MaxPool{.window = around}},
        {{1, 1, 256, 256}, net::AveragePool{.window = around}},
        {{1, 1, 1024, 4096}, net::MaxPool{.window = all_rows}}};
    for (const auto& [shape, pool] : cases) {
        test::GraphMaker maker(shape);
        const net::ValueId x = maker.node(pool, {maker.input()});
        expectStoppedWhileRunning(*GetParam(), maker.finish({x}), 250ms);
    }
}

// Minutes in plain loops, and only one layer.
TEST(ReferenceBackend, CanBeStoppedWithinALayer) {
    test::GraphMaker maker(Shape{1, 64, 512, 512});
    const net::ValueId x =
        maker.conv(maker.input(), {.in = 64, .out = 64, .window = {.kernel = {9, 9}}});
    expectStoppedWhileRunning(referenceBackend(), maker.finish({x}));
}

TEST_P(EveryBackend, LeavesTheFloatingPointModeOfTheCallerAlone) {
    if (isMissing()) return;
    const auto plan = GetParam()->compile(test::denseNetwork(), {1, 3, 40, 40}, {.threads = 2});
    plan->run();
    volatile float denormal = 1e-40F;
    EXPECT_GT(denormal * 0.5F, 0.0F);
}

TEST_P(EveryBackend, ProfileCoversTheWorkAndGivesTheSameNumbers) {
    if (isMissing()) return;
    const net::Graph graph = test::denseNetwork();
    const Shape input{1, 3, 40, 40};
    const auto plan = GetParam()->compile(graph, input, {.threads = 1});
    std::ranges::fill(plan->input(), 0.5F);
    plan->run();
    const std::vector<float> expected(plan->output(0).begin(), plan->output(0).end());
    const auto timings = plan->profile();
    EXPECT_TRUE(std::ranges::equal(plan->output(0), expected));
    EXPECT_GE(timings.size(), graph.nodes.size());
    std::int64_t multiply_adds = 0;
    for (const LayerTiming& timing : timings) {
        EXPECT_FALSE(timing.node.empty());
        EXPECT_FALSE(timing.op.empty());
        EXPECT_FALSE(timing.implementation.empty());
        EXPECT_GE(timing.ms, 0);
        multiply_adds += timing.multiply_adds;
    }
    EXPECT_EQ(multiply_adds, net::multiplyAdds(graph, input));
}

TEST_P(EveryBackend, DescribesItself) {
    if (isMissing()) return;
    const auto statistics =
        GetParam()->compile(test::denseNetwork(), {1, 3, 40, 40}, {.threads = 1})->statistics();
    const auto says = [&](const char* text) {
        return statistics.description.find(text) != std::string::npos;
    };
    EXPECT_TRUE(says("1 thread") || says("(GPU, ")) << statistics.description;
    EXPECT_GT(statistics.weight_bytes, 0);
    EXPECT_EQ(statistics.reorders_per_run, 0);
}

INSTANTIATE_TEST_SUITE_P(All, EveryBackend,
                         ::testing::ValuesIn(test::testedBackends().begin(),
                                             test::testedBackends().end()),
                         [](const auto& instance) { return std::string(instance.param->name()); });

}  // namespace
}  // namespace overfeat::backend
