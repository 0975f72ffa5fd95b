// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/compiler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "engine/backend/layer_label.h"
#include "engine/backend/onednn/layout.h"
#include "engine/backend/onednn/library.h"
#include "engine/backend/onednn/loops.h"
#include "engine/backend/onednn/program_builder.h"
#include "engine/core/error.h"

namespace overfeat::backend::onednn {
namespace {

using net::Node;
using net::ValueId;

std::int64_t product(const Shape& shape, int begin, int end) {
    std::int64_t count = 1;
    for (int axis = begin; axis < end; ++axis)
        count *= shape[axis];
    return count;
}

// (1x1 ones are normalisations, of which there may be some in any network.)
bool hasDepthwise(const net::Graph& graph) {
    return std::ranges::any_of(graph.nodes, [&](const Node& node) {
        const auto* conv = std::get_if<net::Conv>(&node.op);
        if (conv == nullptr || conv->groups == 1 || conv->window.kernel == net::Extent2{1, 1})
            return false;
        const auto& weight = graph.values[static_cast<std::size_t>(node.inputs[1])].constant;
        return weight && weight->shape()[1] == 1;
    });
}

// The layouts worth trying for a network on this processor, best first; README.md has the
// measurements.
std::vector<LayoutPolicy> policies(const net::Graph& graph) {
    constexpr LayoutPolicy kChannelsLast{LayoutPolicy::Kind::kChannelsLast};
    const bool avx512 = libraryInfo().avx512;
    const LayoutPolicy blocks{LayoutPolicy::Kind::kBlocks, avx512 ? 16 : 8};
    if (avx512 && !hasDepthwise(graph)) return {kChannelsLast, blocks};
    return {blocks, kChannelsLast};
}

// What is known of a program without running it; less is better, the first number first.
struct Drawbacks {
    int loops = 0;            // convolutions that run on plain loops
    int matrix_products = 0;  // and on matrix products over a copied image
    int copies = 0;           // changes of layout and copies with a border

    bool none() const noexcept { return *this == Drawbacks{}; }
    // NOLINTNEXTLINE(modernize-use-nullptr): the 0 is in the comparison that the compiler makes
    auto operator<=>(const Drawbacks&) const = default;
};

class Compiler {
public:
    // Turns the nodes into steps.
    Compiler(const net::Graph& graph, const Shape& input, WeightStore& weights,
             const LayoutPolicy& policy)
        : build_(graph, input), weights_(weights), policy_(policy) {
        for (const Node& node : build_.graph().nodes) {
            node_ = &node;
            build_.begin(node);
            std::visit([this](const auto& op) { lower(op); }, node.op);
            build_.end();
        }
    }

    Drawbacks drawbacks() {
        Drawbacks all = drawbacks_;
        all.copies += build_.program().statistics.reorders_per_run;
        return all;
    }

    // Gives the steps their memory. Call it once.
    Program finish(std::int64_t max_workspace_bytes) {
        const std::int64_t bytes = build_.finish();
        Program& program = build_.program();
        if (bytes > max_workspace_bytes) {
            throw Error(ErrorCode::kModel,
                        "The network needs " + std::to_string((bytes >> 20) + 1) +
                            " MiB for an input of " + program.input_shape.toString() +
                            " and the limit is " + std::to_string(max_workspace_bytes >> 20) +
                            " MiB; use a smaller picture or fewer scales.");
        }
        program.workspace->allocate();
        for (const auto& bind : binders_)
            bind();
        program.statistics.workspace_bytes = bytes;
        return std::move(program);
    }

private:
    ValueId in(std::size_t i) const { return node_->inputs[i]; }
    bool has(std::size_t i) const {
        return i < node_->inputs.size() && node_->inputs[i] != net::kNoValue;
    }
    const Shape& shape(ValueId id) const { return build_.shape(id); }
    const Shape& outShape() const { return shape(node_->output); }
    std::shared_ptr<const Tensor> constant(std::size_t i) const {
        return has(i) ? build_.graph().values[static_cast<std::size_t>(in(i))].constant : nullptr;
    }
    Workspace* workspace() { return &build_.workspace(); }
    // Keeps a tensor that steps read in place.
    void hold(std::shared_ptr<const Tensor> tensor) {
        build_.program().constants.push_back(std::move(tensor));
    }

