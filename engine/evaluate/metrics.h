// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/core/geometry.h"
#include "engine/core/label_set.h"
#include "engine/core/recognition.h"

namespace overfeat::evaluate {

// The flat error of ILSVRC: a picture counts as right if its class is among the best k answers.
// Background is no answer, as everywhere in the program.
class ClassificationTally {
public:
    void add(std::span<const float> scores, const LabelSet& labels, std::size_t truth);

    std::int64_t pictures() const noexcept { return pictures_; }
    double top1Error() const noexcept;  // 0..1; 0 without pictures
    double top5Error() const noexcept;

private:
    std::int64_t pictures_ = 0;
    std::int64_t top1_ = 0;
    std::int64_t top5_ = 0;
};

// ILSVRC's localisation error for one object per picture: right if one of the best k answers is the
// class, and the box given with it overlaps the object's by an IoU of at least 0.5. The network has
// one box for all classes, so the box's own quality is counted apart from the class, too.
class LocalisationTally {
public:
    static constexpr double kGoodOverlap = 0.5;

    void add(std::span<const float> scores, const LabelSet& labels, std::size_t truth,
             const RectPx& box, const RectPx& true_box);

    std::int64_t pictures() const noexcept { return pictures_; }
    double top1Error() const noexcept;
    double top5Error() const noexcept;
    double meanOverlap() const noexcept;   // mean IoU, whatever the class
    double goodBoxShare() const noexcept;  // share of boxes with IoU >= kGoodOverlap

private:
    std::int64_t pictures_ = 0;
    std::int64_t top1_ = 0;
    std::int64_t top5_ = 0;
    std::int64_t good_ = 0;
    double overlap_sum_ = 0;
};

// What the network makes of pictures that show no object.
class BackgroundTally {
public:
    // Probability from which an object counts as shown: the default threshold of the program.
    static constexpr float kShown = 0.3F;

    void add(std::span<const float> scores, const LabelSet& labels);

    std::int64_t pictures() const noexcept { return pictures_; }
    // Share of pictures in which an object scores higher than background.
    double calledObjectShare() const noexcept;
    // Share of pictures in which an object has a score of at least kShown.
    double shownShare() const noexcept;

private:
    std::int64_t pictures_ = 0;
    std::int64_t called_ = 0;
    std::int64_t shown_ = 0;
};

// The position of `truth` among the answers, 0 = best, background left out; equal scores count in
// order of their index.
std::size_t rankOf(std::span<const float> scores, const LabelSet& labels, std::size_t truth);

}  // namespace overfeat::evaluate
