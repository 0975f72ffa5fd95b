// SPDX-License-Identifier: Apache-2.0
//
// What packaging/gpu-check asks of the engine: overfeat-device-report BACKEND RUNS MODEL... prints
// one JSON object per model: how far a backend is from the reference, and how long its plans take,
// for the network on its window and on the four levels of a frame of 640x480. With 0 RUNS nothing
// is timed. "simulated" is the card of the tests.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "engine/backend/reference/reference_backend.h"
#include "engine/core/error.h"
#include "engine/net/model.h"
#include "engine/net/passes.h"
#include "tests/engine/backend/simulated/tested_backends.h"

namespace overfeat {
namespace {

using nlohmann::ordered_json;

// The levels of a network with a window of 64 px.
constexpr std::pair<int, int> kLevels[] = {{64, 80}, {96, 128}, {144, 192}, {224, 304}};

void fillPicture(std::span<float> input) {
    std::uint32_t state = 1;
    for (float& value : input) {
        state = state * 1664525U + 1013904223U;
        value = static_cast<float>(state >> 8) / 8388608.0F - 1.0F;
    }
}

// The largest difference, as a part of the largest value.
double difference(const backend::Backend& backend, const net::Graph& graph, const Shape& input,
                  bool may_round) {
    const auto expected = backend::referenceBackend().compile(graph, input, {});
    const auto actual = backend.compile(graph, input, {.may_round_factors = may_round});
    fillPicture(expected->input());
    fillPicture(actual->input());
    expected->run();
    actual->run();
    double worst = 0;
    for (std::size_t i = 0; i < expected->outputCount(); ++i) {
        const auto e = expected->output(i);
        const auto a = actual->output(i);
        double largest = 0;
        double apart = 0;
        for (std::size_t k = 0; k < e.size(); ++k) {
            largest = std::max(largest, std::abs(double{e[k]}));
            const double here = std::abs(double{a[k]} - e[k]);
            apart = std::isfinite(here) ? std::max(apart, here) : HUGE_VAL;
        }
        worst = std::max(worst, largest > 0 ? apart / largest : apart);
    }
    return worst;
}

ordered_json timed(const backend::Backend& backend, const net::Graph& graph, const Shape& input,
                   int runs) {
    using Clock = std::chrono::steady_clock;
    const auto plan = backend.compile(graph, input, {.may_round_factors = true});
    fillPicture(plan->input());
    plan->run();
    std::vector<double> times;
    for (int i = 0; i < runs; ++i) {
        const auto start = Clock::now();
        plan->run();
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    }
    std::ranges::sort(times);
    ordered_json layers = ordered_json::array();
    for (const backend::LayerTiming& layer : plan->profile())
        layers.push_back({layer.node, layer.op, layer.implementation, layer.ms});
    const backend::PlanStatistics statistics = plan->statistics();
    return {{"input", input.toString()},
            {"median_ms", times[times.size() / 2]},
            {"least_ms", times.front()},
            {"workspace_bytes", statistics.workspace_bytes},
            {"weight_bytes", statistics.weight_bytes},
            {"layers", layers}};
}

ordered_json report(const backend::Backend& backend, const std::string& path, int runs) {
    const auto model = net::loadModel(path);
    const net::Graph window = net::fuse(net::withOutputs(model->graph, {model->scores}));
    const net::DenseGraph dense = net::makeDense(window, model->window_px);
    const std::int64_t side = model->window_px;
    const Shape one{1, 3, side, side};
    ordered_json json{{"model", model->name},
                      {"device", backend.probe().sentence},
                      {"difference", difference(backend, window, one, false)},
                      {"difference_rounded", difference(backend, window, one, true)}};
    ordered_json plans = ordered_json::array();
    if (runs > 0) plans.push_back(timed(backend, window, one, runs));
    if (dense.report.fidelity != net::DenseFidelity::kClassificationOnly) {
        const auto level = [&](const std::pair<int, int>& size) {
            return Shape{1, 3, size.first * side / 64, size.second * side / 64};
        };
        json["difference_dense"] = difference(backend, dense.graph, level(kLevels[0]), false);
        for (const auto& size : std::span(kLevels).first(runs > 0 ? std::size(kLevels) : 0))
            plans.push_back(timed(backend, dense.graph, level(size), runs));
    }
    json["plans"] = plans;
    return json;
}

}  // namespace
}  // namespace overfeat

int main(int argc, char** argv) {
    if (argc < 4) {
        std::cerr << "usage: overfeat-device-report BACKEND RUNS MODEL...\n";
        return 2;
    }
    for (const overfeat::backend::Backend* backend : overfeat::test::testedBackends()) {
        if (backend->name() != argv[1]) continue;
        int status = 0;
        for (int i = 3; i < argc; ++i) {
            try {
                const auto json = overfeat::report(*backend, argv[i], std::atoi(argv[2]));
                std::cout << json.dump() << std::endl;
            } catch (const std::exception& error) {
                std::cout
                    << overfeat::ordered_json{{"model", argv[i]}, {"error", error.what()}}.dump()
                    << std::endl;
                status = 4;
            }
        }
        return status;
    }
    std::cerr << "There is no backend of that name.\n";
    return 2;
}
