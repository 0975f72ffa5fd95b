// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/backend/layer_label.h"
#include "engine/backend/onednn/lowering.h"
#include "engine/backend/onednn/parallel.h"
#include "engine/backend/onednn/winograd.h"
#include "engine/core/error.h"

// Convolutions, and matrix products, which are convolutions of single cells or whole pictures.
namespace overfeat::backend::onednn {

using net::Node;
using net::ValueId;

// The library's generated code if there is any way to it: in the plan's layout, with the source
// as it lies or brought there; in layouts the library prefers; or with the padding made real,
// because it gives up on paddings that are wide for its registers (dilation 4 with "same"
// padding, for example).
Lowering::ConvolutionChoice Lowering::choose(const ConvolutionSpec& spec, Layout home) const {
    ConvolutionSpec halo = spec;
    const net::Padding2 padding = std::exchange(halo.window.padding, {});
    halo.source[2] += padding.top + padding.bottom;
    halo.source[3] += padding.left + padding.right;
    struct Layouts {
        std::optional<Layout> source;
        std::optional<Layout> destination;
    };
    Layout source = policy_.of(spec.source);
    Layout destination = policy_.of(spec.destination);
    // Single cells lie in whole blocks as they lie without; without, outputs need no
    // conversion.
    if (Extents(spec.source, {}).area() == 1 && Extents(spec.destination, {}).area() == 1 &&
        isPlainInMemory(spec.source, home) && !spec.adds_to_destination) {
        home = source = {spec.source[1]};
        destination = {spec.destination[1]};
    }
    const std::array<Layouts, 4> tried{
        {{home, destination}, {source, destination}, {home, {}}, {{}, {}}}};
    ConvolutionChoice best;
    for (const bool with_halo : {false, true}) {
        if (with_halo && padding == net::Padding2{}) break;
        for (const Layouts& layouts : tried) {
            ConvolutionChoice choice{
                Convolution::create(with_halo ? halo : spec, layouts.source, layouts.destination),
                with_halo ? padding : net::Padding2{}};
            if (!choice.convolution) continue;
            if (!best.convolution || choice.convolution->code() > best.convolution->code())
                best = std::move(choice);
            if (best.convolution->code() == Code::kGenerated) return best;
        }
    }
    return best;
}

BufferId Lowering::withHalo(ValueId x, Place from, const net::Padding2& halo) {
    if (halo == net::Padding2{}) return from.buffer;
    ++drawbacks_.copies;
    const Shape s = shape(x);
    Shape padded = s;
    padded[2] += halo.top + halo.bottom;
    padded[3] += halo.left + halo.right;
    const BufferId to = build_.newBuffer(padded, from.layout);
    build_.emit("Halo", "loops:halo", {from.buffer, to}, [=, w = workspace()] {
        pad({w->data(from.buffer), s, from.layout}, {w->data(to), padded, from.layout},
            net::Pad{.padding = halo});
    });
    return to;
}

// Where a convolution that adds to its destination finds the residual: the residual's own
// memory if nobody else needs it, else a copy.
Place Lowering::destinationHolding(ValueId residual, Layout layout) {
    const Place from = build_.home(residual);
    if (from.layout == layout && build_.mayOverwrite(from.buffer)) return from;
    const Place to = newPlace(layout);
    build_.emitCopy(residual, from, to);
    return to;
}

bool Lowering::emitWinograd(const ConvolutionSpec& spec, ValueId x, ValueId residual,
                            const std::shared_ptr<const Tensor>& weight,
                            const std::shared_ptr<const Tensor>& bias) {
    const Place source = build_.home(x);
    const Layout layout = policy_.of(spec.destination);
    if (!Winograd::suits(spec, source.layout, layout)) return false;
    const auto winograd = std::make_shared<Winograd>(spec, teamSize());
    const Place destination =
        residual != net::kNoValue ? destinationHolding(residual, layout) : newPlace(layout);
    const BufferId scratch = workspace()->add(winograd->scratchBytes());
    build_.emitNode(Winograd::kImplementation, {source.buffer, destination.buffer, scratch},
                    [winograd] { winograd->execute(); });
    readsWeights(*weight);
    build_.settle(node_->output, destination);
    if (bias) hold(bias);
    binders_.emplace_back([=, this] {
        auto packed = weights_.forTiles(weight);
        if (counted_weights_.insert(packed.get()).second)
            build_.program().statistics.weight_bytes += packed->bytes();
        winograd->bind({.source = workspace()->data(source.buffer),
                        .weights = std::move(packed),
                        .bias = bias ? bias->values().data() : nullptr,
                        .destination = workspace()->data(destination.buffer),
                        .scratch = workspace()->data(scratch)});
    });
    return true;
}

void Lowering::emitConvolution(const ConvolutionSpec& spec, ValueId x, ValueId residual,
                               const std::shared_ptr<const Tensor>& weight,
                               const std::shared_ptr<const Tensor>& bias) {
    if (emitWinograd(spec, x, residual, weight, bias)) return;
    ConvolutionChoice choice = choose(spec, build_.home(x).layout);
    if (!choice.convolution) {
        throw Error(ErrorCode::kModel,
                    "Node '" + node_->name + "' (" + layerLabel(*node_) +
                        ") is more than oneDNN can do; try the device 'reference'.",
                    node_->name);
    }
    const std::shared_ptr<Convolution> convolution = std::move(choice.convolution);
    drawbacks_.loops += convolution->code() == Code::kLoops ? 1 : 0;
    drawbacks_.matrix_products += convolution->code() == Code::kMatrixProduct ? 1 : 0;
    const BufferId source =
        withHalo(x, build_.require(x, convolution->sourceLayout()), choice.halo);
    const Layout layout = convolution->destinationLayout();
    const Place destination =
        residual != net::kNoValue ? destinationHolding(residual, layout) : newPlace(layout);
    const BufferId scratch = workspace()->add(convolution->scratchBytes());
    build_.emitNode(convolution->implementation(), {source, destination.buffer, scratch},
                    [convolution] { convolution->execute(); });
    readsWeights(*weight);
    build_.settle(node_->output, destination);
    if (bias) hold(bias);
    binders_.emplace_back([=, this] {
        auto packed = weights_.packed(weight, *convolution);
        if (counted_weights_.insert(packed.get()).second)
            build_.program().statistics.weight_bytes += byteCount(*packed);
        convolution->bind({.source = workspace()->data(source),
                           .weights = std::move(packed),
                           .bias = bias ? bias->values().data() : nullptr,
                           .destination = workspace()->data(destination.buffer),
                           .scratch = workspace()->data(scratch)});
    });
}

void Lowering::lower(const net::Conv& conv) {
    const ValueId residual = has(3) ? in(3) : net::kNoValue;
    const ConvolutionSpec spec{.source = shape(in(0)),
                               .weight = shape(in(1)),
                               .destination = outShape(),
                               .window = conv.window,
                               .groups = conv.groups,
                               .has_bias = has(2),
                               .adds_to_destination = residual != net::kNoValue,
                               .activation = conv.activation};
    emitConvolution(spec, in(0), residual, constant(1), constant(2));
}

// With one addend per column a matrix product is a convolution of single cells.
bool Lowering::isConvolution(const net::Gemm& gemm, const Node& node) const {
    const Shape& y = shape(node.output);
    const Shape c =
        node.inputs.size() > 2 && node.inputs[2] != net::kNoValue ? shape(node.inputs[2]) : Shape{};
    return !gemm.transpose_a &&
           (c.elementCount() == 1 || (c.elementCount() == y[1] && c[c.rank() - 1] == y[1]));
}

// Or, if its operand is a flattened picture, of that picture as it lies: the rows of the weight
// are kernels of the picture's extents already.
void Lowering::lower(const net::Gemm& gemm) {
    if (!isConvolution(gemm, *node_)) return lowerProduct(gemm);
    const Shape a = shape(in(0));
    const Shape y = outShape();
    const auto picture = pictures_.find(in(0));
    const ValueId x = picture != pictures_.end() ? picture->second : in(0);
    const Shape source = x == in(0) ? Shape{a[0], a[1], 1, 1} : shape(x);
    std::shared_ptr<const Tensor> weight = constant(1);
    const Shape weight_shape{y[1], source[1], source[2], source[3]};
    if (!gemm.transpose_b || gemm.alpha != 1) {
        std::vector<float> values(weight->values().size());
        const auto depth = static_cast<std::size_t>(a[1]);
        const auto columns = static_cast<std::size_t>(y[1]);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const std::size_t at = gemm.transpose_b ? i : i % depth * columns + i / depth;
            values[i] = gemm.alpha * weight->values()[at];
        }
        weight = std::make_shared<Tensor>(weight_shape, std::move(values));
        hold(weight);
    }
    std::shared_ptr<const Tensor> bias;
    if (has(2)) {
        std::vector<float> values(static_cast<std::size_t>(y[1]));
        const auto addend = constant(2)->values();
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = gemm.beta * addend[addend.size() == 1 ? 0 : i];
        bias = std::make_shared<Tensor>(Shape{y[1]}, std::move(values));
    }
    const ConvolutionSpec spec{.source = source,
                               .weight = weight_shape,
                               .destination = {y[0], y[1], 1, 1},
                               .window = {.kernel = {source[2], source[3]}},
                               .has_bias = bias != nullptr,
                               .activation = {}};
    emitConvolution(spec, x, net::kNoValue, weight, bias);
}

void Lowering::lowerProduct(const net::Gemm& op) {
    const BufferId a = build_.require(in(0), {}).buffer;
    const BufferId b = build_.require(in(1), {}).buffer;
    const BufferId c = has(2) ? build_.require(in(2), {}).buffer : a;
    const BufferId y = build_.newBuffer(outShape(), {});
    build_.emitNode("loops:gemm", {a, b, c, y},
                    [=, w = workspace(), sa = shape(in(0)), sb = shape(in(1)),
                     sc = has(2) ? shape(in(2)) : Shape{}, sy = outShape(), with_c = has(2)] {
                        const ConstTensorView addend{w->data(c), sc, {}};
                        onednn::gemm({w->data(a), sa, {}}, {w->data(b), sb, {}},
                                     with_c ? &addend : nullptr, {w->data(y), sy, {}}, op);
                    });
    build_.settle(node_->output, {y, {}});
}

}  // namespace overfeat::backend::onednn
