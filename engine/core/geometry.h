// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

namespace overfeat {

// Coordinates used everywhere in the engine
//
// A picture of w x h pixels covers the half-open rectangle [0, w) x [0, h). Pixel (column, row)
// covers [column, column + 1) x [row, row + 1), so its centre is (column + 0.5, row + 0.5).
// Boxes and windows are such continuous rectangles; they may reach outside the picture.

struct SizePx {
    int width = 0;
    int height = 0;

    bool empty() const noexcept { return width <= 0 || height <= 0; }
    bool operator==(const SizePx&) const = default;
};

struct PointPx {
    double x = 0;
    double y = 0;
    bool operator==(const PointPx&) const = default;
};

struct RectPx {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;

    double right() const noexcept { return x + width; }
    double bottom() const noexcept { return y + height; }
    double area() const noexcept { return width > 0 && height > 0 ? width * height : 0; }
    PointPx centre() const noexcept { return {x + width / 2, y + height / 2}; }
    bool contains(PointPx p) const noexcept {
        return p.x >= x && p.x < right() && p.y >= y && p.y < bottom();
    }
    bool operator==(const RectPx&) const = default;
};

// The common part of two rectangles; empty (zero size) if they do not touch.
inline RectPx intersection(const RectPx& a, const RectPx& b) noexcept {
    const double left = std::max(a.x, b.x);
    const double top = std::max(a.y, b.y);
    const double right = std::min(a.right(), b.right());
    const double bottom = std::min(a.bottom(), b.bottom());
    if (right <= left || bottom <= top) return {left, top, 0, 0};
    return {left, top, right - left, bottom - top};
}

// Intersection over union, 0..1; 0 when either rectangle is empty.
inline double intersectionOverUnion(const RectPx& a, const RectPx& b) noexcept {
    const double common = intersection(a, b).area();
    const double all = a.area() + b.area() - common;
    return all > 0 ? common / all : 0;
}

}  // namespace overfeat
