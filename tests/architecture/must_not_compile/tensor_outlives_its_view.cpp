// SPDX-License-Identifier: Apache-2.0
// The values of a tensor that is about to be destroyed are nobody's.
// MUST NOT COMPILE: deleted
#include "engine/core/tensor.h"

overfeat::Tensor make();

float first() {
    const overfeat::Tensor kept = make();
    const std::span<const float> values = kept.values();
#ifdef MUST_NOT_COMPILE
    const std::span<const float> dangling = make().values();
#endif
    return values[0];
}
