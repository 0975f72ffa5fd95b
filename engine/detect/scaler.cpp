// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/scaler.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/detect/bands.h"
#include "engine/detect/vectorised.h"

namespace overfeat::detect {
namespace {

// A pixel, as a vector register holds it.
using Four [[gnu::vector_size(16)]] = float;

Four load(const float* from) {
    Four value;
    std::memcpy(&value, from, sizeof(value));
    return value;
}

// line = the sum of `count` rows that are `row_bytes` apart, weighted. By twos, so that the line is
// written half as often.
OVERFEAT_VECTORISED void addRows(const std::uint8_t* first, std::size_t row_bytes,
                                 const float* weights, std::size_t count, std::size_t length,
                                 float* line) {
    const std::uint8_t* row = first;
    if (count == 1) {
        for (std::size_t i = 0; i < length; ++i)
            line[i] = weights[0] * static_cast<float>(row[i]);
        return;
    }
    const std::uint8_t* next = row + row_bytes;
    for (std::size_t i = 0; i < length; ++i) {
        line[i] =
            weights[0] * static_cast<float>(row[i]) + weights[1] * static_cast<float>(next[i]);
    }
    std::size_t k = 2;
    for (; k + 1 < count; k += 2) {
        row = first + k * row_bytes;
        next = row + row_bytes;
        for (std::size_t i = 0; i < length; ++i) {
            line[i] += weights[k] * static_cast<float>(row[i]) +
                       weights[k + 1] * static_cast<float>(next[i]);
        }
    }
    if (k == count) return;
    row = first + k * row_bytes;
    for (std::size_t i = 0; i < length; ++i)
        line[i] += weights[k] * static_cast<float>(row[i]);
}

// pixels[x] = the sum of the pixels of a line from first[x] on, weighted.
OVERFEAT_VECTORISED void addPixels(const float* line, const std::int32_t* first,
                                   const std::int32_t* count, const float* weights,
                                   std::size_t most, std::size_t width, float* pixels) {
    for (std::size_t x = 0; x < width; ++x, weights += most) {
        const float* from = line + 3 * static_cast<std::size_t>(first[x]);
        const auto last = static_cast<std::size_t>(count[x]);
        Four sum = load(from) * weights[0];
        for (std::size_t k = 1; k < last; ++k)
            sum += load(from + 3 * k) * weights[k];
        std::memcpy(pixels + 4 * x, &sum, sizeof(sum));
    }
}

// Floats for a line of a picture and a row of the result; the last pixel of the line is read with
// the float behind it.
std::size_t bufferFloats(int from_width, int to_width) {
    return 3 * static_cast<std::size_t>(from_width) + 4 * static_cast<std::size_t>(to_width) + 16;
}

}  // namespace

void Scaler::Taps::make(int from, int to) {
    // A pixel that is touched by less than this does not count.
    constexpr double kNothing = 1e-6;
    const double step = static_cast<double>(from) / to;
    const auto size = static_cast<std::size_t>(to);
    most = step > 1 ? static_cast<std::size_t>(std::ceil(step)) + 1 : 2;
    first.resize(size);
    count.resize(size);
    weights.assign(size * most, 0);
    for (std::size_t i = 0; i < size; ++i) {
        float* mine = weights.data() + i * most;
        if (step > 1) {
            const double begin = static_cast<double>(i) * step;
            const double end = std::min<double>(from, begin + step);
            const auto left = static_cast<std::size_t>(begin + kNothing);
            const auto right = static_cast<std::size_t>(std::ceil(end - kNothing));
            const std::size_t pixels = std::min(std::max(right, left + 1) - left, most);
            float sum = 0;
            for (std::size_t k = 0; k < pixels; ++k) {
                const auto x = static_cast<double>(left + k);
                mine[k] = static_cast<float>(std::min(end, x + 1) - std::max(begin, x));
                sum += mine[k];
            }
            for (std::size_t k = 0; k < pixels; ++k)
                mine[k] /= sum;
            first[i] = static_cast<std::int32_t>(left);
            count[i] = static_cast<std::int32_t>(pixels);
        } else {
            const double centre =
                std::clamp((static_cast<double>(i) + 0.5) * step - 0.5, 0.0, from - 1.0);
            first[i] = static_cast<std::int32_t>(centre);
            mine[1] = static_cast<float>(centre - first[i]);
            mine[0] = 1 - mine[1];
            count[i] = mine[1] > 0 ? 2 : 1;
        }
    }
}

backend::Resizing Scaler::resizing(SizePx from, SizePx to) {
    across_.make(from.width, to.width);
    down_.make(from.height, to.height);
    return {.across = across_.view(), .down = down_.view()};
}

void Scaler::scale(const PixelView& from, SizePx to, const Row& row) {
    across_.make(from.size.width, to.width);
    down_.make(from.size.height, to.height);
    const auto rows = static_cast<std::size_t>(to.height);
    const std::size_t floats = bufferFloats(from.size.width, to.width);
    buffers_.resize(std::max(buffers_.size(), floats * bandCount(rows, threads_)));
    inBands(rows, threads_, [&](std::size_t band, std::size_t begin, std::size_t end) {
        scaleRows(from, begin, end, buffers_.data() + band * floats, row);
    });
}

void Scaler::scaleRows(const PixelView& from, std::size_t begin, std::size_t end, float* buffer,
                       const Row& row) const {
    const std::size_t length = 3 * static_cast<std::size_t>(from.size.width);
    float* line = buffer;
    float* pixels = buffer + length + 4;
    line[length] = 0;
    for (std::size_t at = begin; at < end; ++at) {
        const auto first = static_cast<std::size_t>(down_.first[at]);
        addRows(from.rgb + first * from.row_bytes, from.row_bytes, down_.of(at),
                static_cast<std::size_t>(down_.count[at]), length, line);
        addPixels(line, across_.first.data(), across_.count.data(), across_.weights.data(),
                  across_.most, across_.first.size(), pixels);
        row(static_cast<int>(at), pixels);
    }
}

}  // namespace overfeat::detect
