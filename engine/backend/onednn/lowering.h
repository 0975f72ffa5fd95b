// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "engine/backend/onednn/compiler.h"
#include "engine/backend/onednn/layout.h"
#include "engine/backend/onednn/library.h"
#include "engine/backend/onednn/loops.h"
#include "engine/backend/onednn/program_builder.h"
#include "engine/net/graph.h"

namespace overfeat::backend::onednn {

// What is known of a program without running it; less is better, the first number first.
struct Drawbacks {
    int loops = 0;            // convolutions that run on plain loops
    int matrix_products = 0;  // and on matrix products over a copied image
    int copies = 0;           // changes of layout and copies with a border

    bool none() const noexcept { return *this == Drawbacks{}; }
    // NOLINTNEXTLINE(modernize-use-nullptr): the 0 is in the comparison that the compiler makes
    auto operator<=>(const Drawbacks&) const = default;
};

// Turns the nodes of a network into steps, with one layout for all activations: convolutions and
// what works like them in lower_convolution.cpp, the loops between them in lower_loops.cpp and
// lower_tensors.cpp.
class Lowering {
public:
    Lowering(const net::Graph& graph, const Shape& input, WeightStore& weights,
             const LayoutPolicy& policy);

    Drawbacks drawbacks();
    // Gives the steps their memory. Call it once.
    Program finish(std::int64_t max_workspace_bytes);

private:
    struct ConvolutionChoice {
        std::unique_ptr<Convolution> convolution;
        net::Padding2 halo;  // zeros to put around the source first
    };

    // The node that is being lowered.
    net::ValueId in(std::size_t i) const { return node_->inputs[i]; }
    bool has(std::size_t i) const {
        return i < node_->inputs.size() && node_->inputs[i] != net::kNoValue;
    }
    const Shape& shape(net::ValueId id) const { return build_.shape(id); }
    const Shape& outShape() const { return shape(node_->output); }
    std::shared_ptr<const Tensor> constant(std::size_t i) const;
    Workspace* workspace() { return &build_.workspace(); }
    // Keeps a tensor that steps read in place.
    void hold(std::shared_ptr<const Tensor> tensor);

    // The step that was emitted last reads them.
    void readsWeights(const Tensor& weight) {
        build_.program().steps.back().weight_bytes =
            weight.shape().elementCount() * static_cast<std::int64_t>(sizeof(float));
    }
    Place newPlace(Layout layout) { return {build_.newBuffer(outShape(), layout), layout}; }
    // Where a step finds an operand whose layout it does not care about: where it was computed, but
    // a picture the network was given is brought into the layout of the convolutions it is for. (In
    // blocks it stays as it is: the first convolution reads NCHW itself.)
    Place settled(net::ValueId id);
    // Where the output goes if it can replace the operand at `place`, else a new buffer.
    Place replacing(Place place);

    ConvolutionChoice choose(const ConvolutionSpec& spec, Layout home) const;
    BufferId withHalo(net::ValueId x, Place from, const net::Padding2& halo);
    Place destinationHolding(net::ValueId residual, Layout layout);
    void emitConvolution(const ConvolutionSpec& spec, net::ValueId x, net::ValueId residual,
                         const std::shared_ptr<const Tensor>& weight,
                         const std::shared_ptr<const Tensor>& bias);
    // Returns false where another way is better.
    bool emitWinograd(const ConvolutionSpec& spec, net::ValueId x, net::ValueId residual,
                      const std::shared_ptr<const Tensor>& weight,
                      const std::shared_ptr<const Tensor>& bias);
    bool isConvolution(const net::Gemm& gemm, const net::Node& node) const;
    void lowerProduct(const net::Gemm& op);
    template <class Loop>
    void lowerUnary(const char* implementation, bool in_place, Loop loop);
    bool isOnlyMultiplied(net::ValueId id) const;

    void lower(const net::Conv& op);
    void lower(const net::Gemm& op);
    void lower(const net::MaxPool& op);
    void lower(const net::AveragePool& op);
    void lower(const net::GlobalAveragePool& op);
    void lower(const net::Activate& op);
    void lower(const net::BatchNormalization& op);
    void lower(const net::Add& op);
    void lower(const net::Concat& op);
    void lower(const net::Softmax& op);
    void lower(const net::Flatten& op);
    void lower(const net::Identity& op);
    void lower(const net::Arithmetic& op);
    void lower(const net::Pad& op);
    void lower(const net::Reshape& op);
    void lower(const net::Transpose& op);
    void lower(const net::Gather& op);
    void lower(const net::ReduceMean& op);
    void lower(const net::LayerNormalization& op);
    void lower(const net::MatMul& op);

    ProgramBuilder build_;
    WeightStore& weights_;
    LayoutPolicy policy_;
    Drawbacks drawbacks_;
    bool has_convolutions_;
    const net::Node* node_ = nullptr;
    std::vector<std::function<void()>> binders_;  // need the workspace's addresses
    std::set<const void*> counted_weights_;
    // Flattened values that still lie as their pictures.
    std::map<net::ValueId, net::ValueId> pictures_;
};

}  // namespace overfeat::backend::onednn
