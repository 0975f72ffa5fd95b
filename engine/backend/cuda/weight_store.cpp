// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/weight_store.h"

#include <span>
#include <utility>

namespace overfeat::backend::cuda {

std::vector<float> packed(const Tensor& weights, Packing packing) {
    const auto values = weights.values();
    std::vector<float> result(values.begin(), values.end());
    if (packing == Packing::kAsTheyAre) return result;
    const Shape& shape = weights.shape();
    const std::int64_t outs = shape[0];
    const std::int64_t ins = shape[1];
    const std::int64_t taps = shape.rank() == 4 ? shape[2] * shape[3] : 1;
    const bool for_library = packing == Packing::kForLibrary;
    std::size_t from = 0;
    for (std::int64_t out = 0; out < outs; ++out) {
        for (std::int64_t in = 0; in < ins; ++in) {
            for (std::int64_t tap = 0; tap < taps; ++tap) {
                const std::int64_t to =
                    for_library ? (out * taps + tap) * ins + in : (tap * ins + in) * outs + out;
                result[static_cast<std::size_t>(to)] = values[from++];
            }
        }
    }
    return result;
}

std::shared_ptr<const DeviceMemory> WeightStore::get(const std::shared_ptr<const Tensor>& weights,
                                                     Packing packing, Stream& stream) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(entries_, [](const Entry& entry) {
        return entry.source.expired() || entry.memory.expired();
    });
    for (const Entry& entry : entries_) {
        if (entry.packing != packing || entry.source.lock() != weights) continue;
        if (auto memory = entry.memory.lock()) return memory;
    }
    const std::vector<float> values = packed(*weights, packing);
    auto memory = std::make_shared<const DeviceMemory>(
        stream.upload(std::as_bytes(std::span<const float>(values))));
    entries_.push_back({weights, packing, memory});
    return memory;
}

}  // namespace overfeat::backend::cuda
