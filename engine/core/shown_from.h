// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>

#include "engine/core/api.h"
#include "engine/core/detection_options.h"
#include "engine/core/label_set.h"

namespace overfeat {

// From which score on a class is shown: options that speak of classes, for those of one look.
class OVERFEAT_API ShownFrom {
public:
    // `labels` may be null: then no class has a threshold of its own.
    ShownFrom(const DetectionOptions& options, const LabelSet* labels);

    float operator()(std::size_t class_index) const noexcept {
        const auto own = own_.find(class_index);
        return own == own_.end() ? all_ : own->second;
    }

private:
    float all_;
    std::map<std::size_t, float> own_;
};

}  // namespace overfeat
