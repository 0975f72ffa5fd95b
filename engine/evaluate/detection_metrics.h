// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/core/detection.h"
#include "engine/evaluate/annotated_set.h"

namespace overfeat::evaluate {

inline constexpr std::size_t kOverlapLevels = 10;  // IoU 0.50, 0.55, ..., 0.95
inline constexpr std::size_t kRecallPoints = 101;
inline constexpr std::size_t kMaxPerPicture = 100;  // of a class in a picture, as COCO counts

// What became of one detection.
struct JudgedDetection {
    float score = 0;
    float confidence = 0;
    std::size_t votes = 0;
    bool among_best = true;     // of the kMaxPerPicture first of its picture, whatever the class
    std::uint16_t matched = 0;  // bit i: found an object at IoU 0.5 + 0.05 i (COCO's rules)
    std::uint16_t ignored = 0;  // bit i: there it is neither right nor wrong
    enum class Voc : std::uint8_t { kRight, kWrong, kNeither } voc = Voc::kWrong;

    bool isTrue() const noexcept { return (matched & 1U) != 0 && (ignored & 1U) == 0; }
    bool counts() const noexcept { return (ignored & 1U) == 0; }
};

// Average precisions of one class, 0..1.
struct ClassPrecision {
    std::size_t class_index = 0;
    std::size_t objects = 0;
    double ap50 = 0;     // COCO, IoU 0.5
    double ap50_95 = 0;  // COCO, mean over the ten levels
    double voc11 = 0;    // VOC 2007: mean of 11 points
    double voc_all = 0;  // VOC 2010: area under the curve
};

struct DetectionScores {
    // Means over the classes that have objects.
    double ap50 = 0;
    double ap50_95 = 0;
    double voc11 = 0;
    double voc_all = 0;
    std::vector<ClassPrecision> classes;  // those with objects
    // Mean over the classes of the precision at recall 0, 0.01, ..., 1 (IoU 0.5); its mean is ap50.
    std::array<double, kRecallPoints> precision_at_recall{};

    // Of what a program gives out, the best kMaxPerPicture of a picture. Suppression leaves
    // hundreds more, nearly all with no confidence; they would say how many were kept, not how well
    // those that matter are told apart. True: IoU >= 0.5 with an object of the class that no better
    // detection took.
    std::size_t true_detections = 0;
    std::size_t false_detections = 0;
    double mean_true_confidence = 0;
    double mean_false_confidence = 0;
    // How well accumulated confidence tells true from false: the probability that a random true
    // detection has more of it than a random false one, ties counting half. Nothing without both.
    std::optional<double> auroc;
};

// The probability that a value of `positive` exceeds one of `negative`, ties counting half.
std::optional<double> areaUnderRoc(std::span<const float> positive,
                                   std::span<const float> negative);

// Collects what was found in pictures and compares it with the truth. The rules are those of
// pycocotools 2.0 (cocoeval.py: greedy in order of the score, crowds last, 101 recall points, area
// "all", 100 detections per class and picture) and of the VOC development kit (the object with the
// largest overlap or nothing, difficult ones neither). A VOC object marked difficult is a crowd
// that ends after one detection to COCO's rules: neither right nor wrong.
class DetectionTally {
public:
    explicit DetectionTally(std::size_t class_count) : found_(class_count), objects_(class_count) {}

    // `truth` in the same classes as `objects`, the best first; both of one picture. Returns what
    // became of each of `objects`, in their order; nothing for those beyond kMaxPerPicture of their
    // class.
    std::vector<std::optional<JudgedDetection>> add(std::span<const TruthBox> truth,
                                                    std::span<const Detection> objects);

    DetectionScores scores() const;

private:
    std::vector<std::vector<JudgedDetection>> found_;  // per class
    std::vector<std::size_t> objects_;                 // that count, per class
};

// ILSVRC's localisation error with five answers, each a class and a box: of every class the best
// detection, the five best of those. An object is found if an answer has its class and an IoU of at
// least 0.5 with it (with any of the same class); a picture's error is the share of its objects
// that were not (Russakovsky et al. 2015, section 4.2, for one class per picture).
class FiveBoxTally {
public:
    static constexpr std::size_t kAnswers = 5;

    void add(std::span<const TruthBox> truth, std::span<const Detection> objects);

    std::size_t pictures() const noexcept { return pictures_; }
    double top1Error() const noexcept;
    double top5Error() const noexcept;

private:
    std::size_t pictures_ = 0;
    double top1_ = 0;
    double top5_ = 0;
};

}  // namespace overfeat::evaluate
