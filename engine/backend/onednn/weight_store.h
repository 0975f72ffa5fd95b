// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "engine/backend/onednn/library.h"
#include "engine/core/tensor.h"

namespace overfeat::backend::onednn {

// Lets the plans of one network share packed weights: the four scales of a pyramid would otherwise
// keep four copies. Owns nothing; weights live as long as a plan uses them.
// Threads: any.
class WeightStore {
public:
    std::shared_ptr<const PackedWeights> packed(const std::shared_ptr<const Tensor>& weights,
                                                const Convolution& convolution);

private:
    struct Entry {
        std::weak_ptr<const Tensor> source;
        std::weak_ptr<const PackedWeights> packed;
    };
    std::mutex mutex_;
    std::vector<Entry> entries_;
};

}  // namespace overfeat::backend::onednn
