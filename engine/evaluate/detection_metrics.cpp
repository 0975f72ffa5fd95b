// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/detection_metrics.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace overfeat::evaluate {
namespace {

constexpr double kGoodOverlap = 0.5;
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

double levelAt(std::size_t level) {
    return 0.5 + 0.05 * static_cast<double>(level);
}

// Of a crowd any part is a good find: its overlap is the share of the detection inside it.
double overlapWith(const RectPx& found, const TruthBox& truth) {
    if (!truth.crowd) return intersectionOverUnion(found, truth.box);
    return found.area() > 0 ? intersection(found, truth.box).area() / found.area() : 0;
}

// cocoeval.py, evaluateImg: `truth` has the objects that do not count last, `judged` the best
// first.
void judgeCoco(const std::vector<TruthBox>& truth, const std::vector<RectPx>& boxes,
               std::size_t level, std::vector<JudgedDetection>& judged) {
    const auto bit = static_cast<std::uint16_t>(1U << level);
    std::vector<bool> taken(truth.size());
    const auto skipped = [&](std::size_t i) { return truth[i].crowd || truth[i].difficult; };
    for (std::size_t d = 0; d < boxes.size(); ++d) {
        double best = std::min(levelAt(level), 1 - 1e-10);
        std::size_t match = kNone;
        for (std::size_t i = 0; i < truth.size(); ++i) {
            if (taken[i] && !truth[i].crowd) continue;
            if (match != kNone && !skipped(match) && skipped(i)) break;
            const double overlap = overlapWith(boxes[d], truth[i]);
            if (overlap < best) continue;
            best = overlap;
            match = i;
        }
        if (match == kNone) continue;
        taken[match] = true;
        judged[d].matched = static_cast<std::uint16_t>(judged[d].matched | bit);
        if (skipped(match)) judged[d].ignored = static_cast<std::uint16_t>(judged[d].ignored | bit);
    }
}

// VOC development kit, VOCevaldet.m.
void judgeVoc(const std::vector<TruthBox>& truth, const std::vector<RectPx>& boxes,
              std::vector<JudgedDetection>& judged) {
    std::vector<bool> taken(truth.size());
    for (std::size_t d = 0; d < boxes.size(); ++d) {
        double best = -1;
        std::size_t match = kNone;
        for (std::size_t i = 0; i < truth.size(); ++i) {
            const double overlap = overlapWith(boxes[d], truth[i]);
            if (overlap <= best) continue;
            best = overlap;
            match = i;
        }
        if (match == kNone || best < kGoodOverlap) continue;
        if (truth[match].difficult || truth[match].crowd) {
            judged[d].voc = JudgedDetection::Voc::kNeither;
        } else if (!taken[match]) {
            judged[d].voc = JudgedDetection::Voc::kRight;
            taken[match] = true;
        }
    }
}

struct Curve {
    std::vector<double> recall;
    std::vector<double> precision;  // the largest at this recall or more
};

Curve curveOf(const std::vector<bool>& right, std::size_t objects) {
    Curve curve;
    double hits = 0;
    for (std::size_t i = 0; i < right.size(); ++i) {
        if (right[i]) ++hits;
        curve.recall.push_back(hits / static_cast<double>(objects));
        curve.precision.push_back(hits / static_cast<double>(i + 1));
    }
    for (std::size_t i = curve.precision.size(); i-- > 1;)
        curve.precision[i - 1] = std::max(curve.precision[i - 1], curve.precision[i]);
    return curve;
}

double precisionAt(const Curve& curve, double recall) {
    const auto at = std::ranges::lower_bound(curve.recall, recall);
    if (at == curve.recall.end()) return 0;
    return curve.precision[static_cast<std::size_t>(at - curve.recall.begin())];
}

double areaUnder(const Curve& curve) {
    double area = 0;
    double before = 0;
    for (std::size_t i = 0; i < curve.recall.size(); ++i) {
        area += (curve.recall[i] - before) * curve.precision[i];
        before = curve.recall[i];
    }
    return area;
}

double mean(std::span<const float> values) {
    return values.empty() ? 0
                          : std::accumulate(values.begin(), values.end(), 0.0) /
                                static_cast<double>(values.size());
}

}  // namespace

std::optional<double> areaUnderRoc(std::span<const float> positive,
                                   std::span<const float> negative) {
    if (positive.empty() || negative.empty()) return std::nullopt;
    std::vector<float> sorted(negative.begin(), negative.end());
    std::ranges::sort(sorted);
    double wins = 0;
    for (const float value : positive) {
        const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
        wins +=
            static_cast<double>(first - sorted.begin()) + 0.5 * static_cast<double>(last - first);
    }
    return wins / (static_cast<double>(positive.size()) * static_cast<double>(negative.size()));
}

