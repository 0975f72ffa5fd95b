// SPDX-License-Identifier: Apache-2.0
#include "app/cli/bench_measurements.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <sstream>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/median.h"
#include "engine/detect/merge_votes.h"
#include "engine/detect/network.h"
#include "engine/detect/proposals.h"
#include "engine/detect/suppress.h"

namespace overfeat::cli {
namespace {

using Clock = std::chrono::steady_clock;

double millisecondsSince(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void checkStop(const std::stop_token& stop) {
    if (stop.stop_requested()) {
        throw Error(ErrorCode::kCancelled, "Interrupted before the measurement was finished.");
    }
}

double percentile(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    const double position = std::ceil(share * static_cast<double>(values.size())) - 1;
    const auto at = static_cast<std::ptrdiff_t>(std::max(position, 0.0));
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return values[static_cast<std::size_t>(at)];
}

// Numbers of the size that normalised pictures have, without a pattern; always the same.
class Noise {
public:
    float next() {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;  // Knuth, MMIX
        return static_cast<float>(state_ >> 40U) / static_cast<float>(1U << 23U) - 1.0F;
    }

private:
    std::uint64_t state_ = 1;
};

SizePx planeSize(const Shape& input) {
    return {static_cast<int>(input[3]), static_cast<int>(input[2])};
}

// Copies the window at (x, y) from the planes of one plan's input to another's.
void crop(backend::Plan& from, int x, int y, backend::Plan& to) {
    const SizePx all = planeSize(from.inputShape());
    const SizePx window = planeSize(to.inputShape());
    const auto source = from.input();
    const auto target = to.input();
    const auto width = static_cast<std::size_t>(window.width);
    for (int row = 0; row < 3 * window.height; ++row) {
        const int plane = row / window.height;
        const int source_row = plane * all.height + y + row % window.height;
        const auto offset =
            static_cast<std::size_t>(source_row) * static_cast<std::size_t>(all.width) +
            static_cast<std::size_t>(x);
        std::copy_n(
            source.begin() + static_cast<std::ptrdiff_t>(offset), width,
            target.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(row) * width));
    }
}

LevelCost windowCost(const detect::Network& network, std::size_t number, Views views) {
    const int windows = views == Views::kTen ? 10 : 1;
    const int side = network.model().window_px;
    return {.model = number,
            .input = {side, side},
            .cells = {windows, 1},
            .multiply_adds = net::multiplyAdds(*network.windowGraph(), {windows, 3, side, side})};
}

LevelCost denseCost(const net::DenseGraph& dense, std::size_t number, SizePx level, bool flip) {
    const Shape input{1, 3, level.height, level.width};
    const auto shapes = net::inferShapes(dense.graph, input);
    const auto output = static_cast<std::size_t>(dense.graph.outputs.front());
    return {.model = number,
            .input = level,
            .cells = planeSize(shapes[output]),
            .multiply_adds = (flip ? 2 : 1) * net::multiplyAdds(dense.graph, input)};
}

// Remembers the largest difference and the largest value of one output.
struct Difference {
    double largest = 0;
    double scale = std::numeric_limits<double>::min();

