// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/layer_label.h"

#include <variant>

namespace overfeat::backend {
namespace {

std::string text(const net::Extent2& extent) {
    return std::to_string(extent.height) + 'x' + std::to_string(extent.width);
}

// "3x3", "3x3/2", "2x2/2x1 d2": stride and dilation only where they are not 1.
std::string text(const net::SlidingWindow& window) {
    const auto suffix = [](const net::Extent2& e) {
        return e.height == e.width ? std::to_string(e.height) : text(e);
    };
    std::string label = ' ' + text(window.kernel);
    if (window.stride != net::Extent2{}) label += '/' + suffix(window.stride);
    if (window.dilation != net::Extent2{}) label += " d" + suffix(window.dilation);
    return label;
}

}  // namespace

std::string layerLabel(const net::Node& node) {
    std::string label(net::opName(node.op));
    if (const auto* conv = std::get_if<net::Conv>(&node.op)) {
        label += text(conv->window);
        if (conv->groups > 1) label += " groups " + std::to_string(conv->groups);
    } else if (const auto* max_pool = std::get_if<net::MaxPool>(&node.op)) {
        label += text(max_pool->window);
    } else if (const auto* average_pool = std::get_if<net::AveragePool>(&node.op)) {
        label += text(average_pool->window);
    }
    return label;
}

std::int64_t layerMultiplyAdds(const net::Node& node, std::span<const Shape> shapes) {
    const auto shape = [&](net::ValueId id) { return shapes[static_cast<std::size_t>(id)]; };
    const std::int64_t outputs = shape(node.output).elementCount();
    if (std::holds_alternative<net::Conv>(node.op)) {
        const Shape weight = shape(node.inputs[1]);
        return outputs * weight[1] * weight[2] * weight[3];
    }
    if (const auto* gemm = std::get_if<net::Gemm>(&node.op)) {
        return outputs * shape(node.inputs[0])[gemm->transpose_a ? 0 : 1];
    }
    if (std::holds_alternative<net::MatMul>(node.op)) {
        const Shape a = shape(node.inputs[0]);
        return outputs * a[a.rank() - 1];
    }
    return 0;
}

}  // namespace overfeat::backend
