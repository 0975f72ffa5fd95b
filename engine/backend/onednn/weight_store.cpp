// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/weight_store.h"

namespace overfeat::backend::onednn {

std::shared_ptr<const PackedWeights> WeightStore::packed(
    const std::shared_ptr<const Tensor>& weights, const Convolution& convolution) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(entries_, [](const Entry& entry) {
        return entry.source.expired() || entry.packed.expired();
    });
    for (const Entry& entry : entries_) {
        if (entry.source.lock() != weights) continue;
        auto packed = entry.packed.lock();
        if (packed && convolution.accepts(*packed)) return packed;
    }
    auto packed = convolution.pack(weights->values().data());
    entries_.push_back({weights, packed});
    return packed;
}

}  // namespace overfeat::backend::onednn
