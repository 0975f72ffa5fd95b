// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/evidence_boxes.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "engine/detect/bands.h"
#include "engine/detect/level_result.h"
#include "engine/detect/network.h"
#include "engine/detect/score_head.h"
#include "engine/detect/vectorised.h"
#include "engine/net/onnx_reader.h"

// Defined in heads.S.
extern "C" {
extern const std::byte overfeat_evidence_head_begin[];
extern const std::byte overfeat_evidence_head_end[];
}

namespace overfeat::detect {
namespace {

constexpr int kGrid = 7;  // the head's maps are kGrid x kGrid
constexpr std::size_t kGridCells = std::size_t{kGrid} * kGrid;
constexpr std::size_t kMaps = 2;

// The recipe's scaling: by the largest value in the window, so that what is strong anywhere else
// does not matter (models/training/README.md).
constexpr float kLeastDivisor = 1e-3F;
constexpr float kLowestEvidence = -1;

// Some cells of the features and what is added up of them.
struct CellSums {
    const float* features;  // [channel][cell]
    std::size_t channels;
    std::size_t cells;
    std::span<const float* const> rows;  // weights, per channel
    float* squares;                      // of all channels, per cell
    float* evidence;                     // [row][cell]
};

OVERFEAT_VECTORISED void addChannels(const CellSums& sums, std::size_t begin, std::size_t end) {
    for (std::size_t c = 0; c < sums.channels; ++c) {
        const float* plane = sums.features + c * sums.cells;
        for (std::size_t i = begin; i < end; ++i)
            sums.squares[i] += plane[i] * plane[i];
        float* evidence = sums.evidence;
        for (const float* row : sums.rows) {
            const float weight = row[c];
            for (std::size_t i = begin; i < end; ++i)
                evidence[i] += weight * plane[i];
            evidence += sums.cells;
        }
    }
}

float largest(std::span<const float> values) {
    return std::max(*std::ranges::max_element(values), kLeastDivisor);
}

}  // namespace

std::shared_ptr<const net::Graph> EvidenceBoxes::head() {
    const std::span<const std::byte> file{overfeat_evidence_head_begin, overfeat_evidence_head_end};
    return std::make_shared<const net::Graph>(net::parseGraph(file));
}

Shape EvidenceBoxes::headInput() {
    return {kBatch, kMaps, kGrid, kGrid};
}

void EvidenceBoxes::propose(const EvidenceSource& source, const LabelSet& labels,
                            const backend::Plan& plan, backend::Plan& head, LevelResult& result) {
    chooseClasses(labels, result);
    chooseWindows(result);
    result.boxes.classes = classes_;
    result.boxes.weights.clear();
    result.boxes.px.assign(std::max<std::size_t>(classes_.size(), 1) * result.cellCount(), {});
    if (candidates_.empty()) return;
    weigh(source, plan);
    weighWindows(source, result);
    const std::span<const Candidate> all(candidates_);
    for (std::size_t first = 0; first < all.size(); first += kBatch) {
        settle(source, all.subspan(first, std::min<std::size_t>(kBatch, all.size() - first)), head,
               result);
    }
}

void EvidenceBoxes::chooseClasses(const LabelSet& labels, const LevelResult& result) {
    ranked_.clear();
    const std::size_t cells = result.cellCount();
    for (std::size_t k = 0; k < labels.size(); ++k) {
        if (labels.isBackground(k)) continue;
        const auto plane = std::span(result.probabilities).subspan(k * cells, cells);
        const float best = *std::ranges::max_element(plane);
        if (best >= kLeastProbability) ranked_.emplace_back(-best, k);
    }
    const std::size_t count = std::min(ranked_.size(), kClasses);
    std::ranges::partial_sort(ranked_, ranked_.begin() + static_cast<std::ptrdiff_t>(count));
    classes_.clear();
    for (std::size_t i = 0; i < count; ++i)
        classes_.push_back(ranked_[i].second);
    std::ranges::sort(classes_);
}

void EvidenceBoxes::chooseWindows(const LevelResult& result) {
    candidates_.clear();
    for (std::size_t set = 0; set < classes_.size(); ++set) {
        const float* probability = result.probabilities.data() + classes_[set] * result.cellCount();
        for (int row = 0; row < result.cells.height; ++row) {
            for (int column = 0; column < result.cells.width; ++column, ++probability) {
                if (*probability < kLeastProbability) continue;
                candidates_.push_back({*probability, set, row, column});
            }
        }
    }
    if (candidates_.size() <= kMostBoxes) return;
    std::ranges::nth_element(candidates_,
                             candidates_.begin() + static_cast<std::ptrdiff_t>(kMostBoxes),
                             [](const Candidate& a, const Candidate& b) {
                                 return std::tie(b.probability, a.set, a.row, a.column) <
                                        std::tie(a.probability, b.set, b.row, b.column);
                             });
    candidates_.resize(kMostBoxes);
}

// The evidence of the classes that propose, and how much there is to see at each cell.
void EvidenceBoxes::weigh(const EvidenceSource& source, const backend::Plan& plan) {
    const std::size_t output = EvidenceSource::kOutput;
    const Shape& shape = plan.outputShape(output);
    map_ = {static_cast<int>(shape[3]), static_cast<int>(shape[2])};
    const auto channels = static_cast<std::size_t>(shape[1]);
    const auto cells = static_cast<std::size_t>(shape[2] * shape[3]);
    const float* features = plan.output(output).data();
    const float* weight = source.linear.weight->values().data();

    norms_.assign(cells, 0);
    rows_.clear();
    evidence_.clear();
    const auto add = [&](const float* row, float bias) {
        rows_.push_back(row);
        evidence_.resize(rows_.size() * cells, bias);
    };
    for (const std::size_t k : classes_)
        add(weight + k * channels, source.linear.bias ? source.linear.bias->values()[k] : 0.0F);
    if (source.objectness) add(source.objectness->weights.data(), source.objectness->bias);
    const CellSums sums{features, channels, cells, rows_, norms_.data(), evidence_.data()};
    inBands(cells, threads_, [&](std::size_t, std::size_t begin, std::size_t end) {
        addChannels(sums, begin, end);
    });
    for (float& norm : norms_)
        norm = std::sqrt(norm);
}

// The mean over a window's cells is what the head was trained on, and its logistic function how
// likely the window shows an object.
void EvidenceBoxes::weighWindows(const EvidenceSource& source, LevelResult& result) const {
    if (!source.objectness) return;
    const net::LinearEvidence& linear = source.linear;
    const auto cells = static_cast<std::size_t>(map_.width) * static_cast<std::size_t>(map_.height);
    const float* map = evidence_.data() + classes_.size() * cells;
    const float share = 1 / static_cast<float>(linear.cells.height * linear.cells.width);
    result.boxes.weights.reserve(result.cellCount());
    for (int row = 0; row < result.cells.height; ++row) {
        for (int column = 0; column < result.cells.width; ++column) {
            float sum = 0;
            for (std::int64_t i = 0; i < linear.cells.height; ++i) {
                const float* line = map + (row + i * linear.spacing.height) * map_.width + column;
                for (std::int64_t j = 0; j < linear.cells.width; ++j)
                    sum += line[j * linear.spacing.width];
            }
            result.boxes.weights.push_back(1 / (1 + std::exp(-sum * share)));
        }
    }
}

// The head's maps of one window: of each grid place the cell nearest to its middle.
void EvidenceBoxes::writeMaps(const EvidenceSource& source, const Candidate& window,
                              std::span<float> maps) {
    const net::LinearEvidence& linear = source.linear;
    const auto cells = static_cast<std::size_t>(map_.width) * static_cast<std::size_t>(map_.height);
    const float* evidence = evidence_.data() + window.set * cells;
    const auto nearest = [](int place, std::int64_t count) {
        return (2 * place + 1) * static_cast<int>(count) / (2 * kGrid);
    };
    std::size_t at = 0;
    for (int i = 0; i < kGrid; ++i) {
        const int y =
            window.row + nearest(i, linear.cells.height) * static_cast<int>(linear.spacing.height);
        for (int j = 0; j < kGrid; ++j, ++at) {
            const int x = window.column +
                          nearest(j, linear.cells.width) * static_cast<int>(linear.spacing.width);
            const auto cell = static_cast<std::size_t>(y) * static_cast<std::size_t>(map_.width) +
                              static_cast<std::size_t>(x);
            maps[at] = evidence[cell];
            maps[kGridCells + at] = norms_[cell];
        }
    }
    const float most_evidence = largest(maps.first(kGridCells));
    const float most_norm = largest(maps.subspan(kGridCells, kGridCells));
    for (std::size_t i = 0; i < kGridCells; ++i) {
        maps[i] = std::max(maps[i] / most_evidence, kLowestEvidence);
        maps[kGridCells + i] /= most_norm;
    }
}

void EvidenceBoxes::settle(const EvidenceSource& source, std::span<const Candidate> batch,
                           backend::Plan& head, LevelResult& result) {
    constexpr std::size_t kFloats = kMaps * kGridCells;
    for (std::size_t i = 0; i < batch.size(); ++i)
        writeMaps(source, batch[i], head.input().subspan(i * kFloats, kFloats));
    head.run();
    const std::span<const float> edges = head.output(0);
    const double scale_x = result.first_window_px.width / source.window_px;
    const double scale_y = result.first_window_px.height / source.window_px;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const Candidate& from = batch[i];
        const RectPx window = result.windowAt(from.row, from.column);
        const RectPx cells{window.x + source.cells_px.x * scale_x,
                           window.y + source.cells_px.y * scale_y, source.cells_px.width * scale_x,
                           source.cells_px.height * scale_y};
        const float* edge = edges.data() + 4 * i;
        result.boxes.px[from.set * result.cellCount() +
                        static_cast<std::size_t>(from.row * result.cells.width + from.column)] =
            boxFromWindow(cells, edge[0], edge[1], edge[2], edge[3], false);
    }
}

}  // namespace overfeat::detect
