// SPDX-License-Identifier: Apache-2.0
//
// What the pointers of overfeat.h point to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/c/kept.h"
#include "engine/c/overfeat.h"
#include "engine/c/turn.h"
#include "engine/core/image.h"
#include "engine/core/label_set.h"
#include "engine/core/recognition.h"
#include "engine/core/taught_classes.h"
#include "engine/core/tensor.h"
#include "engine/detect/features.h"
#include "engine/detect/recogniser.h"

struct overfeat_recogniser {
    overfeat_recogniser(overfeat::detect::Recogniser made, overfeat::detect::Placement where);

    struct Layer {
        std::string name;
        std::string operation;
        overfeat::Shape shape;
    };

    struct Device {
        std::string name;
        std::string sentence;
        bool operator==(const Device&) const = default;
    };
    // Only in a turn.
    void noteDevice() noexcept;

    // Only in a turn.
    overfeat::detect::Recogniser recogniser;
    // Looks share it; it is changed only while nobody else has it, and only in a turn.
    std::shared_ptr<overfeat::TaughtClasses> taught;
    overfeat::c::Turns turns;

    // Does not change.
    overfeat::detect::Placement placement;
    overfeat::detect::RecogniserInfo info;  // but for its device
    std::string model;
    std::vector<Layer> layers;

    overfeat::c::Kept<Device> device;
};

struct overfeat_seen {
    overfeat::Recognition seen;
};

struct overfeat_features {
    overfeat_features(const std::shared_ptr<const overfeat::net::Model>& model, const char* layer,
                      const overfeat::detect::Placement& placement);

    // Only in a turn.
    void noteDevice() noexcept;

    // Only in a turn.
    overfeat::detect::FeatureExtractor extractor;
    std::vector<float> last;
    overfeat::Image picture;  // the memory of the last one, for the next of that size
    overfeat::c::Turns turns;

    // Does not change.
    std::string layer;
    overfeat::Shape shape;
    std::size_t count = 0;
    int window_px = 0;

    overfeat::c::Kept<std::string> device;
};

struct overfeat_models {
    struct Model {
        std::string name;
        std::string file;
        std::string refusal;  // empty = it can be used
        int window_px = 0;
        std::size_t class_count = 0;
    };
    std::vector<Model> models;
};

namespace overfeat::c {

// Throws Error(kUsage) for one that there is none of.
detect::Placement placementOf(const overfeat_placement* given);
// Where a recogniser works by now: the device that took over from one that was lost comes first.
detect::Placement placementNow(const overfeat_recogniser& owner);
overfeat_class classOf(const LabelSet& labels, std::size_t index);
// Throws Error(kInput) for one without pixels, Error(kUsage) for a format that there is none of.
Image imageOf(const overfeat_image* given);
// The same into a picture there is, whose memory is used if the size is the same.
void readImage(const overfeat_image* given, Image& image);

}  // namespace overfeat::c
