// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/weight_store.h"

namespace overfeat::backend::onednn {

std::shared_ptr<const PackedWeights> WeightStore::packed(
    const std::shared_ptr<const Tensor>& weights, const Convolution& convolution) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(entries_, [](const auto& entry) { return entry.isOver(); });
    for (const auto& entry : entries_) {
        if (entry.source.lock() != weights) continue;
        auto packed = entry.packed.lock();
        if (packed && convolution.accepts(*packed)) return packed;
    }
    auto packed = convolution.pack(weights->values().data());
    entries_.push_back({weights, packed});
    return packed;
}

std::shared_ptr<const TileWeights> WeightStore::forTiles(
    const std::shared_ptr<const Tensor>& weights) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(for_tiles_, [](const auto& entry) { return entry.isOver(); });
    for (const auto& entry : for_tiles_) {
        if (entry.source.lock() != weights) continue;
        if (auto packed = entry.packed.lock()) return packed;
    }
    auto packed = std::make_shared<const TileWeights>(*weights);
    for_tiles_.push_back({weights, packed});
    return packed;
}

}  // namespace overfeat::backend::onednn
