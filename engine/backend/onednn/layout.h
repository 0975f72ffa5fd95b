// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/core/shape.h"

namespace overfeat::backend::onednn {

// How an activation lies in memory: [N][C / block][H][W][block], the channels filled up to whole
// blocks with zeros. Block 1 is NCHW, block C is NHWC, 8 and 16 are what the library's AVX2 and
// AVX-512 code likes. Tensors of other ranks are always row-major, which is block 1.
struct Layout {
    std::int64_t block = 1;

    bool isPlain() const noexcept { return block == 1; }
    bool operator==(const Layout&) const = default;
};

// The extents of a tensor in a layout. Ranks other than 4 are seen as one picture per element of
// axis 0, with axis 1 as channels.
struct Extents {
    std::int64_t batch = 1;
    std::int64_t channels = 1;
    std::int64_t height = 1;
    std::int64_t width = 1;
    std::int64_t block = 1;
    std::int64_t blocks = 1;  // per picture

    Extents(const Shape& shape, Layout layout) : block(layout.block) {
        if (shape.rank() > 0) batch = shape[0];
        if (shape.rank() > 1) channels = shape[1];
        if (shape.rank() > 2) height = shape[2];
        for (int axis = 3; axis < shape.rank(); ++axis)
            width *= shape[axis];
        blocks = (channels + block - 1) / block;
    }
    std::int64_t area() const noexcept { return height * width; }
    // Floats from one block of channels to the next.
    std::int64_t plane() const noexcept { return area() * block; }
    std::int64_t planes() const noexcept { return batch * blocks; }
    // Floats in all, with the filling.
    std::int64_t count() const noexcept { return planes() * plane(); }
    bool hasFilling() const noexcept { return channels % block != 0; }
};

// How the activations of a plan lie between its layers, whatever their channels.
struct LayoutPolicy {
    enum class Kind { kBlocks, kChannelsLast };
    Kind kind = Kind::kBlocks;
    std::int64_t block = 1;  // of kBlocks

    Layout of(const Shape& shape) const noexcept {
        if (shape.rank() != 4) return {};
        return {kind == Kind::kChannelsLast ? shape[1] : block};
    }
};

// True if the bytes in `layout` are the same as in NCHW: single cells with whole blocks.
inline bool isPlainInMemory(const Shape& shape, Layout layout) {
    if (layout.isPlain()) return true;
    const Extents extents(shape, layout);
    return extents.area() == 1 && !extents.hasFilling();
}

}  // namespace overfeat::backend::onednn
