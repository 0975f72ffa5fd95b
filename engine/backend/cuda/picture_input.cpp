// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/picture_input.h"

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

#include "engine/backend/cuda/views.h"

namespace overfeat::backend::cuda {
namespace {

// Whether these read nothing beyond a line of so many pixels: a card does not look.
bool areWithin(const AxisTaps& taps, int pixels) {
    const std::size_t size = taps.first.size();
    if (taps.count.size() != size || taps.weights.size() != size * taps.most) return false;
    for (std::size_t i = 0; i < size; ++i) {
        const std::int64_t count = taps.count[i];
        if (count < 1 || count > static_cast<std::int64_t>(taps.most) || taps.first[i] < 0 ||
            taps.first[i] + count > pixels)
            return false;
    }
    return true;
}

Shape resultOf(const Resizing& resizing) {
    return {1, 3, static_cast<std::int64_t>(resizing.down.first.size()),
            static_cast<std::int64_t>(resizing.across.first.size())};
}

void append(std::vector<std::int32_t>& packed, const AxisTaps& taps) {
    packed.insert(packed.end(), taps.first.begin(), taps.first.end());
    packed.insert(packed.end(), taps.count.begin(), taps.count.end());
    for (const float weight : taps.weights)
        packed.push_back(std::bit_cast<std::int32_t>(weight));
}

}  // namespace

bool PictureInput::choose(const std::shared_ptr<const DevicePicture>& picture,
                          const Resizing& resizing, const Shape& input, Stream& stream) {
    auto own = std::dynamic_pointer_cast<const CudaPicture>(picture);
    if (own == nullptr || &own->api() != &stream.api() || own->size().empty()) return false;
    const SizePx size = own->size();
    if (resultOf(resizing) != input || !areWithin(resizing.across, size.width) ||
        !areWithin(resizing.down, size.height))
        return false;
    keepTaps(resizing, stream);
    pixels_ = own->memory();
    picture_ = std::move(own);
    body_.row_bytes = 3 * std::int64_t{size.width};
    body_.rgb = {static_cast<const std::uint8_t*>(pixels_->get()), body_.row_bytes * size.height};
    body_.y_size = pictureSize(input);
    body_.y_strides = {.batch = 0, .channel = input[2] * input[3], .row = input[3], .column = 1};
    std::ranges::copy(resizing.mean, body_.mean);
    std::ranges::copy(resizing.factor, body_.factor);
    body_.mirrored = resizing.mirrored ? 1 : 0;
    return true;
}

// They depend on the sizes of picture and level only, so they go up once for a stream of frames.
void PictureInput::keepTaps(const Resizing& resizing, Stream& stream) {
    packed_.clear();
    append(packed_, resizing.across);
    append(packed_, resizing.down);
    if (!taps_ || packed_ != uploaded_) {
        clear();
        taps_ = {};
        taps_ = stream.upload(std::as_bytes(std::span(packed_)));
        uploaded_.swap(packed_);
    }
    std::int64_t at = 0;
    body_.across = tapsFrom(resizing.across, at);
    body_.down = tapsFrom(resizing.down, at);
}

Taps PictureInput::tapsFrom(const AxisTaps& taps, std::int64_t& at) const {
    const auto* numbers = static_cast<const std::int32_t*>(taps_.get());
    const auto take = [&](std::size_t count) {
        const Array<const std::int32_t> array{numbers + at, static_cast<std::int64_t>(count)};
        at += array.count;
        return array;
    };
    Taps made{};
    made.first = take(taps.first.size());
    made.count = take(taps.count.size());
    const Array<const std::int32_t> weights = take(taps.weights.size());
    made.weights = {reinterpret_cast<const float*>(weights.data), weights.count};
    made.most = static_cast<std::int32_t>(taps.most);
    return made;
}

std::int64_t PictureInput::count() const noexcept {
    return std::int64_t{body_.y_size.channels} * body_.y_size.height * body_.y_size.width;
}

std::int64_t PictureInput::workOfEach() const noexcept {
    return std::int64_t{body_.across.most} * body_.down.most;
}

std::int64_t PictureInput::countOfPart(std::int64_t work_per_look) const noexcept {
    return std::clamp<std::int64_t>(work_per_look / workOfEach(), 1, count());
}

std::int64_t PictureInput::parts(std::int64_t work_per_look) const noexcept {
    const std::int64_t each = countOfPart(work_per_look);
    return (count() + each - 1) / each;
}

std::int64_t PictureInput::workOfPart(std::int64_t work_per_look) const noexcept {
    return countOfPart(work_per_look) * workOfEach();
}

void PictureInput::queuePart(std::int64_t part, std::int64_t work_per_look, Array<float> input,
                             Stream& stream) const {
    if (part == 0) picture_->makeWait(stream);
    const std::int64_t each = countOfPart(work_per_look);
    const std::int64_t first = part * each;
    Resize body = body_;
    body.y = input;
    stream.launch(body, first, std::min(each, count() - first));
}

}  // namespace overfeat::backend::cuda