    void add(float a, float b) {
        largest = std::max(largest, std::abs(static_cast<double>(a) - b));
        scale = std::max(scale, std::abs(static_cast<double>(a)));
    }
};

// One answer of the dense plan, cell by cell, against the window plan's.
void compareCell(const backend::Plan& dense, const backend::Plan& window, std::size_t cell,
                 std::vector<Difference>& differences) {
    for (std::size_t i = 0; i < dense.outputCount(); ++i) {
        const auto all = dense.output(i);
        const auto one = window.output(i);
        const std::size_t cells = all.size() / one.size();
        for (std::size_t channel = 0; channel < one.size(); ++channel) {
            differences[i].add(all[channel * cells + cell], one[channel]);
        }
    }
}

}  // namespace

Image benchmarkPicture(SizePx size) {
    Image picture(size);
    Noise noise;
    for (int y = 0; y < size.height; ++y) {
        std::uint8_t* row = picture.row(y);
        for (int x = 0; x < size.width; ++x) {
            for (int channel = 0; channel < 3; ++channel) {
                const double wave = std::sin(0.02 * (channel + 1) * x) * std::cos(0.03 * y);
                const double value = 127.5 + 90 * wave + 37 * static_cast<double>(noise.next());
                *row++ = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
            }
        }
    }
    return picture;
}

StageMedians measureStages(detect::Recogniser& recogniser, const Image& picture, const Look& look,
                           int runs, const std::stop_token& stop) {
    StageMedians result;
    const auto first = Clock::now();
    recogniser.recognise(picture, look, stop);
    result.first_ms = millisecondsSince(first);

    std::array<std::vector<double>, kStageCount> stages;
    std::vector<double> totals;
    for (int run = 0; run < runs; ++run) {
        const auto start = Clock::now();
        result.last = recogniser.recognise(picture, look, stop);
        totals.push_back(millisecondsSince(start));
        for (int i = 0; i < kStageCount; ++i) {
            stages[static_cast<std::size_t>(i)].push_back(
                result.last.timings[static_cast<Stage>(i)]);
        }
    }
    for (int i = 0; i < kStageCount; ++i) {
        result.stages.add(static_cast<Stage>(i), median(stages[static_cast<std::size_t>(i)]));
    }
    result.total_ms = median(totals);
    result.slow_ms = percentile(totals, 0.95);
    result.runs = runs;
    return result;
}

std::vector<LevelCost> levelCosts(const std::vector<std::shared_ptr<const net::Model>>& models,
                                  const Look& look, SizePx frame) {
    std::vector<LevelCost> costs;
    for (std::size_t i = 0; i < models.size(); ++i) {
        detect::Network network(models[i]);
        if (look.views != Views::kDense || !network.canBeDense()) {
            costs.push_back(windowCost(network, i, look.views));
            continue;
        }
        const auto dense =
            network.denseGraph(std::min(look.fine_steps, network.fineStepsAvailable()));
        for (const SizePx level : network.levels(
                 frame, {look.scale_count, look.smallest_side_windows, look.largest_side_windows}))
            costs.push_back(denseCost(*dense, i, level, look.flip));
    }
    return costs;
}

WindowsComparison compareWithWindows(const net::Model& model, SizePx input, int fine_steps,
                                     const backend::Backend& device, int threads, int rounds,
                                     const std::stop_token& stop) {
    detect::Network network(std::shared_ptr<const net::Model>(&model, [](const net::Model*) {}));
    if (!network.canBeDense()) {
        throw Error(ErrorCode::kModel,
                    "The network cannot slide over a picture, so there is nothing to compare.");
    }
    const auto graph = network.denseGraph(fine_steps);
    backend::CompileOptions options;
    options.threads = threads;
    const auto dense = device.compile(graph->graph, {1, 3, input.height, input.width}, options);
    const auto window =
        device.compile(*network.windowGraph(), {1, 3, model.window_px, model.window_px}, options);
    Noise noise;
    for (float& value : dense->input())
        value = 2 * noise.next();

    WindowsComparison result;
    result.input = input;
    result.fidelity = graph->report.fidelity;
    const Shape& cells = dense->outputShape(0);
    std::vector<Difference> differences(dense->outputCount());
    std::vector<double> dense_ms;
    std::vector<double> windows_ms;
    for (int round = 0; round <= rounds; ++round) {  // the first one warms up and compares
        auto start = Clock::now();
        dense->run();
        if (round > 0) dense_ms.push_back(millisecondsSince(start));
        start = Clock::now();
        for (std::int64_t cell = 0; cell < cells[2] * cells[3]; ++cell) {
            checkStop(stop);
            crop(*dense, static_cast<int>(cell % cells[3] * graph->stride_px.width),
                 static_cast<int>(cell / cells[3] * graph->stride_px.height), *window);
            window->run();
            if (round == 0) {
                compareCell(*dense, *window, static_cast<std::size_t>(cell), differences);
            }
        }
        if (round > 0) windows_ms.push_back(millisecondsSince(start));
    }
    result.windows = cells[2] * cells[3];
    result.dense_ms = median(dense_ms);
    result.windows_ms = median(windows_ms);
    for (const Difference& difference : differences) {
        result.largest_difference =
            std::max(result.largest_difference, difference.largest / difference.scale);
    }
    return result;
}

double peakMultiplyAddsPerSecond(const backend::Backend& device, int threads) {
    constexpr std::int64_t kChannels = 512;
    constexpr std::int64_t kSide = 56;
    constexpr int kRuns = 12;
    net::Graph graph;
    graph.input = graph.addValue("x");
    graph.input_shape = {1, kChannels, kSide, kSide};
    std::vector<float> weights(static_cast<std::size_t>(kChannels * kChannels));
    Noise noise;
    for (float& weight : weights)
        weight = noise.next() / static_cast<float>(kChannels);
    const auto weight = graph.addValue(
        "w", std::make_shared<const Tensor>(Shape{kChannels, kChannels, 1, 1}, std::move(weights)));
    const auto y = graph.addValue("y");
    graph.nodes.push_back({"peak", net::Conv{}, {graph.input, weight, net::kNoValue}, y});
    graph.outputs = {y};

    backend::CompileOptions options;
    options.threads = threads;
    const auto plan = device.compile(graph, graph.input_shape, options);
    for (float& value : plan->input())
        value = noise.next();
    double best_ms = std::numeric_limits<double>::infinity();
    for (int run = 0; run < kRuns; ++run) {
        // The plan's own clock around the layer leaves out copying the input.
        for (const backend::LayerTiming& layer : plan->profile()) {
            if (layer.multiply_adds > 0 && layer.ms > 0) best_ms = std::min(best_ms, layer.ms);
        }
    }
    return static_cast<double>(net::multiplyAdds(graph, graph.input_shape)) / best_ms * 1000;
}

Memory residentMemory() {
    Memory memory;
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        std::istringstream words(line);
        std::string key;
        std::int64_t kib = 0;
        words >> key >> kib;
        if (key == "VmRSS:") memory.resident_bytes = kib * 1024;
        if (key == "VmHWM:") memory.peak_bytes = kib * 1024;
    }
    return memory;
}

