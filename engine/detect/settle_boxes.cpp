// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/settle_boxes.h"

#include <cmath>
#include <cstdint>

namespace overfeat::detect {
namespace {

RectPx settled(const Detection& object, std::span<const RawBox> raw, double sharpness) {
    double sum = 0;
    RectPx mean{};
    // Against the largest, so that small scores do not vanish in the power.
    const double largest = raw[object.voters.front()].score;
    for (const std::uint32_t voter : object.voters) {
        const RectPx& box = raw[voter].box;
        if (intersectionOverUnion(box, object.box) < kVoterOverlap) continue;
        const double weight = std::pow(raw[voter].score / largest, sharpness);
        sum += weight;
        mean.x += weight * box.x;
        mean.y += weight * box.y;
        mean.width += weight * box.width;
        mean.height += weight * box.height;
    }
    if (!(sum > 0)) return object.box;
    return {mean.x / sum, mean.y / sum, mean.width / sum, mean.height / sum};
}

}  // namespace

void settleBoxes(std::span<const RawBox> raw, const DetectionOptions& options,
                 std::vector<Detection>& found) {
    if (!(options.box_sharpness > 0)) return;
    for (Detection& object : found) {
        if (object.votes() > 1 && raw[object.voters.front()].score > 0)
            object.box = settled(object, raw, options.box_sharpness);
    }
}

}  // namespace overfeat::detect
