// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "engine/core/api.h"
#include "engine/core/shape.h"

namespace overfeat {

// A dense float32 array that owns its elements, row-major in the order of its shape.
class OVERFEAT_API Tensor {
public:
    Tensor() = default;
    explicit Tensor(Shape shape);  // zeros
    // `values` must hold shape.elementCount() floats, else Error(kModel).
    Tensor(Shape shape, std::vector<float> values);

    const Shape& shape() const noexcept { return shape_; }
    std::span<const float> values() const& noexcept { return values_; }
    std::span<float> values() & noexcept { return values_; }
    std::span<const float> values() const&& = delete;  // would outlive its elements

private:
    Shape shape_{0};
    std::vector<float> values_;
};

}  // namespace overfeat
