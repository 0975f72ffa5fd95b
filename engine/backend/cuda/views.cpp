// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/views.h"

#include <algorithm>
#include <numeric>

namespace overfeat::backend::cuda {
namespace {

Arrangement arranged(std::span<const std::int64_t> extents,
                     const std::vector<std::vector<std::uint32_t>>& steps,
                     const std::vector<std::size_t>& order) {
    Arrangement made;
    made.strides.resize(steps.size());
    int& axes = made.grid.axes;
    for (const std::size_t axis : order) {
        const auto extent = static_cast<std::uint32_t>(extents[axis]);
        if (extent == 1) continue;
        const auto last = static_cast<std::size_t>(axes) - 1;
        bool joins = axes > 0;
        for (std::size_t i = 0; joins && i < steps.size(); ++i)
            joins = made.strides[i].steps[last] == steps[i][axis] * extent;
        if (!joins) made.grid.extents[axes++] = 1;
        const auto at = static_cast<std::size_t>(axes) - 1;
        made.grid.extents[at] *= extent;
        for (std::size_t i = 0; i < steps.size(); ++i)
            made.strides[i].steps[at] = steps[i][axis];
    }
    return made;
}

}  // namespace

bool isOneLayout(const Shape& shape) {
    return shape.rank() != 4 || shape[1] == 1 || shape[2] * shape[3] == 1;
}

std::vector<std::uint32_t> stepsOf(const Shape& shape, Layout layout) {
    std::vector<std::uint32_t> steps(static_cast<std::size_t>(shape.rank()));
    std::vector<int> order(steps.size());  // outermost first
    std::iota(order.begin(), order.end(), 0);
    if (layout == Layout::kChannelsLast) order = {0, 2, 3, 1};
    std::int64_t step = 1;
    for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
        steps[static_cast<std::size_t>(*axis)] = static_cast<std::uint32_t>(step);
        step *= shape[*axis];
    }
    return steps;
}

std::vector<std::uint32_t> broadcastSteps(const Shape& shape, Layout layout, const Shape& to) {
    const std::vector<std::uint32_t> own = stepsOf(shape, layout);
    std::vector<std::uint32_t> steps(static_cast<std::size_t>(to.rank()), 0);
    const auto missing = static_cast<std::size_t>(to.rank() - shape.rank());
    for (int axis = 0; axis < shape.rank(); ++axis) {
        const auto at = static_cast<std::size_t>(axis);
        if (shape[axis] != 1) steps[at + missing] = own[at];
    }
    return steps;
}

PictureSize pictureSize(const Shape& shape) {
    return {.batch = static_cast<std::int32_t>(shape[0]),
            .channels = static_cast<std::int32_t>(shape[1]),
            .height = static_cast<std::int32_t>(shape[2]),
            .width = static_cast<std::int32_t>(shape[3])};
}

PictureStrides pictureStrides(const Shape& shape, Layout layout) {
    const std::vector<std::uint32_t> steps = stepsOf(shape, layout);
    return {.batch = steps[0], .channel = steps[1], .row = steps[2], .column = steps[3]};
}

Arrangement arrange(std::span<const std::int64_t> extents,
                    const std::vector<std::vector<std::uint32_t>>& steps) {
    std::vector<std::size_t> order(extents.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::stable_sort(order, std::greater<>{},
                             [&](std::size_t axis) { return steps.front()[axis]; });
    return arranged(extents, steps, order);
}

Arrangement arrangeInOrder(std::span<const std::int64_t> extents,
                           const std::vector<std::vector<std::uint32_t>>& steps) {
    std::vector<std::size_t> order(extents.size());
    std::iota(order.begin(), order.end(), 0U);
    return arranged(extents, steps, order);
}

}  // namespace overfeat::backend::cuda