std::vector<std::optional<JudgedDetection>> DetectionTally::add(
    std::span<const TruthBox> truth, std::span<const Detection> objects) {
    std::vector<std::optional<JudgedDetection>> answer(objects.size());
    for (std::size_t c = 0; c < found_.size(); ++c) {
        std::vector<TruthBox> wanted;
        for (const TruthBox& one : truth) {
            if (one.class_index == c) wanted.push_back(one);
        }
        std::ranges::stable_sort(wanted, {},
                                 [](const TruthBox& one) { return one.crowd || one.difficult; });
        objects_[c] += static_cast<std::size_t>(std::ranges::count_if(
            wanted, [](const TruthBox& one) { return !one.crowd && !one.difficult; }));
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < objects.size(); ++i) {
            if (objects[i].class_index == c) order.push_back(i);
        }
        std::ranges::stable_sort(order, std::greater{},
                                 [&](std::size_t i) { return objects[i].score; });
        order.resize(std::min(order.size(), kMaxPerPicture));
        std::vector<RectPx> boxes;
        std::vector<JudgedDetection> judged;
        for (const std::size_t i : order) {
            boxes.push_back(objects[i].box);
            judged.push_back({.score = objects[i].score,
                              .confidence = objects[i].confidence,
                              .votes = objects[i].votes(),
                              .among_best = i < kMaxPerPicture});
        }
        for (std::size_t level = 0; level < kOverlapLevels; ++level)
            judgeCoco(wanted, boxes, level, judged);
        judgeVoc(wanted, boxes, judged);
        for (std::size_t k = 0; k < order.size(); ++k)
            answer[order[k]] = judged[k];
        found_[c].insert(found_[c].end(), judged.begin(), judged.end());
    }
    return answer;
}

DetectionScores DetectionTally::scores() const {
    DetectionScores scores;
    std::vector<float> true_confidences;
    std::vector<float> false_confidences;
    for (std::size_t c = 0; c < found_.size(); ++c) {
        std::vector<JudgedDetection> sorted = found_[c];
        std::ranges::stable_sort(sorted, std::greater{}, &JudgedDetection::score);
        for (const JudgedDetection& one : sorted) {
            if (one.counts() && one.among_best)
                (one.isTrue() ? true_confidences : false_confidences).push_back(one.confidence);
        }
        if (objects_[c] == 0) continue;
        ClassPrecision row{.class_index = c, .objects = objects_[c]};
        for (std::size_t level = 0; level < kOverlapLevels; ++level) {
            std::vector<bool> right;
            for (const JudgedDetection& one : sorted) {
                if (((one.ignored >> level) & 1U) == 0)
                    right.push_back(((one.matched >> level) & 1U) != 0);
            }
            const Curve curve = curveOf(right, objects_[c]);
            double sum = 0;
            for (std::size_t i = 0; i < kRecallPoints; ++i) {
                const double precision = precisionAt(curve, static_cast<double>(i) * 0.01);
                sum += precision;
                if (level == 0) scores.precision_at_recall[i] += precision;
            }
            const double average = sum / static_cast<double>(kRecallPoints);
            if (level == 0) row.ap50 = average;
            row.ap50_95 += average / static_cast<double>(kOverlapLevels);
        }
        std::vector<bool> right;
        for (const JudgedDetection& one : sorted) {
            if (one.voc != JudgedDetection::Voc::kNeither)
                right.push_back(one.voc == JudgedDetection::Voc::kRight);
        }
        const Curve curve = curveOf(right, objects_[c]);
        for (int i = 0; i <= 10; ++i)
            row.voc11 += precisionAt(curve, i / 10.0) / 11;
        row.voc_all = areaUnder(curve);
        scores.classes.push_back(row);
    }
    const double count = std::max<double>(1, static_cast<double>(scores.classes.size()));
    for (const ClassPrecision& row : scores.classes) {
        scores.ap50 += row.ap50 / count;
        scores.ap50_95 += row.ap50_95 / count;
        scores.voc11 += row.voc11 / count;
        scores.voc_all += row.voc_all / count;
    }
    for (double& precision : scores.precision_at_recall)
        precision /= count;
    scores.true_detections = true_confidences.size();
    scores.false_detections = false_confidences.size();
    scores.mean_true_confidence = mean(true_confidences);
    scores.mean_false_confidence = mean(false_confidences);
    scores.auroc = areaUnderRoc(true_confidences, false_confidences);
    return scores;
}

void FiveBoxTally::add(std::span<const TruthBox> truth, std::span<const Detection> objects) {
    std::vector<const Detection*> order;
    for (const Detection& one : objects)
        order.push_back(&one);
    std::ranges::stable_sort(order, std::greater{},
                             [](const Detection* one) { return one->score; });
    std::vector<const Detection*> answers;
    for (const Detection* one : order) {
        if (answers.size() == kAnswers) break;
        if (std::ranges::none_of(answers, [&](const Detection* other) {
                return other->class_index == one->class_index;
            })) {
            answers.push_back(one);
        }
    }
    double missed1 = 0;
    double missed5 = 0;
    double wanted = 0;
    for (const TruthBox& object : truth) {
        if (object.difficult || object.crowd) continue;
        ++wanted;
        const auto hit = std::ranges::find_if(answers, [&](const Detection* answer) {
            return answer->class_index == object.class_index &&
                   std::ranges::any_of(truth, [&](const TruthBox& any) {
                       return any.class_index == object.class_index &&
                              intersectionOverUnion(any.box, answer->box) >= kGoodOverlap;
                   });
        });
        if (hit == answers.end()) ++missed5;
        if (hit == answers.end() || hit != answers.begin()) ++missed1;
    }
    if (wanted == 0) return;
    ++pictures_;
    top1_ += missed1 / wanted;
    top5_ += missed5 / wanted;
}

double FiveBoxTally::top1Error() const noexcept {
    return pictures_ > 0 ? top1_ / static_cast<double>(pictures_) : 0;
}

double FiveBoxTally::top5Error() const noexcept {
    return pictures_ > 0 ? top5_ / static_cast<double>(pictures_) : 0;
}

}  // namespace overfeat::evaluate
