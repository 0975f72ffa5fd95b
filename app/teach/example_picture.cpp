// SPDX-License-Identifier: Apache-2.0
#include "app/teach/example_picture.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "app/capture/picture_decoder.h"
#include "app/capture/picture_file.h"
#include "engine/core/error.h"
#include "engine/detect/resampler.h"

namespace overfeat::teach {
namespace {

// The longer side of the kept object. The largest that a network is shown (exampleViews) has 176
// px.
constexpr double kObjectPx = 192;
// How far the kept part reaches from the middle of the object, in longer sides of it: as far as the
// squares of the smallest view do.
constexpr double kReach = 2.3;
constexpr int kJpegQuality = 92;

Image copied(const detect::PixelView& pixels) {
    Image image(pixels.size);
    for (int row = 0; row < pixels.size.height; ++row) {
        std::memcpy(image.row(row), pixels.rgb + static_cast<std::size_t>(row) * pixels.row_bytes,
                    3 * static_cast<std::size_t>(pixels.size.width));
    }
    return image;
}

}  // namespace

Example cutOut(const Image& picture, const RectPx& box) {
    const RectPx object = intersection(box, {0, 0, static_cast<double>(picture.size().width),
                                             static_cast<double>(picture.size().height)});
    if (picture.empty() || object.width < 1 || object.height < 1) {
        throw Error(ErrorCode::kInput,
                    "There is no object in the picture where the box is; draw it again.");
    }
    const double longer = std::max(object.width, object.height);
    const PointPx centre = object.centre();
    const auto stretch = [&](double middle, int most) {
        const int first = std::clamp(static_cast<int>(middle - kReach * longer), 0, most - 1);
        const int last =
            std::clamp(static_cast<int>(std::ceil(middle + kReach * longer)), first + 1, most);
        return std::pair(first, last - first);
    };
    const auto [left, width] = stretch(centre.x, picture.size().width);
    const auto [top, height] = stretch(centre.y, picture.size().height);
    const double scale = std::min(1.0, kObjectPx / longer);
    const SizePx size{std::max(1, static_cast<int>(std::lround(width * scale))),
                      std::max(1, static_cast<int>(std::lround(height * scale)))};
    detect::Resampler resampler;
    resampler.begin(picture, {});
    const detect::PixelView pixels = resampler.part({left, top, {width, height}}, size);
    Example example{.image = copied(pixels), .box = {}};
    const double x = static_cast<double>(size.width) / width;
    const double y = static_cast<double>(size.height) / height;
    example.box = {(object.x - left) * x, (object.y - top) * y, object.width * x,
                   object.height * y};
    return example;
}

Image thumbnailOf(const Example& example, int side_px) {
    const SizePx whole = example.image.size();
    const int left = std::clamp(static_cast<int>(example.box.x), 0, whole.width - 1);
    const int top = std::clamp(static_cast<int>(example.box.y), 0, whole.height - 1);
    const SizePx part{
        std::clamp(static_cast<int>(std::lround(example.box.width)), 1, whole.width - left),
        std::clamp(static_cast<int>(std::lround(example.box.height)), 1, whole.height - top)};
    const double scale =
        std::min(1.0, static_cast<double>(side_px) / std::max(part.width, part.height));
    const SizePx size{std::max(1, static_cast<int>(std::lround(part.width * scale))),
                      std::max(1, static_cast<int>(std::lround(part.height * scale)))};
    detect::Resampler resampler;
    resampler.begin(example.image, {});
    return copied(resampler.part({left, top, part}, size));
}

learn::NewCapture captureOf(const Example& example, const std::string& source) {
    learn::NewCapture capture{.picture = {}, .box = example.box, .source = source};
    try {
        const auto bytes = capture::encodeJpeg(example.image, kJpegQuality);
        capture.picture.resize(bytes.size());
        std::memcpy(capture.picture.data(), bytes.data(), bytes.size());
    } catch (const capture::DecodeFailure& failure) {
        throw Error(ErrorCode::kRuntime, std::string("The captured picture could not be packed: ") +
                                             failure.what() + "; capture it again.");
    }
    return capture;
}

Example exampleOf(const learn::Capture& capture, std::span<const std::byte> picture) {
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(picture.data()), picture.size());
    return {.image = capture::decodePicture(bytes, "a capture of the class library"),
            .box = capture.box};
}

}  // namespace overfeat::teach
