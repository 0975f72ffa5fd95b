// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "engine/core/recognition.h"

namespace overfeat::ui {

// The best classes over time, for a list that a person can read: scores are steadied, and a class
// keeps its row until another one is clearly better, or has been better for a while. Nothing moves
// unless the world moved.
class RankedScores {
public:
    explicit RankedScores(std::size_t rows = 5) : wanted_rows_(rows) {}

    // false = raw: every result as it came, in strict order.
    void setSmooth(bool smooth);
    bool isSmooth() const noexcept { return smooth_; }

    // `elapsed_s`: time between this result's frame and the one before.
    void add(std::span<const float> scores, const std::shared_ptr<const LabelSet>& labels,
             double elapsed_s);
    void reset();

    const std::vector<ScoredClass>& rows() const noexcept { return rows_; }
    // Of every class, as steadied; empty before the first result.
    std::span<const float> scores() const noexcept;
    // The class's scores of the last results, oldest first.
    std::vector<float> history(std::size_t class_index) const;
    static constexpr std::size_t kHistory = 64;

private:
    struct Rivals {
        std::size_t holder = 0;
        std::size_t challenger = 0;
        double ahead_s = 0;
    };
    void admit(const std::vector<ScoredClass>& best);
    void order();
    bool mayPass(std::size_t holder, std::size_t challenger);
    float scoreOf(std::size_t class_index) const { return history_.back()[class_index]; }

    std::size_t wanted_rows_;
    bool smooth_ = true;
    ScoreSmoother smoother_;
    std::vector<ScoredClass> rows_;
    std::deque<std::vector<float>> history_;
    std::vector<Rivals> rivals_;
    std::vector<Rivals> rivals_before_;
    double elapsed_s_ = 0;
};

}  // namespace overfeat::ui
