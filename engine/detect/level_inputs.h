// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "engine/backend/backend.h"
#include "engine/core/image.h"
#include "engine/detect/resampler.h"

namespace overfeat::detect {

// Gives plans the levels of a picture as their inputs. A device with memory of its own gets the
// picture once, as bytes, and its plans make their levels of it there; else the processor makes
// them, and writes them into the plans. Both are the same sums.
//
// Threads: the resampler's, which outlives it.
class LevelInputs {
public:
    explicit LevelInputs(Resampler& resampler) : resampler_(resampler) {}

    // See Resampler::begin(). `is_new`: the picture is another one than at the last call, so what
    // the device has of it is not looked at. Throws Error(kDeviceLost).
    void begin(const backend::Backend& backend, const Image& image, SizePx largest, bool is_new);
    // The picture at this size, which is that of the plan's input. Throws Error(kDeviceLost).
    void write(SizePx level, const Normaliser& normaliser, bool mirrored, backend::Plan& plan);
    // Of what is on the device.
    void letGo() noexcept;

private:
    Resampler& resampler_;
    const backend::Backend* backend_ = nullptr;          // whose the picture is
    std::shared_ptr<backend::DevicePicture> on_device_;  // null = the processor makes the levels
    PixelView there_;                                    // what it is of
    bool is_there_ = false;
};

}  // namespace overfeat::detect
