// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/backend/cuda/cuda_picture.h"
#include "engine/backend/cuda/device.h"
#include "engine/core/shape.h"

namespace overfeat::backend::cuda {

// The input of a plan that is made on the card of a picture there. Keeps the taps there until there
// are others. Threads: the plan's.
class PictureInput {
public:
    // See Plan::makeInputOf(); nothing may be queued in the plan's stream.
    bool choose(const std::shared_ptr<const DevicePicture>& picture, const Resizing& resizing,
                const Shape& input, Stream& stream);
    void clear() noexcept { picture_ = nullptr; }
    bool isChosen() const noexcept { return picture_ != nullptr; }

    // In how many parts it is made, and the work of one of them.
    std::int64_t parts(std::int64_t work_per_look) const noexcept;
    std::int64_t workOfPart(std::int64_t work_per_look) const noexcept;
    void queuePart(std::int64_t part, std::int64_t work_per_look, Array<float> input,
                   Stream& stream) const;

private:
    std::int64_t count() const noexcept;       // numbers of the input
    std::int64_t workOfEach() const noexcept;  // multiply-adds
    std::int64_t countOfPart(std::int64_t work_per_look) const noexcept;
    void keepTaps(const Resizing& resizing, Stream& stream);
    Taps tapsFrom(const AxisTaps& taps, std::int64_t& at) const;

    std::shared_ptr<const CudaPicture> picture_;  // null = none is chosen
    std::shared_ptr<const DeviceMemory> pixels_;  // its memory, which may be read until a wait
    Resize body_{};                               // but for where it writes to
    DeviceMemory taps_;
    std::vector<std::int32_t> uploaded_;  // what is in it: firsts, counts and weights, twice
    std::vector<std::int32_t> packed_;    // what is to be in it
};

}  // namespace overfeat::backend::cuda
