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

#include "engine/c/overfeat.h"
#include "engine/core/recognition.h"
#include "engine/detect/features.h"
#include "engine/detect/recogniser.h"

struct overfeat_recogniser {
    explicit overfeat_recogniser(overfeat::detect::Recogniser made);

    // One call while it runs: what overfeat_cancel() stops.
    class Call {
    public:
        explicit Call(overfeat_recogniser& of);
        ~Call();
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;

        const std::stop_token& stop() const noexcept { return stop_; }

    private:
        overfeat_recogniser& of_;
        std::stop_token stop_;
    };
    void cancel() noexcept;

    overfeat::detect::Recogniser recogniser;
    overfeat::detect::RecogniserInfo info;
    std::string device;
    std::string model;
    // Looks share it; it is changed only while nobody else has it.
    std::shared_ptr<overfeat::TaughtClasses> taught;

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
