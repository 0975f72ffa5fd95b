// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/backend/cuda/device.h"
#include "engine/core/tensor.h"

namespace overfeat::backend::cuda {

// The order of a convolution's weights on the device.
enum class Packing : std::uint8_t {
    kAsTheyAre,
    kForLibrary,  // [out][height][width][in]
    kForDirect,   // [height][width][in][out]
};

std::vector<float> packed(const Tensor& weights, Packing packing);

// Lets the plans of one network share weights: the scales of a pyramid would otherwise keep a copy
// each. Owns nothing; weights live as long as a plan uses them. Threads: any.
class WeightStore {
public:
    std::shared_ptr<const DeviceMemory> get(const std::shared_ptr<const Tensor>& weights,
                                            Packing packing, Stream& stream);

private:
    struct Entry {
        std::weak_ptr<const Tensor> source;
        Packing packing;
        std::weak_ptr<const DeviceMemory> memory;
    };
    std::mutex mutex_;
    std::vector<Entry> entries_;
};

}  // namespace overfeat::backend::cuda
