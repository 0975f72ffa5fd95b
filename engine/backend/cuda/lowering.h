// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/cuda/program.h"
#include "engine/backend/cuda/views.h"
#include "engine/backend/cuda/weight_store.h"
#include "engine/net/graph.h"

namespace overfeat::backend::cuda {

// A value in memory.
struct Place {
    BufferId buffer = -1;
    Layout layout = Layout::kPlain;
};

// Turns the nodes of a network into steps: convolutions and products in lower_convolution.cpp, what
// slides over pictures or sums them up in lower_pictures.cpp, the rest in lower_tensors.cpp.
// Kernels read any layout, so there are few changes of it: before convolutions, which want their
// channels last, and before what must be plain.
class Lowering {
public:
    Lowering(const net::Graph& graph, const Shape& input, WeightStore& weights,
             const DeviceApi& api, const Card& card, const CompileOptions& options);

    // Gives the steps their memory. Call it once.
    Program finish();

private:
    // The node that is being lowered.
    net::ValueId in(std::size_t i) const { return node_->inputs[i]; }
    bool has(std::size_t i) const {
        return i < node_->inputs.size() && node_->inputs[i] != net::kNoValue;
    }
    const Shape& shape(net::ValueId id) const { return shapes_[static_cast<std::size_t>(id)]; }
    const Shape& outShape() const { return shape(node_->output); }
    // Throws Error(kModel) if the operand is computed.
    std::shared_ptr<const Tensor> constant(std::size_t i) const;

    // Where values are.
    Place home(net::ValueId id);
    Place require(net::ValueId id, Layout layout);
    void settle(Place place);
    Place newPlace(Layout layout);
    // With its channels last if the operand that it looks like has them there.
    Layout layoutLike(const Shape& y);

    BufferId addConstant(const std::shared_ptr<const Tensor>& tensor, Packing packing);
    BufferId addValues(const std::vector<float>& values);

    // Steps. `make` returns the kernel's body once there are addresses.
    void emit(std::string op, std::string implementation, std::initializer_list<BufferId> buffers,
              std::int64_t work, std::function<void(Stream&)> queue);
    template <class Make>
    void emitKernel(const std::string& op, const std::string& implementation,
                    std::initializer_list<BufferId> buffers, std::int64_t count,
                    std::int64_t work_each, Make make) {
        const std::int64_t most =
            std::max<std::int64_t>(card_.work_per_look / std::max<std::int64_t>(work_each, 1), 1);
        for (std::int64_t first = 0; first < count; first += most) {
            const std::int64_t part = std::min(most, count - first);
            emit(op, implementation, buffers, part * work_each,
                 [=](Stream& stream) { stream.launch(make(), first, part); });
            program_.steps.back().continues = first > 0;
        }
    }
    void creditMultiplyAdds(std::size_t first_step);
    // y = activation(a, b, c combined); `c` and `b` may be none.
    struct Operand {
        BufferId buffer = -1;
        std::vector<std::uint32_t> steps;
    };
    void emitElementwise(const std::string& op, const std::string& implementation,
                         Elementwise::Kind kind, const Operand& a, const Operand& b,
                         const Operand& c, const Operand& y, std::span<const std::int64_t> extents,
                         const net::Activation& activation, std::int64_t y_offset = 0);
    Operand operandFor(net::ValueId id, const Shape& to);
    void emitPad(net::ValueId id, Place from, Place to, const Shape& to_shape, const net::Pad& pad,
                 const char* op);
    void emitRows(Rows::Kind kind, const std::vector<bool>& along, Place from, Place to,
                  const Shape& y_as_x, BufferId scale, BufferId bias, float epsilon);
    void emitPool(const net::SlidingWindow& window, Pool::Kind kind);

    struct ConvolutionNode {
        Shape source;
        Shape weight;
        Shape destination;
        net::SlidingWindow window;
        std::int64_t groups = 1;
        net::Activation activation;
        std::shared_ptr<const Tensor> weights;
        BufferId bias = -1;
        BufferId residual = -1;
        BufferId y = -1;
    };
    static bool hasMore(const ConvolutionNode& conv);
    void lowerConvolution(const ConvolutionNode& conv, net::ValueId x);
    bool emitByLibrary(const ConvolutionNode& conv, net::ValueId x, bool padded, bool fused);
    void emitDirect(const ConvolutionNode& conv, net::ValueId source);
    BufferId inOrder(net::ValueId x);
    bool isConvolution(const net::Gemm& gemm) const;
    void lowerProduct(const net::Gemm& gemm);
    void emitProduct(const Product& body, BufferId a, BufferId b, BufferId c);

    void lower(const net::Conv& op);
    void lower(const net::Gemm& op);
    void lower(const net::MatMul& op);
    void lower(const net::MaxPool& op);
    void lower(const net::AveragePool& op);
    void lower(const net::GlobalAveragePool& op);
    void lower(const net::Pad& op);
    void lower(const net::Softmax& op);
    void lower(const net::ReduceMean& op);
    void lower(const net::LayerNormalization& op);
    void lower(const net::Activate& op);
    void lower(const net::BatchNormalization& op);
    void lower(const net::Add& op);
    void lower(const net::Arithmetic& op);
    void lower(const net::Concat& op);
    void lower(const net::Transpose& op);
    void lower(const net::Gather& op);
    void lower(const net::Flatten& op);
    void lower(const net::Identity& op);
    void lower(const net::Reshape& op);
    void lowerPair(Elementwise::Kind kind, const net::Activation& activation);

    const net::Graph& graph_;
    std::vector<Shape> shapes_;
    WeightStore& weights_;
    Card card_;
    CompileOptions options_;
    std::vector<std::vector<Place>> places_;  // per value
    const net::Node* node_ = nullptr;
    Program program_;
    Arena* arena_ = nullptr;  // program_'s
    std::set<const DeviceMemory*> counted_;
};

}  // namespace overfeat::backend::cuda
