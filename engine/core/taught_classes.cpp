// SPDX-License-Identifier: Apache-2.0
#include "engine/core/taught_classes.h"

namespace overfeat {

PartGrid partGridFor(double width, double height) noexcept {
    const double aspect = height / width;
    if (aspect >= 2.2) return {2, 4};
    if (aspect >= 1.3) return {2, 3};
    if (aspect > 1 / 1.3) return {3, 3};
    if (aspect > 1 / 2.2) return {3, 2};
    return {4, 2};
}

}  // namespace overfeat
