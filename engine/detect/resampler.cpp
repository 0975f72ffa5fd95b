// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/resampler.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "engine/core/error.h"

namespace overfeat::detect {
namespace {

std::int64_t pixels(SizePx size) {
    return std::int64_t{size.width} * size.height;
}

}  // namespace

void Resampler::begin(const Image& image, SizePx largest) {
    source_ = {image.row(0), image.rowBytes(), image.size()};
    const SizePx twice{2 * largest.width, 2 * largest.height};
    if (largest.empty() || image.width() <= twice.width || image.height() <= twice.height) return;
    // Only where the levels then read less than half as much.
    if (pixels(image.size()) < 2 * pixels(twice)) return;
    source_ = resized(source_, twice, shared_);
}

PixelView Resampler::whole(SizePx size) {
    return resized(source_, size, result_);
}

void Resampler::write(SizePx size, const Normaliser& normaliser, bool mirrored,
                      std::span<float> planes) {
    const auto row = [&](int y, const float* pixels) {
        normaliser.writeRow(pixels, size, y, mirrored, planes);
    };
    scaler_.scale(source_, size, std::ref(row));
}

backend::Resizing Resampler::resizing(SizePx size, const Normaliser& normaliser, bool mirrored) {
    backend::Resizing made = scaler_.resizing(source_.size, size);
    made.mean = normaliser.mean();
    made.factor = normaliser.factor();
    made.mirrored = mirrored;
    return made;
}

PixelView Resampler::part(const PixelRect& part, SizePx size) {
    const PixelView cut{source_.rgb + static_cast<std::size_t>(part.y) * source_.row_bytes +
                            static_cast<std::size_t>(part.x) * 3,
                        source_.row_bytes, part.size};
    return resized(cut, size, result_);
}

PixelView Resampler::centre(double crop, int window_px) {
    return filtered_.of(source_, crop, window_px);
}

PixelView Resampler::resized(const PixelView& from, SizePx size, std::vector<std::uint8_t>& to) {
    if (from.size == size) return from;
    const auto width = static_cast<std::size_t>(size.width);
    const std::size_t bytes = width * static_cast<std::size_t>(size.height) * 3;
    if (to.size() < bytes) to.resize(bytes);
    const auto row = [&](int y, const float* pixels) {
        std::uint8_t* out = to.data() + static_cast<std::size_t>(y) * width * 3;
        for (std::size_t x = 0; x < width; ++x, out += 3, pixels += 4) {
            for (std::size_t c = 0; c < 3; ++c)
                out[c] = static_cast<std::uint8_t>(std::clamp(pixels[c] + 0.5F, 0.0F, 255.0F));
        }
    };
    scaler_.scale(from, size, std::ref(row));
    return {to.data(), width * 3, size};
}

Normaliser::Normaliser(const net::Normalisation& normalisation)
    : value_of_byte_(), mean_(), factor_() {
    for (std::size_t channel = 0; channel < 3; ++channel) {
        const float mean = normalisation.mean[channel];
        const float std = normalisation.std[channel];
        if (!std::isfinite(mean) || !std::isfinite(std) || std <= 0) {
            throw Error(ErrorCode::kModel,
                        "The model's mean and std for its input pixels are not usable numbers; "
                        "correct overfeat.mean and overfeat.std in the file or its sidecar.");
        }
        mean_[channel] = mean;
        factor_[channel] = 1 / std;
        for (std::size_t byte = 0; byte < 256; ++byte) {
            value_of_byte_[channel][byte] = (static_cast<float>(byte) - mean) / std;
        }
    }
}

void Normaliser::write(const PixelView& pixels, bool mirrored,
                       std::span<float> planes) const noexcept {
    const auto width = static_cast<std::size_t>(pixels.size.width);
    const auto height = static_cast<std::size_t>(pixels.size.height);
    const auto& [red_of, green_of, blue_of] = value_of_byte_;
    float* red = planes.data();
    float* green = red + width * height;
    float* blue = green + width * height;
    for (std::size_t y = 0; y < height; ++y) {
        const std::uint8_t* from = pixels.rgb + y * pixels.row_bytes;
        const std::ptrdiff_t step = mirrored ? -3 : 3;
        if (mirrored) from += (width - 1) * 3;
        for (std::size_t x = 0; x < width; ++x, from += step) {
            red[x] = red_of[from[0]];
            green[x] = green_of[from[1]];
            blue[x] = blue_of[from[2]];
        }
        red += width;
        green += width;
        blue += width;
    }
}

void Normaliser::writeRow(const float* pixels, SizePx size, int row, bool mirrored,
                          std::span<float> planes) const noexcept {
    const auto width = static_cast<std::size_t>(size.width);
    float* to = planes.data() + static_cast<std::size_t>(row) * width;
    for (std::size_t channel = 0; channel < 3; ++channel) {
        const float mean = mean_[channel];
        const float factor = factor_[channel];
        for (std::size_t x = 0; x < width; ++x)
            to[x] = (pixels[4 * x + channel] - mean) * factor;
        if (mirrored) std::reverse(to, to + width);
        to += width * static_cast<std::size_t>(size.height);
    }
}

}  // namespace overfeat::detect
