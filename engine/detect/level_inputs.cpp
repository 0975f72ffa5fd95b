// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/level_inputs.h"

namespace overfeat::detect {

void LevelInputs::begin(const backend::Backend& backend, const Image& image, SizePx largest,
                        bool is_new) {
    resampler_.begin(image, largest);
    if (backend_ != &backend) {
        letGo();
        on_device_ = backend.makePicture();
        backend_ = &backend;
    }
    if (on_device_ == nullptr) return;
    const PixelView& pixels = resampler_.source();
    // Networks that vote mostly look at the same one.
    const bool same = !is_new && pixels.rgb == there_.rgb && pixels.size == there_.size;
    if (same) return;
    is_there_ = false;
    is_there_ = on_device_->set(pixels.rgb, pixels.row_bytes, pixels.size);
    there_ = pixels;
}

void LevelInputs::write(SizePx level, const Normaliser& normaliser, bool mirrored,
                        backend::Plan& plan) {
    if (is_there_ && plan.makeInputOf(on_device_, resampler_.resizing(level, normaliser, mirrored)))
        return;
    resampler_.write(level, normaliser, mirrored, plan.input());
}

void LevelInputs::letGo() noexcept {
    backend_ = nullptr;
    on_device_ = nullptr;
    there_ = {};
    is_there_ = false;
}

}  // namespace overfeat::detect
