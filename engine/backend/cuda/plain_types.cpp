// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/plain_types.h"

namespace overfeat::backend::cuda {
namespace {

CurveKind curveKind(net::Curve curve) {
    switch (curve) {
        case net::Curve::kClip:
            return CurveKind::kClip;
        case net::Curve::kSigmoid:
            return CurveKind::kSigmoid;
        case net::Curve::kHardSigmoid:
            return CurveKind::kHardSigmoid;
        case net::Curve::kLeakyRelu:
            return CurveKind::kLeakyRelu;
        case net::Curve::kSwish:
            return CurveKind::kSwish;
        case net::Curve::kHardSwish:
            return CurveKind::kHardSwish;
        case net::Curve::kGelu:
            return CurveKind::kGelu;
        case net::Curve::kErf:
            return CurveKind::kErf;
        case net::Curve::kSqrt:
            return CurveKind::kSqrt;
        case net::Curve::kFloor:
            return CurveKind::kFloor;
        case net::Curve::kTanh:
            return CurveKind::kTanh;
        case net::Curve::kCeil:
            return CurveKind::kCeil;
    }
    return CurveKind::kClip;
}

}  // namespace

Activation plain(const net::Activation& activation) {
    return {.curve = curveKind(activation.curve),
            .low = activation.low,
            .high = activation.high,
            .slope = activation.slope,
            .offset = activation.offset};
}

Window plain(const net::SlidingWindow& window) {
    const auto narrow = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
    return {.kernel_height = narrow(window.kernel.height),
            .kernel_width = narrow(window.kernel.width),
            .stride_height = narrow(window.stride.height),
            .stride_width = narrow(window.stride.width),
            .dilation_height = narrow(window.dilation.height),
            .dilation_width = narrow(window.dilation.width),
            .top = narrow(window.padding.top),
            .left = narrow(window.padding.left),
            .bottom = narrow(window.padding.bottom),
            .right = narrow(window.padding.right)};
}

}  // namespace overfeat::backend::cuda
