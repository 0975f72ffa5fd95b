// SPDX-License-Identifier: Apache-2.0
#include "app/capture/pixels.h"

#include <mutex>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgproc.hpp>

#include "engine/core/error.h"

namespace overfeat::capture {
namespace {

void putOnWhite(const cv::Mat& bgra, Image& image) {
    for (int y = 0; y < image.height(); ++y) {
        const auto* from = bgra.ptr<cv::Vec4b>(y);
        std::uint8_t* to = image.row(y);
        for (int x = 0; x < image.width(); ++x, to += 3) {
            const int alpha = from[x][3];
            const auto blend = [alpha](int value) {
                return static_cast<std::uint8_t>((value * alpha + 255 * (255 - alpha) + 127) / 255);
            };
            to[0] = blend(from[x][2]);
            to[1] = blend(from[x][1]);
            to[2] = blend(from[x][0]);
        }
    }
}

}  // namespace

cv::Mat wrap(Image& image) {
    return {image.height(), image.width(), CV_8UC3, image.row(0), image.rowBytes()};
}

void copyPixels(const cv::Mat& bgr, Image& image) {
    if (bgr.depth() != CV_8U || SizePx{bgr.cols, bgr.rows} != image.size()) {
        throw Error(ErrorCode::kRuntime, "A decoded picture does not have the announced format.");
    }
    cv::Mat rgb = wrap(image);
    switch (bgr.channels()) {
        case 1:
            cv::cvtColor(bgr, rgb, cv::COLOR_GRAY2RGB);
            return;
        case 3:
            cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
            return;
        case 4:
            putOnWhite(bgr, image);
            return;
        default:
            throw Error(ErrorCode::kInput, "A picture with " + std::to_string(bgr.channels()) +
                                               " colour channels cannot be shown; save it as RGB.");
    }
}

Image toImage(const cv::Mat& bgr) {
    Image image(SizePx{bgr.cols, bgr.rows});
    copyPixels(bgr, image);
    return image;
}

cv::Mat toBgr(const Image& image) {
    // OpenCV has no read-only header; the source is only read.
    const cv::Mat rgb(image.height(), image.width(), CV_8UC3,
                      const_cast<std::uint8_t*>(image.row(0)), image.rowBytes());
    cv::Mat bgr;
    cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
    return bgr;
}

void quietDecoders() {
    static std::once_flag once;
    std::call_once(once,
                   [] { cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT); });
}

}  // namespace overfeat::capture
