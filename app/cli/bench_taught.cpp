// SPDX-License-Identifier: Apache-2.0
#include "app/cli/bench_taught.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <memory>
#include <random>
#include <utility>

#include "app/cli/inputs.h"
#include "app/cli/recognition_output.h"
#include "app/teach/teacher.h"
#include "engine/core/error.h"
#include "engine/core/median.h"
#include "engine/core/taught_classes.h"

namespace overfeat::cli {
namespace {

constexpr std::size_t kMostExamples = 100;
constexpr std::int64_t kMostFrames = 20;  // of a video

double processorMs() {
    return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

struct Captured {
    std::vector<ExampleEmbedding> examples;
    double ms = 0;            // median of one capture
    double processor_ms = 0;  // likewise
};

// Boxes of a fifth to a half of a picture's shorter side, up to 2.5 times as high as wide or as
// wide as high.
RectPx drawnBox(SizePx picture, std::mt19937& random) {
    const auto share = [&] { return static_cast<double>(random()) / 4294967296.0; };
    const double longer = (0.2 + 0.3 * share()) * std::min(picture.width, picture.height);
    const double aspect = std::exp(std::log(2.5) * (2 * share() - 1));
    const double width = aspect >= 1 ? longer / aspect : longer;
    const double height = width * aspect;
    return {share() * (picture.width - width), share() * (picture.height - height), width, height};
}

Captured captureFrom(const std::vector<std::string>& inputs, std::size_t count,
                     detect::Recogniser& recogniser, Console& console) {
    const std::size_t wanted = std::min(count, kMostExamples);
    std::vector<Image> pictures;
    forEachFrame(
        inputs, {.every = 30, .max_frames = kMostFrames, .most = static_cast<std::int64_t>(wanted)},
        console, [&](const InputFrame& input) { pictures.push_back(input.image); });
    if (pictures.empty()) {
        throw Error(ErrorCode::kInput,
                    "There is no picture to teach parts of; name others with --taught-from.");
    }
    Captured captured;
    std::vector<double> ms;
    std::vector<double> processor_ms;
    std::mt19937 random(1);
    for (std::size_t i = 0; i < wanted; ++i) {
        const Image& picture = pictures[i % pictures.size()];
        const Example example{.image = picture, .box = drawnBox(picture.size(), random)};
        const auto start = std::chrono::steady_clock::now();
        const double before = processorMs();
        captured.examples.push_back(
            teach::prepareLesson(recogniser, example, "bench", console.stop).embedding);
        processor_ms.push_back(processorMs() - before);
        ms.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                .count());
    }
    captured.ms = median(std::move(ms));
    captured.processor_ms = median(std::move(processor_ms));
    return captured;
}

Look lookingFor(int count, const Captured& captured, const detect::Recogniser& recogniser,
                Look look) {
    if (count == 0) return look;
    auto taught = std::make_shared<TaughtClasses>();
    taught->space = recogniser.info().embedding_space;
    for (int i = 0; i < count; ++i) {
        EmbeddedClass one;
        one.id = one.name = std::to_string(i);
        one.examples.push_back(
            captured.examples[static_cast<std::size_t>(i) % captured.examples.size()]);
        taught->classes.push_back(std::move(one));
    }
    look.taught = std::move(taught);
    return look;
}

}  // namespace

int benchTaught(const BenchTaughtOptions& options, const Image& picture,
                detect::Recogniser& recogniser, Console& console, Results& results) {
    teach::requireTeachable(recogniser);
    std::vector<int> counts = options.counts;
    counts.insert(counts.begin(), 0);
    std::ranges::sort(counts);
    counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
    const Captured captured =
        captureFrom(options.from, static_cast<std::size_t>(counts.back()), recogniser, console);
    struct Row {
        Look look;
        std::vector<double> processor_ms;
        std::vector<double> ms;
        std::size_t shown = 0;
    };
    std::vector<Row> rows;
    rows.reserve(counts.size());
    for (const int count : counts)
        rows.push_back({lookingFor(count, captured, recogniser, options.look), {}, {}, 0});
    for (int run = 0; run <= options.runs; ++run) {  // the first one compiles
        for (Row& row : rows) {
            recogniser.recognise(picture, row.look, console.stop);  // whose classes are new to it
            const auto start = std::chrono::steady_clock::now();
            const double before = processorMs();
            const Recognition seen = recogniser.recognise(picture, row.look, console.stop);
            if (run == 0) continue;
            row.processor_ms.push_back(processorMs() - before);
            row.ms.push_back(
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                    .count());
            row.shown = static_cast<std::size_t>(std::ranges::count_if(
                seen.detections.objects,
                [&](const Detection& one) { return seen.labels->isTaught(one.class_index); }));
        }
    }
    const double alone = median(rows.front().processor_ms);
    auto json = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const double processor = median(rows[i].processor_ms);
        json.push_back({{"classes", counts[i]},
                        {"processor_ms", thousandths(processor)},
                        {"median_ms", thousandths(median(rows[i].ms))},
                        {"ratio", thousandths(processor / alone)},
                        {"taught_shown", rows[i].shown}});
    }
    if (results.json()) {
        results.object({{"capture_ms", thousandths(captured.ms)},
                        {"capture_processor_ms", thousandths(captured.processor_ms)},
                        {"taught", std::move(json)}});
        return 0;
    }
    results.line("taught classes   processor ms     ms   times none   shown");
    for (const auto& row : json) {
        results.line(padLeft(std::to_string(row["classes"].get<int>()), 14) +
                     padLeft(fixed(row["processor_ms"].get<double>(), 1), 15) +
                     padLeft(fixed(row["median_ms"].get<double>(), 1), 7) +
                     padLeft(fixed(row["ratio"].get<double>(), 3), 13) +
                     padLeft(std::to_string(row["taught_shown"].get<std::size_t>()), 8));
    }
    results.line("a capture takes " + fixed(captured.ms, 1) + " ms, " +
                 fixed(captured.processor_ms, 1) + " ms of the processor");
    return 0;
}

}  // namespace overfeat::cli