    Place newPlace(Layout layout) { return {build_.newBuffer(outShape(), layout), layout}; }
    // Where a step finds an operand whose layout it does not care about: where it was computed, but
    // a picture the network was given is brought into the layout of the convolutions it is for. (In
    // blocks it stays as it is: the first convolution reads NCHW itself.)
    Place settled(ValueId id) {
        const Place home = build_.home(id);
        const bool is_for_convolutions = id == build_.graph().input && has_convolutions_ &&
                                         policy_.kind == LayoutPolicy::Kind::kChannelsLast;
        return is_for_convolutions ? build_.require(id, policy_.of(shape(id))) : home;
    }
    // Where the output goes if it can replace the operand at `place`, else a new buffer.
    Place replacing(Place place) {
        return build_.mayOverwrite(place.buffer) ? place : newPlace(place.layout);
    }

    // ---- Convolutions -----------------------------------------------------------------------

    struct ConvolutionChoice {
        std::unique_ptr<Convolution> convolution;
        net::Padding2 halo;  // zeros to put around the source first
    };

    // The library's generated code if there is any way to it: in the plan's layout, with the source
    // as it lies or brought there; in layouts the library prefers; or with the padding made real,
    // because it gives up on paddings that are wide for its registers (dilation 4 with "same"
    // padding, for example).
    ConvolutionChoice choose(const ConvolutionSpec& spec, Layout home) const {
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
                ConvolutionChoice choice{Convolution::create(with_halo ? halo : spec,
                                                             layouts.source, layouts.destination),
                                         with_halo ? padding : net::Padding2{}};
                if (!choice.convolution) continue;
                if (!best.convolution || choice.convolution->code() > best.convolution->code())
                    best = std::move(choice);
                if (best.convolution->code() == Code::kGenerated) return best;
            }
        }
        return best;
    }

    BufferId withHalo(ValueId x, Place from, const net::Padding2& halo) {
        if (halo == net::Padding2{}) return from.buffer;
        ++drawbacks_.copies;
        const Shape s = shape(x);
        Shape padded = s;
        padded[2] += halo.top + halo.bottom;
        padded[3] += halo.left + halo.right;
        const BufferId to = build_.newBuffer(padded, from.layout);
        build_.emit("Halo", "loops:halo", {from.buffer, to}, [=, w = workspace()] {
            pad({w->data(from.buffer), s, from.layout}, {w->data(to), padded, from.layout}, halo);
        });
        return to;
    }

    // Where a convolution that adds to its destination finds the residual: the residual's own
    // memory if nobody else needs it, else a copy.
    Place destinationHolding(ValueId residual, Layout layout) {
        const Place from = build_.home(residual);
        if (from.layout == layout && build_.mayOverwrite(from.buffer)) return from;
        const Place to = newPlace(layout);
        build_.emitCopy(residual, from, to);
        return to;
    }

