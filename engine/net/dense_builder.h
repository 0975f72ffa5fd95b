// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/net/graph.h"
#include "engine/net/passes.h"

namespace overfeat::net {

// Why a network cannot slide; caught by makeDense() and reported, never shown as a failure.
class CannotSlide : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};
// "Node 'x' (Concat) <why>".
[[noreturn]] void cannotSlide(const Node& node, const std::string& why);

// A value of the window network in the dense one.
struct DenseValue {
    ValueId id = kNoValue;
    // Cells per window: 1x1 where the value is one vector per window.
    Extent2 extent;
    std::int64_t channels = 0;
    // The window network has flattened it. In the dense network it stays a map, until a Gemm looks
    // at all `extent` cells of a window at once.
    bool flat = false;

    bool isVector() const { return extent == Extent2{1, 1}; }
};

// The dense network while it is made from a window network, node by node. The rules of the
// operators (ops/) use it.
class DenseBuilder {
public:
    // Both must outlive it. The dense network begins with the values of `window`, under their ids.
    DenseBuilder(const Graph& window, int window_px);

    const Graph& window() const noexcept { return window_; }
    Graph& graph() noexcept { return dense_; }
    DenseReport report() const;

    // Of a value of the window network. Constants have no id in the dense one.
    const Shape& shapeOf(ValueId id) const { return shapes_[static_cast<std::size_t>(id)]; }
    DenseValue& value(ValueId id) { return values_[static_cast<std::size_t>(id)]; }
    DenseValue& input(const Node& node) { return value(node.inputs.front()); }

    // Adds a node that stands for `node`; its output keeps the name.
    void add(const Node& node, Op op, std::vector<ValueId> inputs, DenseValue result);
    ValueId addConstant(const std::string& name, Tensor tensor);
    // A matrix of weights, multiplied by `alpha`, as the kernel of a convolution over `in`.
    struct KernelOf {
        ValueId matrix = kNoValue;
        float alpha = 1;
        bool transposed = false;
        DenseValue in;
    };
    // The constant that `make` makes for it. Of what was asked for before the same one is given
    // back; how often a matrix is copied in other ways is bounded.
    ValueId kernelOf(const KernelOf& what, const std::string& name,
                     const std::function<Tensor()>& make);
    // The network is approximate, because this node does something.
    void limit(const Node& node, const std::string& why);
    void requireMap(const Node& node);
    // What a sliding node produces, with its window made fit for sliding.
    DenseValue slide(const Node& node, SlidingWindow& window);
    // Makes a pending flattening real: one channel for every channel and cell of a window, in the
    // order in which Flatten would have listed them. However many nodes read the vector, it is
    // computed once.
    DenseValue unfolded(const DenseValue& map, const std::string& name);
    // The same where it is needed.
    DenseValue vectorOf(const DenseValue& given, const std::string& name);

private:
    // What makes the network approximate, and the nodes that do it.
    struct Limit {
        std::string why;
        std::vector<std::string> nodes;
        std::string op;  // of the first
    };

    const Graph& window_;
    std::vector<Shape> shapes_;
    std::vector<DenseValue> values_;  // by the id in `window_`
    Graph dense_;
    std::vector<Limit> limits_;
    std::unordered_map<ValueId, DenseValue> unfolded_;  // by the id of the map
    std::int64_t unfolded_weights_left_;
    std::int64_t copied_weights_left_;
    std::unordered_map<ValueId, std::vector<std::pair<KernelOf, ValueId>>> kernels_;  // by matrix
};

}  // namespace overfeat::net
