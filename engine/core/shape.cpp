// SPDX-License-Identifier: Apache-2.0
#include "engine/core/shape.h"

#include <algorithm>

#include "engine/core/error.h"

namespace overfeat {

Shape::Shape(std::initializer_list<std::int64_t> dims)
    : Shape(std::span<const std::int64_t>(dims.begin(), dims.size())) {}

Shape::Shape(std::span<const std::int64_t> dims) {
    for (const std::int64_t dim : dims)
        append(dim);
}

void Shape::append(std::int64_t dim) {
    if (rank_ == kMaxRank) {
        throw Error(ErrorCode::kModel,
                    "A tensor has more than 8 dimensions, which is not supported.");
    }
    dims_[static_cast<size_t>(rank_++)] = dim;
}

std::int64_t Shape::elementCount() const {
    std::int64_t product = 1;
    for (const std::int64_t dim : dims()) {
        if (dim < 0 || __builtin_mul_overflow(product, dim, &product)) {
            throw Error(ErrorCode::kModel,
                        "A tensor's shape " + toString() + " is negative or too large to count.");
        }
    }
    return product;
}

std::string Shape::toString() const {
    std::string text;
    for (const std::int64_t dim : dims()) {
        if (!text.empty()) text += 'x';
        text += std::to_string(dim);
    }
    return text.empty() ? "scalar" : text;
}

bool Shape::operator==(const Shape& other) const noexcept {
    return std::ranges::equal(dims(), other.dims());
}

}  // namespace overfeat
