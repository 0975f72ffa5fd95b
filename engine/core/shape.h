// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "engine/core/api.h"

namespace overfeat {

// The extents of a tensor, outermost first; activations are N, C, H, W. A value type without heap
// memory, so that it can be handled on the per-frame path.
class OVERFEAT_API Shape {
public:
    static constexpr int kMaxRank = 8;

    Shape() = default;  // rank 0: a scalar, one element
    Shape(std::initializer_list<std::int64_t> dims);
    explicit Shape(std::span<const std::int64_t> dims);  // throws Error(kModel) beyond kMaxRank

    int rank() const noexcept { return rank_; }
    std::int64_t operator[](int axis) const noexcept { return dims_[static_cast<size_t>(axis)]; }
    std::int64_t& operator[](int axis) noexcept { return dims_[static_cast<size_t>(axis)]; }
    std::span<const std::int64_t> dims() const noexcept {
        return {dims_.data(), static_cast<size_t>(rank_)};
    }
    void append(std::int64_t dim);

    // The number of elements. Throws Error(kModel) if a dimension is negative or the product does
    // not fit 63 bits, so it is safe to call on shapes from an untrusted file.
    std::int64_t elementCount() const;

    std::string toString() const;  // "1x3x64x64"
    bool operator==(const Shape& other) const noexcept;

private:
    std::array<std::int64_t, kMaxRank> dims_{};
    int rank_ = 0;
};

}  // namespace overfeat