    void emitConvolution(const ConvolutionSpec& spec, ValueId x, ValueId residual,
                         const std::shared_ptr<const Tensor>& weight,
                         const std::shared_ptr<const Tensor>& bias) {
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

    void lower(const net::Conv& conv) {
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
    bool isConvolution(const net::Gemm& gemm, const Node& node) const {
        const Shape& y = shape(node.output);
        const Shape c = node.inputs.size() > 2 && node.inputs[2] != net::kNoValue
                            ? shape(node.inputs[2])
                            : Shape{};
        return !gemm.transpose_a &&
               (c.elementCount() == 1 || (c.elementCount() == y[1] && c[c.rank() - 1] == y[1]));
    }

    // Or, if its operand is a flattened picture, of that picture as it lies: the rows of the weight
    // are kernels of the picture's extents already.
    void lower(const net::Gemm& gemm) {
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

    void lowerProduct(const net::Gemm& op) {
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

    // ---- Everything else --------------------------------------------------------------------

    // A node that reads a value and writes one of the same layout, by `loop(x view, y view, stop)`.
    template <class Loop>
    void lowerUnary(const char* implementation, bool in_place, Loop loop) {
        const Place from = settled(in(0));
        const Place to = in_place ? replacing(from) : newPlace(from.layout);
        build_.emitNode(implementation, {from.buffer, to.buffer},
                        [=, w = workspace(), x = shape(in(0)), y = outShape()](const auto& stop) {
                            loop(ConstTensorView{w->data(from.buffer), x, from.layout},
                                 TensorView{w->data(to.buffer), y, to.layout}, stop);
                            return !stop.stop_requested();
                        });
        build_.settle(node_->output, to);
    }

    void lower(const net::MaxPool& op) {
        lowerUnary("loops:pool", false, [op](const auto& x, const auto& y, const auto& stop) {
            maxPool(x, y, op.window, stop);
        });
    }
    void lower(const net::AveragePool& op) {
        lowerUnary("loops:pool", false, [op](const auto& x, const auto& y, const auto& stop) {
            averagePool(x, y, op.window, op.count_include_padding, stop);
        });
    }
    void lower(const net::GlobalAveragePool& /*unused*/) {
        lowerUnary("loops:average", false,
                   [](const auto& x, const auto& y, auto&&...) { globalAveragePool(x, y); });
    }
    void lower(const net::Activate& op) {
        lowerUnary("loops:clip", true, [op](const auto& x, const auto& y, auto&&...) {
            activate(x, y, op.activation);
        });
    }

    void lower(const net::BatchNormalization& op) {
        const Extents extents(outShape(), settled(in(0)).layout);
        const auto count = static_cast<std::size_t>(extents.blocks * extents.block);
        std::vector<float> scale(count, 0.0F);
        std::vector<float> shift(count, 0.0F);
        const auto value = [&](std::size_t i, std::size_t c) {
            return double{constant(i)->values()[c]};
        };
        for (std::size_t c = 0; c < static_cast<std::size_t>(extents.channels); ++c) {
            const double factor = value(1, c) / std::sqrt(value(4, c) + op.epsilon);
            scale[c] = static_cast<float>(factor);
            shift[c] = static_cast<float>(value(2, c) - value(3, c) * factor);
        }
        lowerUnary("loops:normalise", true, [=](const auto& x, const auto& y, auto&&...) {
            scaleAndShift(x, y, scale, shift);
        });
    }

    void lower(const net::Add& op) {
        if (!(shape(in(0)) == shape(in(1)))) {
            const BufferId a = build_.require(in(0), {}).buffer;
            const BufferId b = build_.require(in(1), {}).buffer;
            const BufferId y = build_.newBuffer(outShape(), {});
            build_.emitNode("loops:add", {a, b, y},
                            [=, w = workspace(), sa = shape(in(0)), sb = shape(in(1)),
                             sy = outShape(), clip = op.activation] {
                                addBroadcast({w->data(a), sa, {}}, {w->data(b), sb, {}},
                                             {w->data(y), sy, {}}, clip);
                            });
            return build_.settle(node_->output, {y, {}});
        }
        const Layout first = settled(in(0)).layout;
        const Layout layout = first.isPlain() ? settled(in(1)).layout : first;
        const Place a = build_.require(in(0), layout);
        const Place b = build_.require(in(1), layout);
        Place to = replacing(a);
        if (to.buffer != a.buffer) to = replacing(b);
        build_.emitNode("loops:add", {a.buffer, b.buffer, to.buffer},
                        [=, w = workspace(), s = outShape(), clip = op.activation] {
                            add({w->data(a.buffer), s, layout}, {w->data(b.buffer), s, layout},
                                {w->data(to.buffer), s, layout}, clip);
                        });
        build_.settle(node_->output, to);
    }

    // Along the channels operands may lie as they like: the copy that joins them brings them into
    // the layout of the result. Along other axes they have to lie alike.
    void lower(const net::Concat& op) {
        const int rank = outShape().rank();
        const int axis = op.axis < 0 ? op.axis + rank : op.axis;
        std::vector<Place> from;
        std::vector<Shape> shapes;
        bool all_plain = true;
        for (const ValueId id : node_->inputs) {
            from.push_back(settled(id));
            shapes.push_back(shape(id));
            all_plain = all_plain && from.back().layout.isPlain();
        }
        const Layout layout = all_plain ? Layout{} : policy_.of(outShape());
        if (axis != 1)
            for (std::size_t i = 0; i < from.size(); ++i)
                from[i] = build_.require(in(i), layout);
        const Place to = newPlace(layout);
        build_.emitNode("loops:copy", {to.buffer}, [=, w = workspace(), y = outShape()] {
            std::int64_t first = 0;
            for (std::size_t i = 0; i < from.size(); ++i) {
                copyInto({w->data(from[i].buffer), shapes[i], from[i].layout},
                         {w->data(to.buffer), y, to.layout}, axis, first);
                first += shapes[i][axis];
            }
        });
        for (const Place& place : from)
            build_.touch(place.buffer);
        build_.settle(node_->output, to);
    }

    void lower(const net::Softmax& op) {
        const Shape s = outShape();
        const int rank = s.rank();
        const int axis = op.axis < 0 ? op.axis + rank : op.axis;
        const int end = op.flattens_from_axis ? rank : std::min(axis + 1, rank);
        SoftmaxExtents extents{product(s, 0, axis), product(s, axis, end), product(s, end, rank)};
        // Over the channels it can read blocks; its result is row-major either way.
        const bool over_channels = axis == 1 && extents.length == s[1];
        const Place from = over_channels ? build_.home(in(0)) : build_.require(in(0), {});
        extents.block = from.layout.block;
        const BufferId y = build_.newBuffer(s, {});
        build_.emitNode("loops:softmax", {from.buffer, y}, [=, w = workspace()] {
            softmax(w->data(from.buffer), w->data(y), extents);
        });
        build_.settle(node_->output, {y, {}});
    }

    // True if all that needs the value is matrix products that work as convolutions.
    bool isOnlyMultiplied(ValueId id) const {
        const net::Graph& graph = build_.graph();
        return std::ranges::none_of(graph.outputs, [&](ValueId output) { return output == id; }) &&
               std::ranges::all_of(graph.nodes, [&](const Node& node) {
                   const auto uses = std::ranges::count(node.inputs, id);
                   const auto* gemm = std::get_if<net::Gemm>(&node.op);
                   return uses == 0 || (uses == 1 && gemm != nullptr && node.inputs[0] == id &&
                                        isConvolution(*gemm, node));
               });
    }

    void lower(const net::Flatten& /*unused*/) {
        const Shape& x = shape(in(0));
        if (x.rank() == 4 && outShape()[0] == x[0] &&
            !isPlainInMemory(x, build_.home(in(0)).layout) && isOnlyMultiplied(node_->output)) {
            pictures_[node_->output] = in(0);
            return build_.settle(node_->output, build_.home(in(0)));
        }
        build_.settle(node_->output, build_.require(in(0), {}));
    }
    void lower(const net::Identity& /*unused*/) {
        build_.settle(node_->output, build_.home(in(0)));
    }

    ProgramBuilder build_;
    WeightStore& weights_;
    LayoutPolicy policy_;
    Drawbacks drawbacks_;
    bool has_convolutions_ = std::ranges::any_of(build_.graph().nodes, [](const Node& node) {
        return std::holds_alternative<net::Conv>(node.op);
    });
    const Node* node_ = nullptr;                  // being lowered
    std::vector<std::function<void()>> binders_;  // need the workspace's addresses
    std::set<const PackedWeights*> counted_weights_;
    std::map<ValueId, ValueId> pictures_;  // flattened values that still lie as their pictures
};

}  // namespace

Program compileProgram(const net::Graph& graph, const Shape& input,
                       std::int64_t max_workspace_bytes, WeightStore& weights) {
    std::unique_ptr<Compiler> best;
    for (const LayoutPolicy& policy : policies(graph)) {
        auto compiler = std::make_unique<Compiler>(graph, input, weights, policy);
        if (!best || compiler->drawbacks() < best->drawbacks()) best = std::move(compiler);
        if (best->drawbacks().none()) break;
    }
    return best->finish(max_workspace_bytes);
}

}  // namespace overfeat::backend::onednn
