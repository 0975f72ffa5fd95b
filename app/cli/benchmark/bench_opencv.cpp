// SPDX-License-Identifier: Apache-2.0
//
// overfeat-bench-opencv: one forward pass of a network by our plan and by OpenCV's DNN module,
// alternating in one process on the same number of threads. A program of its own, so that people
// who run `overfeat` do not load OpenCV's DNN.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>
#include <string>
#include <vector>

#include "app/cli/bench_measurements.h"
#include "app/cli/console.h"
#include "engine/backend/registry.h"
#include "engine/core/error.h"
#include "engine/core/median.h"
#include "engine/net/model.h"
#include "engine/net/passes.h"

namespace overfeat::cli {
namespace {

struct Options {
    std::string model;
    std::string opencv_model;
    std::string device = "auto";
    int side = 224;
    int threads = 2;
    int runs = 30;
    bool json = false;
};

double millisecondsOf(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
}

// The same smooth numbers of the size of normalised pixels for both.
std::vector<float> testInput(int side) {
    std::vector<float> values(static_cast<std::size_t>(3 * side * side));
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<float>(std::sin(0.37 * static_cast<double>(i % 1009)));
    }
    return values;
}

// The largest difference, relative to the largest value.
double difference(std::span<const float> a, const float* b) {
    double largest = 0;
    double scale = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
        scale = std::max(scale, std::abs(static_cast<double>(a[i])));
    }
    return scale > 0 ? largest / scale : largest;
}

int run(const Options& options, Console& console) {
    const auto model = net::loadModel(options.model);
    const net::Graph graph = net::fuse(net::withOutputs(model->graph, {model->scores}));
    const backend::Choice choice = backend::chooseBackend(options.device);
    backend::CompileOptions compile;
    compile.threads = options.threads;
    const auto plan =
        choice.backend->compile(graph, Shape{1, 3, options.side, options.side}, compile);
    const std::vector<float> input = testInput(options.side);
    std::ranges::copy(input, plan->input().begin());

    cv::setNumThreads(options.threads);
    cv::dnn::Net opencv = cv::dnn::readNetFromONNX(options.opencv_model);
    const std::array<int, 4> extents{1, 3, options.side, options.side};
    const cv::Mat blob(4, extents.data(), CV_32F, const_cast<float*>(input.data()));  // only read
    opencv.setInput(blob);

    cv::Mat answer;
    const auto ours = [&] { plan->run(); };
    const auto theirs = [&] { answer = opencv.forward(); };
    constexpr int kWarmUps = 3;
    std::vector<double> our_ms;
    std::vector<double> their_ms;
    for (int i = -kWarmUps; i < options.runs; ++i) {
        const double a = millisecondsOf(ours);
        opencv.setInput(blob);
        const double b = millisecondsOf(theirs);
        if (i < 0) continue;
        our_ms.push_back(a);
        their_ms.push_back(b);
    }
    if (answer.total() != plan->output(0).size()) {
        throw Error(ErrorCode::kUsage,
                    "The two models have outputs of different sizes; give twins of one network.");
    }
    const double gap = difference(plan->output(0), answer.ptr<float>());
    const double ratio = median(their_ms) / median(our_ms);
    Results results(console, options.json);
    if (options.json) {
        results.object({{"side", options.side},
                        {"threads", options.threads},
                        {"runs", options.runs},
                        {"device", choice.device.sentence()},
                        {"overfeat_ms", median(our_ms)},
                        {"opencv_ms", median(their_ms)},
                        {"opencv_version", CV_VERSION},
                        {"ratio", ratio},
                        {"largest_difference", gap}});
        return 0;
    }
    const std::string side = std::to_string(options.side);
    results.line("one forward pass at " + side + "x" + side + ", " +
                 std::to_string(options.threads) + " threads, median of " +
                 std::to_string(options.runs) + ", alternating");
    results.line("  overfeat    " + padLeft(fixed(median(our_ms), 2), 8) + " ms  (" +
                 printable(choice.device.sentence()) + ")");
    results.line("  OpenCV " CV_VERSION + padLeft(fixed(median(their_ms), 2), 8) + " ms");
    results.line("  ratio       " + padLeft(fixed(ratio, 2), 8));
    results.line("  largest difference " + fixed(gap, 7) + " of the largest output");
    return 0;
}

int start(int argc, char** argv) {
    Options options;
    CLI::App app("Our plan against OpenCV's DNN module, on the same network and threads",
                 "overfeat-bench-opencv");
    app.add_option("--model", options.model, "The network as ONNX")->required();
    app.add_option("--opencv-model", options.opencv_model,
                   "The same network in a form OpenCV can read")
        ->required();
    app.add_option("--device", options.device, "auto, cpu, onednn or reference");
    app.add_option("--side", options.side, "Side of the input in pixels")
        ->check(CLI::Range(8, 4096));
    app.add_option("--threads", options.threads, "For both")->check(CLI::Range(1, 1024));
    app.add_option("--runs", options.runs, "How many of each")->check(CLI::Range(1, 100'000));
    app.add_flag("--json", options.json, "Print one JSON object");
    CLI11_PARSE(app, argc, argv);
    Console console{std::cout, std::cerr, {}};
    try {
        return run(options, console);
    } catch (const Error& error) {
        note(console, error.what());
        return exitCode(error.code());
    } catch (const OutputClosed&) {
        return 0;
    } catch (const std::exception& error) {
        note(console, std::string("OpenCV cannot do this (") + error.what() + ").");
        return exitCode(ErrorCode::kRuntime);
    }
}

}  // namespace
}  // namespace overfeat::cli

int main(int argc, char** argv) {
    try {
        return overfeat::cli::start(argc, argv);
    } catch (...) {  // no memory even for saying what is wrong
        return overfeat::exitCode(overfeat::ErrorCode::kRuntime);
    }
}
