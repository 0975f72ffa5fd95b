// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "engine/backend/onednn/library.h"
#include "engine/backend/onednn/winograd.h"
#include "engine/core/tensor.h"

namespace overfeat::backend::onednn {

// Lets the plans of one network share packed weights: the four scales of a pyramid would otherwise
// keep four copies. Owns nothing; weights live as long as a plan uses them.
// Threads: any.
class WeightStore {
public:
    std::shared_ptr<const PackedWeights> packed(const std::shared_ptr<const Tensor>& weights,
                                                const Convolution& convolution);
    // For Winograd's algorithm.
    std::shared_ptr<const TileWeights> forTiles(const std::shared_ptr<const Tensor>& weights);

private:
    template <class Packed>
    struct Entry {
        std::weak_ptr<const Tensor> source;
        std::weak_ptr<const Packed> packed;

        bool isOver() const noexcept { return source.expired() || packed.expired(); }
    };
    std::mutex mutex_;
    std::vector<Entry<PackedWeights>> entries_;
    std::vector<Entry<TileWeights>> for_tiles_;
};

}  // namespace overfeat::backend::onednn
