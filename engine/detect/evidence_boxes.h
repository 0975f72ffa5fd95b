// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/core/geometry.h"
#include "engine/core/label_set.h"
#include "engine/core/shape.h"
#include "engine/net/graph.h"

namespace overfeat::detect {

struct EvidenceSource;
struct LevelResult;

// Boxes for classifiers that have none: a small network of ours (models/heads) looks at where in a
// window the evidence of a class lies and says where the object ends. It knows no class and no
// trunk, so it serves every network whose evidence is a sum (net::linearEvidence).
// Threads: one at a time, which lends its team. Keeps its scratch memory.
class EvidenceBoxes {
public:
    // As many threads as `threads` (core/jobs.h).
    explicit EvidenceBoxes(int threads = 1) : threads_(threads) {}

    // Windows per run of the head.
    static constexpr int kBatch = 32;
    // Of a level propose only: this many classes, the best ones; windows that give them at least
    // this probability; the best so many windows and classes. All are beyond the default
    // DetectionOptions, so that a frozen result can be asked again with lower thresholds.
    static constexpr std::size_t kClasses = 12;
    static constexpr float kLeastProbability = 0.02F;
    static constexpr std::size_t kMostBoxes = 1024;

    // The head: input [N, 2, 7, 7], output [N, 4] (x1, y1, x2, y2 in shares of the window's
    // cells).
    static std::shared_ptr<const net::Graph> head();
    static Shape headInput();

    // Fills `result.boxes`, and where the source knows it what the windows vote with, from its
    // probabilities and the features of `plan`, which has run.
    void propose(const EvidenceSource& source, const LabelSet& labels, const backend::Plan& plan,
                 backend::Plan& head, LevelResult& result);

private:
    struct Candidate {
        float probability = 0;
        std::size_t set = 0;  // index into the proposing classes
        int row = 0;
        int column = 0;
    };

    void chooseClasses(const LabelSet& labels, const LevelResult& result);
    void chooseWindows(const LevelResult& result);
    void weigh(const EvidenceSource& source, const backend::Plan& plan);
    void weighWindows(const EvidenceSource& source, LevelResult& result) const;
    void writeMaps(const EvidenceSource& source, const Candidate& window, std::span<float> maps);
    void settle(const EvidenceSource& source, std::span<const Candidate> batch, backend::Plan& head,
                LevelResult& result);

    int threads_;
    std::vector<std::size_t> classes_;  // that propose, rising
    std::vector<std::pair<float, std::size_t>> ranked_;
    std::vector<Candidate> candidates_;
    SizePx map_;                // cells of the features
    std::vector<float> norms_;  // of the features, per cell
    // What is added up over the channels: weights of the classes that propose, then those of the
    // objectness, if there is one.
    std::vector<const float*> rows_;
    std::vector<float> evidence_;  // [row][cell]
};

}  // namespace overfeat::detect
