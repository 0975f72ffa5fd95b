// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/filtered_view.h"

#include <algorithm>
#include <cmath>

namespace overfeat::detect {
namespace {

std::uint8_t byteOf(float value) {
    return static_cast<std::uint8_t>(std::clamp(value + 0.5F, 0.0F, 255.0F));
}

}  // namespace

void FilteredView::Taps::make(int from, double scaled, std::int64_t offset, int count_out) {
    const double step = from / scaled;
    const double reach = std::max(step, 1.0);
    most = static_cast<int>(std::ceil(reach)) * 2 + 1;
    const auto size = static_cast<std::size_t>(count_out);
    first.resize(size);
    count.resize(size);
    weights.assign(size * static_cast<std::size_t>(most), 0);
    for (std::size_t i = 0; i < size; ++i) {
        const double centre = (static_cast<double>(offset) + static_cast<double>(i) + 0.5) * step;
        const int begin = std::max(0, static_cast<int>(std::lround(centre - reach)));
        const int end =
            std::min({from, static_cast<int>(std::lround(centre + reach)), begin + most});
        float* mine = weights.data() + i * static_cast<std::size_t>(most);
        float sum = 0;
        for (int x = begin; x < end; ++x) {
            const double away = std::abs(x + 0.5 - centre) / reach;
            mine[x - begin] = static_cast<float>(std::max(0.0, 1 - away));
            sum += mine[x - begin];
        }
        first[i] = begin;
        count[i] = std::max(end - begin, 0);
        for (int k = 0; k < count[i]; ++k)
            mine[k] /= sum;
    }
}

PixelView FilteredView::of(const PixelView& picture, double crop, int window_px) {
    const double shorter_px = std::max(std::round(window_px / crop), 1.0);
    const double ratio = shorter_px / std::min(picture.size.width, picture.size.height);
    const auto scaled = [&](int side) {
        return std::max(std::round(side * ratio), static_cast<double>(window_px));
    };
    const auto offset = [&](double side) {
        return static_cast<std::int64_t>((side - window_px) / 2);
    };
    const double width = scaled(picture.size.width);
    const double height = scaled(picture.size.height);
    across_.make(picture.size.width, width, offset(width), window_px);
    down_.make(picture.size.height, height, offset(height), window_px);

    const int top = down_.first.front();
    const int bottom = down_.first.back() + down_.count.back();
    const auto row_bytes = static_cast<std::size_t>(window_px) * 3;
    narrowed_.resize(row_bytes * static_cast<std::size_t>(bottom - top));
    result_.resize(row_bytes * static_cast<std::size_t>(window_px));
    for (int y = top; y < bottom; ++y) {
        alongRow(picture.rgb + static_cast<std::size_t>(y) * picture.row_bytes,
                 narrowed_.data() + static_cast<std::size_t>(y - top) * row_bytes);
    }
    for (std::size_t y = 0; y < static_cast<std::size_t>(window_px); ++y) {
        alongColumns(y,
                     narrowed_.data() + static_cast<std::size_t>(down_.first[y] - top) * row_bytes,
                     row_bytes, result_.data() + y * row_bytes);
    }
    return {result_.data(), row_bytes, {window_px, window_px}};
}

void FilteredView::alongRow(const std::uint8_t* row, std::uint8_t* to) {
    const auto first = static_cast<std::size_t>(across_.first.front()) * 3;
    const auto last = static_cast<std::size_t>(across_.first.back() + across_.count.back()) * 3;
    // Three colours are added as four numbers, which is one vector; the fourth is thrown away.
    line_.resize(last - first + 1);
    std::copy(row + first, row + last, line_.begin());
    const float* weight = across_.weights.data();
    for (std::size_t x = 0; x < across_.first.size(); ++x, weight += across_.most) {
        const float* from = line_.data() + static_cast<std::size_t>(across_.first[x]) * 3 - first;
        float sum[4] = {};
        for (int k = 0; k < across_.count[x]; ++k, from += 3) {
            for (int c = 0; c < 4; ++c)
                sum[c] += weight[k] * from[c];
        }
        for (int c = 0; c < 3; ++c)
            *to++ = byteOf(sum[c]);
    }
}

void FilteredView::alongColumns(std::size_t y, const std::uint8_t* from, std::size_t row_bytes,
                                std::uint8_t* to) {
    const float* weight = down_.weights.data() + y * static_cast<std::size_t>(down_.most);
    // Row by row, not pixel by pixel, so that neighbours are computed together.
    line_.assign(row_bytes, 0);
    for (int k = 0; k < down_.count[y]; ++k, from += row_bytes) {
        for (std::size_t i = 0; i < row_bytes; ++i)
            line_[i] += weight[k] * from[i];
    }
    std::transform(line_.begin(), line_.end(), to, byteOf);
}

}  // namespace overfeat::detect
