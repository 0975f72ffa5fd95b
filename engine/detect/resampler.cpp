// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/resampler.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "engine/core/error.h"

namespace overfeat::detect {
namespace {

// A matrix header over `buffer`, which grows but never shrinks, for a picture of `size`.
cv::Mat over(std::vector<std::uint8_t>& buffer, SizePx size) {
    const auto bytes =
        static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 3;
    if (buffer.size() < bytes) buffer.resize(bytes);
    return {size.height, size.width, CV_8UC3, buffer.data()};
}

cv::Mat over(const PixelView& view) {
    // OpenCV has no matrix of constant pixels; this one is only ever a source.
    return {view.size.height, view.size.width, CV_8UC3, const_cast<std::uint8_t*>(view.rgb),
            view.row_bytes};
}

PixelView viewOf(const cv::Mat& matrix) {
    return {matrix.data, matrix.step[0], {matrix.cols, matrix.rows}};
}

void resizeTo(const cv::Mat& from, cv::Mat to, int method) {
    cv::resize(from, to, to.size(), 0, 0, method);
}

}  // namespace

void Resampler::begin(const Image& image, SizePx largest) {
    source_ = {image.row(0), image.rowBytes(), image.size()};
    const SizePx twice{2 * largest.width, 2 * largest.height};
    if (largest.empty() || image.width() <= twice.width || image.height() <= twice.height) return;
    source_ = resized(source_, twice, shared_);
}

PixelView Resampler::whole(SizePx size) {
    return resized(source_, size, result_);
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
    const bool narrower = size.width < from.size.width;
    const bool lower = size.height < from.size.height;
    const bool wider = size.width > from.size.width;
    const bool higher = size.height > from.size.height;
    const cv::Mat target = over(to, size);
    if ((narrower && higher) || (lower && wider)) {
        // Area averaging must not see the axis that grows, and interpolation not the other one.
        const SizePx shrunk =
            narrower ? SizePx{size.width, from.size.height} : SizePx{from.size.width, size.height};
        const cv::Mat between = over(one_axis_, shrunk);
        resizeTo(over(from), between, cv::INTER_AREA);
        resizeTo(between, target, cv::INTER_LINEAR);
    } else {
        resizeTo(over(from), target, narrower || lower ? cv::INTER_AREA : cv::INTER_LINEAR);
    }
    return viewOf(target);
}

Normaliser::Normaliser(const net::Normalisation& normalisation) : value_of_byte_() {
    for (std::size_t channel = 0; channel < 3; ++channel) {
        const float mean = normalisation.mean[channel];
        const float std = normalisation.std[channel];
        if (!std::isfinite(mean) || !std::isfinite(std) || std <= 0) {
            throw Error(ErrorCode::kModel,
                        "The model's mean and std for its input pixels are not usable numbers; "
                        "correct overfeat.mean and overfeat.std in the file or its sidecar.");
        }
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

}  // namespace overfeat::detect
