// SPDX-License-Identifier: Apache-2.0
#include "app/cli/evaluate_support.h"

#include <cmath>
#include <opencv2/imgcodecs.hpp>

#include "app/capture/picture_header.h"
#include "app/capture/pixels.h"
#include "engine/core/error.h"

namespace overfeat::cli {

Image decodePicture(std::span<const std::byte> bytes, const std::string& name) {
    const std::span<const std::uint8_t> data(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                             bytes.size());
    const auto header = capture::probePicture(data);
    const bool usable = header && header->complete && header->width > 0 && header->height > 0 &&
                        header->width <= Image::kMaxPixels / header->height;
    cv::Mat bgr;
    if (usable) {
        const cv::Mat encoded(1, static_cast<int>(data.size()), CV_8UC1,
                              const_cast<std::uint8_t*>(data.data()));  // only read
        bgr = cv::imdecode(encoded, cv::IMREAD_COLOR);
    }
    if (bgr.empty()) {
        throw Error(ErrorCode::kInput,
                    "The picture '" + name +
                        "' of the data set cannot be decoded; download or copy the set again.",
                    name);
    }
    return capture::toImage(bgr);
}

void Progress::operator()(std::size_t done, std::size_t all) {
    const auto now = std::chrono::steady_clock::now();
    if (done < all && now - told_ < std::chrono::seconds(1)) return;
    told_ = now;
    const double elapsed_s = std::chrono::duration<double>(now - start_).count();
    const double left_s = elapsed_s / static_cast<double>(done) * static_cast<double>(all - done);
    console_.err << "\r" << std::to_string(done) << " of " << std::to_string(all) << " pictures, "
                 << fixed(std::ceil(left_s), 0) << " s left   " << (done == all ? "\n" : "")
                 << std::flush;
}

}  // namespace overfeat::cli
