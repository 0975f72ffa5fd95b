// SPDX-License-Identifier: Apache-2.0
#include "ui/ranked_scores.h"

#include <algorithm>
#include <utility>

namespace overfeat::ui {
namespace {

// A challenger passes at once if it is better by this much...
constexpr float kClearFactor = 1.15F;
constexpr float kClearMargin = 0.01F;
// ...or after having been better for so long.
constexpr double kPatience_s = 1.0;

bool contains(const std::vector<ScoredClass>& rows, std::size_t index) {
    return std::ranges::any_of(rows, [&](const ScoredClass& row) { return row.index == index; });
}

}  // namespace

void RankedScores::setSmooth(bool smooth) {
    smooth_ = smooth;
    smoother_.reset();
    rivals_.clear();
}

void RankedScores::reset() {
    smoother_.reset();
    rows_.clear();
    history_.clear();
    rivals_.clear();
}

std::span<const float> RankedScores::scores() const noexcept {
    return history_.empty() ? std::span<const float>() : history_.back();
}

std::vector<float> RankedScores::history(std::size_t class_index) const {
    std::vector<float> values;
    for (const auto& scores : history_) {
        if (class_index < scores.size()) values.push_back(scores[class_index]);
    }
    return values;
}

void RankedScores::add(std::span<const float> scores, const std::shared_ptr<const LabelSet>& labels,
                       double elapsed_s) {
    if (!history_.empty() && history_.back().size() != scores.size()) reset();
    elapsed_s_ = std::clamp(elapsed_s, 0.0, 10.0);
    const auto steadied = smooth_ ? smoother_.add(scores, elapsed_s_) : scores;
    history_.emplace_back(steadied.begin(), steadied.end());
    if (history_.size() > kHistory) history_.pop_front();

    const auto best = topClasses(history_.back(), labels ? *labels : LabelSet(), wanted_rows_);
    rivals_before_ = std::exchange(rivals_, {});
    if (!smooth_ || rows_.size() != best.size()) {
        rows_ = best;
        return;
    }
    admit(best);
    for (ScoredClass& row : rows_)
        row.score = scoreOf(row.index);
    order();
}

// Lets the classes that belong among the best take the rows of those that no longer do.
void RankedScores::admit(const std::vector<ScoredClass>& best) {
    for (ScoredClass& row : rows_)
        row.score = scoreOf(row.index);
    for (const ScoredClass& candidate : best) {
        if (contains(rows_, candidate.index)) continue;
        ScoredClass* weakest = nullptr;
        for (ScoredClass& row : rows_) {
            if (!contains(best, row.index) && (!weakest || row.score < weakest->score)) {
                weakest = &row;
            }
        }
        if (weakest && mayPass(weakest->index, candidate.index)) *weakest = candidate;
    }
}

void RankedScores::order() {
    for (std::size_t i = 1; i < rows_.size(); ++i) {
        for (std::size_t at = i; at > 0; --at) {
            if (rows_[at].score <= rows_[at - 1].score ||
                !mayPass(rows_[at - 1].index, rows_[at].index)) {
                break;
            }
            std::swap(rows_[at], rows_[at - 1]);
        }
    }
}

// Remembers how long the challenger has been ahead of the holder.
bool RankedScores::mayPass(std::size_t holder, std::size_t challenger) {
    const float held = scoreOf(holder);
    const float challenged = scoreOf(challenger);
    if (challenged > held * kClearFactor + kClearMargin) return true;
    Rivals now{holder, challenger, elapsed_s_};
    for (const Rivals& before : rivals_before_) {
        if (before.holder == holder && before.challenger == challenger) {
            now.ahead_s += before.ahead_s;
        }
    }
    if (now.ahead_s >= kPatience_s) return true;
    rivals_.push_back(now);
    return false;
}

}  // namespace overfeat::ui
