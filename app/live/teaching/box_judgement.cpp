// SPDX-License-Identifier: Apache-2.0
#include "app/live/teaching/box_judgement.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace overfeat::app {
namespace {

// Smaller objects are enlarged before the network can tell their parts (detect::exampleViews).
constexpr double kTinyPx = 32;
// Standard deviation of the brightness, 0..255, below which there is nothing to recognise: a wall.
constexpr double kPlain = 6;
// The mean difference of neighbouring pixels, as a share of the standard deviation: 0.05 and less
// where a picture is out of focus or moved.
constexpr double kBlurred = 0.045;

QString tr(const char* text) {
    return QCoreApplication::translate("BoxJudgement", text);
}

double brightness(const std::uint8_t* pixel) {
    return (pixel[0] + 2.0 * pixel[1] + pixel[2]) / 4;
}

}  // namespace

QString boxHint(const Image& picture, const RectPx& box) {
    const int left = std::max(static_cast<int>(box.x), 0);
    const int top = std::max(static_cast<int>(box.y), 0);
    const int right = std::min(static_cast<int>(box.right()), picture.size().width - 1);
    const int bottom = std::min(static_cast<int>(box.bottom()), picture.size().height - 1);
    if (right - left < 2 || bottom - top < 2 ||
        std::max(right - left, bottom - top) < static_cast<int>(kTinyPx)) {
        return tr("It is tiny: go closer, or draw a larger box.");
    }
    double sum = 0;
    double squares = 0;
    double steps = 0;
    for (int y = top; y < bottom; ++y) {
        const std::uint8_t* row = picture.row(y);
        const std::uint8_t* below = picture.row(y + 1);
        for (std::ptrdiff_t x = left; x < right; ++x) {
            const double here = brightness(row + 3 * x);
            sum += here;
            squares += here * here;
            steps += std::abs(here - brightness(row + 3 * x + 3)) +
                     std::abs(here - brightness(below + 3 * x));
        }
    }
    const double count = static_cast<double>(right - left) * (bottom - top);
    const double deviation = std::sqrt(std::max(squares / count - sum / count * sum / count, 0.0));
    if (deviation < kPlain) {
        return tr("There is little to see in the box: it may match any plain background.");
    }
    if (steps / (2 * count) < kBlurred * deviation) {
        return tr("It is blurred: hold it still, or wait for the camera to focus.");
    }
    return {};
}

}  // namespace overfeat::app
