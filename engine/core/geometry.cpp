// SPDX-License-Identifier: Apache-2.0
#include "engine/core/geometry.h"

#include <algorithm>

namespace overfeat {

RectPx intersection(const RectPx& a, const RectPx& b) noexcept {
    const double left = std::max(a.x, b.x);
    const double top = std::max(a.y, b.y);
    const double right = std::min(a.right(), b.right());
    const double bottom = std::min(a.bottom(), b.bottom());
    if (right <= left || bottom <= top) return {left, top, 0, 0};
    return {left, top, right - left, bottom - top};
}

double intersectionOverUnion(const RectPx& a, const RectPx& b) noexcept {
    const double common = intersection(a, b).area();
    const double all = a.area() + b.area() - common;
    return all > 0 ? common / all : 0;
}

}  // namespace overfeat
