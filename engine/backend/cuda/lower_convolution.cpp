// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/backend/cuda/lowering.h"
#include "engine/backend/cuda/plain_types.h"
#include "engine/backend/layer_label.h"

// Convolutions, and matrix products, which are convolutions of single cells.
namespace overfeat::backend::cuda {

using net::ValueId;

namespace {

// What an algorithm of the library may take for itself.
constexpr std::size_t kMostScratchBytes = std::size_t{256} << 20;

bool isRelu(const net::Activation& activation) {
    return activation == net::Activation::relu();
}

}  // namespace

// The library's code if there is any way to it: with everything in one step; without what comes
// after the sums, which a kernel of ours then does; or over a copy with the padding made real,
// because the library knows only paddings that are the same on either side. Else, and where every
// output has one input channel, our own loops.
void Lowering::lowerConvolution(const ConvolutionNode& conv, ValueId x) {
    const bool depthwise = conv.groups > 1 && conv.weight[1] == 1;
    if (!depthwise) {
        const net::Padding2& padding = conv.window.padding;
        const bool symmetric = padding.top == padding.bottom && padding.left == padding.right;
        const bool can_fuse =
            hasMore(conv) && (conv.activation.isNone() || isRelu(conv.activation));
        for (const bool padded : {false, true}) {
            if (!padded && !symmetric) continue;
            if (padded && padding == net::Padding2{}) continue;
            for (const bool fused : {true, false}) {
                if (fused && !can_fuse) continue;
                if (emitByLibrary(conv, x, padded, fused)) return;
            }
        }
    }
    emitDirect(conv, x);
}

bool Lowering::emitByLibrary(const ConvolutionNode& conv, ValueId x, bool padded, bool fused) {
    const auto narrow = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
    const net::Padding2& padding = conv.window.padding;
    Shape source = conv.source;
    if (padded) {
        source[2] += padding.top + padding.bottom;
        source[3] += padding.left + padding.right;
    }
    const bool adds_bias = fused && conv.bias >= 0;
    const bool adds_residual = fused && conv.residual >= 0;
    const bool clips = fused && isRelu(conv.activation);
    const ConvolutionShape spec{.batch = narrow(source[0]),
                                .in_channels = narrow(source[1]),
                                .in_height = narrow(source[2]),
                                .in_width = narrow(source[3]),
                                .out_channels = narrow(conv.destination[1]),
                                .out_height = narrow(conv.destination[2]),
                                .out_width = narrow(conv.destination[3]),
                                .kernel_height = narrow(conv.weight[2]),
                                .kernel_width = narrow(conv.weight[3]),
                                .stride_height = narrow(conv.window.stride.height),
                                .stride_width = narrow(conv.window.stride.width),
                                .dilation_height = narrow(conv.window.dilation.height),
                                .dilation_width = narrow(conv.window.dilation.width),
                                .padding_height = padded ? 0 : narrow(padding.top),
                                .padding_width = padded ? 0 : narrow(padding.left),
                                .groups = narrow(conv.groups),
                                .may_round_factors = options_.may_round_factors ? 1 : 0,
                                .with_bias = adds_bias ? 1 : 0,
                                .with_residual = adds_residual ? 1 : 0,
                                .with_relu = clips ? 1 : 0};
    std::size_t scratch_bytes = kMostScratchBytes;
    ConvolutionOwner created = program_.stream->createConvolution(spec, scratch_bytes);
    if (!created) return false;
    program_.convolutions.push_back(std::make_unique<ConvolutionOwner>(std::move(created)));
    BufferId from = -1;
    if (padded) {
        // Read as it lies: a picture that the network was given comes into order on the way.
        const Place place = home(x);
        from = arena_->add(source.elementCount());
        emitPad(x, place, {from, Layout::kChannelsLast}, source, {.padding = padding},
                place.layout == Layout::kPlain ? "Reorder" : "Halo");
    } else {
        from = inOrder(x);
    }
    const BufferId weights = addConstant(conv.weights, Packing::kForLibrary);
    const BufferId scratch = arena_->addBytes(static_cast<std::int64_t>(scratch_bytes));
    const BufferId bias = adds_bias ? conv.bias : -1;
    const BufferId residual = adds_residual ? conv.residual : -1;
    emit(layerLabel(*node_), fused ? "cudnn:fused" : "cudnn",
         {from, weights, scratch, bias, residual, conv.y}, layerMultiplyAdds(*node_, shapes_),
         [=, arena = arena_, y = conv.y,
          convolution = program_.convolutions.back().get()](Stream& stream) {
             const auto read = [&](BufferId id) -> const float* {
                 return id < 0 ? nullptr : arena->array(id).data;
             };
             stream.convolve(*convolution, {.source = read(from),
                                            .weights = read(weights),
                                            .bias = read(bias),
                                            .residual = read(residual),
                                            .destination = arena->array(y).data,
                                            .scratch = arena->data(scratch)});
         });
    if (!fused && hasMore(conv)) {
        const Shape& s = conv.destination;
        const Operand y{conv.y, stepsOf(s, Layout::kChannelsLast)};
        const Operand added{conv.bias, {0, 1, 0, 0}};
        const Operand residue{conv.residual, stepsOf(s, Layout::kChannelsLast)};
        const bool both = added.buffer >= 0 && residue.buffer >= 0;
        const bool one = added.buffer >= 0 || residue.buffer >= 0;
        emitElementwise(both  ? "Bias and residual"
                        : one ? "Bias"
                              : "Activation",
                        "kernel:combine",
                        both  ? Elementwise::Kind::kAddBoth
                        : one ? Elementwise::Kind::kAdd
                              : Elementwise::Kind::kCopy,
                        y, added.buffer >= 0 ? added : residue, both ? residue : Operand{}, y,
                        s.dims(), conv.activation);
    }
    return true;
}

// Whether anything comes after the sums.
bool Lowering::hasMore(const ConvolutionNode& conv) {
    return conv.bias >= 0 || conv.residual >= 0 || !conv.activation.isNone();
}

// As convolutions want it: a picture with its channels last, single cells as they are.
BufferId Lowering::inOrder(ValueId x) {
    return require(x, shape(x).rank() == 4 ? Layout::kChannelsLast : Layout::kPlain).buffer;
}

void Lowering::emitDirect(const ConvolutionNode& conv, ValueId source) {
    const BufferId x = inOrder(source);
    const BufferId weights = addConstant(conv.weights, Packing::kForDirect);
    DirectConvolution body{};
    body.x_size = pictureSize(conv.source);
    body.y_size = pictureSize(conv.destination);
    body.window = plain(conv.window);
    body.inputs_per_group = static_cast<std::int32_t>(conv.weight[1]);
    body.outputs_per_group = static_cast<std::int32_t>(conv.destination[1] / conv.groups);
    body.activation = plain(conv.activation);
    emitKernel(layerLabel(*node_), "kernel:direct", {x, weights, conv.bias, conv.residual, conv.y},
               conv.destination.elementCount(), conv.weight[1] * conv.weight[2] * conv.weight[3],
               [=, arena = arena_, y = conv.y, bias = conv.bias, residual = conv.residual] {
                   const auto array = [&](BufferId id) {
                       return id < 0 ? Array<const float>{} : readOnly(arena->array(id));
                   };
                   DirectConvolution made = body;
                   made.x = array(x);
                   made.weights = array(weights);
                   made.bias = array(bias);
                   made.residual = array(residual);
                   made.y = arena->array(y);
                   return made;
               });
}

void Lowering::lower(const net::Conv& op) {
    const auto bias = constant(2);
    const Place to = newPlace(Layout::kChannelsLast);
    lowerConvolution({.source = shape(in(0)),
                      .weight = shape(in(1)),
                      .destination = outShape(),
                      .window = op.window,
                      .groups = op.groups,
                      .activation = op.activation,
                      .weights = constant(1),
                      .bias = bias ? addConstant(bias, Packing::kAsTheyAre) : -1,
                      .residual = has(3) ? require(in(3), Layout::kChannelsLast).buffer : -1,
                      .y = to.buffer},
                     in(0));
    settle(to);
}

// With weights that are known and one addend per column a matrix product is a convolution of single
// cells.
bool Lowering::isConvolution(const net::Gemm& gemm) const {
    const auto known = [&](std::size_t i) { return graph_.constant(in(i)) != nullptr; };
    if (gemm.transpose_a || !known(1)) return false;
    if (!has(2)) return true;
    const Shape& c = shape(in(2));
    const Shape& y = outShape();
    return known(2) &&
           (c.elementCount() == 1 || (c.elementCount() == y[1] && c[c.rank() - 1] == y[1]));
}

void Lowering::lower(const net::Gemm& gemm) {
    if (!isConvolution(gemm)) return lowerProduct(gemm);
    const Shape a = shape(in(0));
    const Shape y = outShape();
    const Shape weight_shape{y[1], a[1], 1, 1};
    std::shared_ptr<const Tensor> weights = constant(1);
    const auto depth = static_cast<std::size_t>(a[1]);
    const auto columns = static_cast<std::size_t>(y[1]);
    // Weights that are as they have to be are shared with the other plans of the network.
    if (!gemm.transpose_b || gemm.alpha != 1) {
        std::vector<float> values(weights->values().size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::size_t at = gemm.transpose_b ? i : i % depth * columns + i / depth;
            values[i] = gemm.alpha * weights->values()[at];
        }
        weights = std::make_shared<Tensor>(weight_shape, std::move(values));
    }
    BufferId bias = -1;
    if (has(2)) {
        const auto addend = constant(2)->values();
        std::vector<float> values(columns);
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = gemm.beta * addend[addend.size() == 1 ? 0 : i];
        bias = addValues(values);
    }
    const Place to = newPlace(Layout::kPlain);
    lowerConvolution({.source = {a[0], a[1], 1, 1},
                      .weight = weight_shape,
                      .destination = {y[0], y[1], 1, 1},
                      .window = {},
                      .activation = {},
                      .weights = weights,
                      .bias = bias,
                      .y = to.buffer},
                     in(0));
    settle(to);
}

namespace {

// The steps of a matrix product's operands: rows and columns are the last two axes of `y`.
struct ProductSteps {
    std::vector<std::uint32_t> a;
    std::vector<std::uint32_t> b;
    std::vector<std::uint32_t> c;
    std::uint32_t a_step = 0;
    std::uint32_t b_step = 0;
    std::uint32_t depth = 0;
};

Product productBody(const Shape& y, const ProductSteps& steps, float alpha, float beta) {
    const Arrangement made =
        arrangeInOrder(y.dims(), {stepsOf(y, Layout::kPlain), steps.a, steps.b, steps.c});
    Product body{};
    body.grid = made.grid;
    body.a_strides = made.strides[1];
    body.b_strides = made.strides[2];
    body.c_strides = made.strides[3];
    body.depth = steps.depth;
    body.a_step = steps.a_step;
    body.b_step = steps.b_step;
    body.alpha = alpha;
    body.beta = beta;
    return body;
}

}  // namespace

void Lowering::emitProduct(const Product& body, BufferId a, BufferId b, BufferId c) {
    const Place to = newPlace(Layout::kPlain);
    emitKernel(layerLabel(*node_), "kernel:product", {a, b, c, to.buffer},
               outShape().elementCount(), body.depth, [=, arena = arena_] {
                   Product made = body;
                   made.a = readOnly(arena->array(a));
                   made.b = readOnly(arena->array(b));
                   if (c >= 0) made.c = readOnly(arena->array(c));
                   made.y = arena->array(to.buffer);
                   return made;
               });
    settle(to);
}

void Lowering::lowerProduct(const net::Gemm& gemm) {
    const Shape& a = shape(in(0));
    const Shape& b = shape(in(1));
    const auto steps_a = stepsOf(a, Layout::kPlain);
    const auto steps_b = stepsOf(b, Layout::kPlain);
    const std::size_t rows = gemm.transpose_a ? 1 : 0;
    const std::size_t columns = gemm.transpose_b ? 0 : 1;
    ProductSteps steps{.a = {steps_a[rows], 0},
                       .b = {0, steps_b[columns]},
                       .c = {0, 0},
                       .a_step = steps_a[1 - rows],
                       .b_step = steps_b[1 - columns],
                       .depth = static_cast<std::uint32_t>(a[static_cast<int>(1 - rows)])};
    const BufferId at_a = require(in(0), Layout::kPlain).buffer;
    const BufferId at_b = require(in(1), Layout::kPlain).buffer;
    BufferId at_c = -1;
    if (has(2)) {
        at_c = require(in(2), Layout::kPlain).buffer;
        steps.c = broadcastSteps(shape(in(2)), Layout::kPlain, outShape());
    }
    emitProduct(productBody(outShape(), steps, gemm.alpha, gemm.beta), at_a, at_b, at_c);
}

// Operands of any layout are read as they lie.
void Lowering::lower(const net::MatMul& /*op*/) {
    const Shape& y = outShape();
    const auto last = static_cast<std::size_t>(y.rank()) - 1;
    const auto operand = [&](std::size_t i, std::size_t own_axis, std::uint32_t& step) {
        const Shape& s = shape(in(i));
        const Place place = home(in(i));
        const auto own = stepsOf(s, place.layout);
        // Of the last two axes one is summed over.
        const std::size_t summed = last - 1 + last - own_axis;
        step = own[summed - static_cast<std::size_t>(y.rank() - s.rank())];
        std::vector<std::uint32_t> steps = broadcastSteps(s, place.layout, y);
        steps[summed] = 0;
        return std::pair{place.buffer, steps};
    };
    ProductSteps steps;
    const auto [a, a_steps] = operand(0, last - 1, steps.a_step);
    const auto [b, b_steps] = operand(1, last, steps.b_step);
    steps.a = a_steps;
    steps.b = b_steps;
    steps.c = std::vector<std::uint32_t>(last + 1, 0);
    const Shape& first = shape(in(0));
    steps.depth = static_cast<std::uint32_t>(first[first.rank() - 1]);
    emitProduct(productBody(y, steps, 1, 0), a, b, -1);
}

}  // namespace overfeat::backend::cuda
