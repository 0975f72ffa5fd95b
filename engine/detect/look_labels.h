// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "engine/core/label_set.h"
#include "engine/core/look.h"
#include "engine/core/taught_classes.h"

namespace overfeat::detect {

// What class indices mean for a look: the network's classes, if it wants them, and behind them
// those that were taught. Threads: one.
class LookLabels {
public:
    // `space` is that of the network's embeddings (TaughtClasses::space), or empty.
    const std::shared_ptr<const LabelSet>& of(const Look& look,
                                              const std::shared_ptr<const LabelSet>& network,
                                              const std::string& space);

private:
    std::shared_ptr<const TaughtClasses> taught_;  // that labels_ are of
    bool with_network_ = true;                     // likewise
    std::shared_ptr<const LabelSet> labels_;
};

}  // namespace overfeat::detect
