// SPDX-License-Identifier: Apache-2.0
//
// What the pointers of overfeat.h point to.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/recognition.h"
#include "engine/detect/features.h"
#include "engine/detect/recogniser.h"

struct overfeat_recogniser {
    explicit overfeat_recogniser(overfeat::detect::Recogniser made);

    // For one call; overfeat_cancel() stops the one that runs.
    std::stop_token begin();
    void end() noexcept;
    void cancel() noexcept;

    overfeat::detect::Recogniser recogniser;
    overfeat::detect::RecogniserInfo info;
    std::string device;
    std::string model;
    std::shared_ptr<const overfeat::TaughtClasses> taught;

private:
    std::mutex mutex_;
    std::optional<std::stop_source> running_;
};

struct overfeat_seen {
    overfeat::Recognition seen;
};

struct overfeat_features {
    overfeat::detect::FeatureExtractor extractor;
    overfeat::Tensor last;
};

namespace overfeat::c {

overfeat::detect::Placement placementOf(const overfeat_placement* given);
// Throws Error(kInput) for one without pixels, Error(kUsage) for a format that there is none of.
overfeat::Image imageOf(const overfeat_image* given);

}  // namespace overfeat::c
