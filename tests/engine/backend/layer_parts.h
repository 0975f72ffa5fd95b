// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/net/graph.h"

namespace overfeat::test {

// Parts of layers, short enough for rows of a table.

inline net::Padding2 all(std::int64_t p) {
    return {p, p, p, p};
}

inline net::SlidingWindow window(net::Extent2 kernel, net::Extent2 stride = {},
                                 net::Extent2 dilation = {}, net::Padding2 padding = {}) {
    return {kernel, stride, dilation, padding};
}

inline net::Activation curve(net::Curve which) {
    return net::Activation::of(which);
}

}  // namespace overfeat::test