double slope(const std::vector<double>& x, const std::vector<double>& y) {
    const auto count = static_cast<double>(x.size());
    if (x.size() < 2) return 0;
    const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / count;
    const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / count;
    double covariance = 0;
    double variance = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        covariance += (x[i] - mean_x) * (y[i] - mean_y);
        variance += (x[i] - mean_x) * (x[i] - mean_x);
    }
    return variance > 0 ? covariance / variance : 0;
}

MergeTimes measureMerging(const Recognition& seen, int boxes, int threads, int runs) {
    DetectionOptions options;
    options.window_threshold = 0;
    options.max_raw_boxes = boxes;
    const auto raw = detect::proposals(seen, options);
    MergeTimes result{.boxes = raw.size()};
    const auto time = [&](auto merge) {
        std::vector<double> times;
        for (int run = 0; run < runs; ++run) {
            const auto start = Clock::now();
            const auto objects = merge(raw, options);
            times.push_back(millisecondsSince(start));
        }
        return median(std::move(times));
    };
    result.vote_ms = time([threads](const auto& proposed, const auto& how) {
        return detect::mergeVotes(proposed, how, threads);
    });
    const ShownFrom shown_from(options, seen.labels.get());
    result.nms_ms = time([&shown_from](const auto& proposed, const auto& how) {
        return detect::suppress(proposed, how, shown_from);
    });
    result.soft_nms_ms = time([&shown_from](const auto& proposed, const auto& how) {
        return detect::suppressSoftly(proposed, how, shown_from);
    });
    return result;
}

}  // namespace overfeat::cli
