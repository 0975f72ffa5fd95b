// SPDX-License-Identifier: Apache-2.0
#include "engine/core/shown_from.h"

namespace overfeat {

ShownFrom::ShownFrom(const DetectionOptions& options, const LabelSet* labels)
    : all_(static_cast<float>(options.score_threshold)) {
    if (labels == nullptr) return;
    for (const auto& [id, threshold] : options.class_thresholds) {
        if (const auto index = labels->indexOf(id)) own_[*index] = static_cast<float>(threshold);
    }
}

}  // namespace overfeat
