// SPDX-License-Identifier: Apache-2.0
#include "engine/core/tensor.h"

#include <utility>

#include "engine/core/error.h"

namespace overfeat {

Tensor::Tensor(Shape shape)
    : shape_(shape), values_(static_cast<std::size_t>(shape.elementCount())) {}

Tensor::Tensor(Shape shape, std::vector<float> values) : shape_(shape), values_(std::move(values)) {
    if (static_cast<std::int64_t>(values_.size()) != shape_.elementCount()) {
        throw Error(ErrorCode::kModel, "A tensor of shape " + shape_.toString() + " was given " +
                                           std::to_string(values_.size()) + " values.");
    }
}

}  // namespace overfeat
