// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tiny_model.h"

#include <utility>

namespace overfeat::test {

using net::ValueId;

TinyModel::TinyModel(int window_px) {
    model_.name = "tiny";
    model_.window_px = window_px;
    model_.normalisation.std = {255, 255, 255};
    model_.graph.input = model_.graph.addValue("input");
    model_.graph.input_shape = {-1, 3, window_px, window_px};
}

ValueId TinyModel::add(const std::string& kind, net::Op op, std::vector<ValueId> inputs) {
    const std::string name = kind + std::to_string(++layers_);
    const ValueId output = model_.graph.addValue(name);
    net::Node node;
    node.name = name;
    node.op = op;
    node.inputs = std::move(inputs);
    node.output = output;
    model_.graph.nodes.push_back(std::move(node));
    return output;
}

ValueId TinyModel::constant(const std::string& name, Shape shape, std::vector<float> values) {
    return model_.graph.addValue(name + std::to_string(layers_ + 1),
                                 std::make_shared<const Tensor>(shape, std::move(values)));
}

ValueId TinyModel::conv(ValueId x, std::int64_t out, std::int64_t in, std::int64_t kernel,
                        std::int64_t stride, std::vector<float> weight, std::int64_t padding) {
    net::Conv op;
    op.window.kernel = {kernel, kernel};
    op.window.stride = {stride, stride};
    op.window.padding = {padding, padding, padding, padding};
    const ValueId w = constant("conv_weight", {out, in, kernel, kernel}, std::move(weight));
    return add("conv", op, {x, w, net::kNoValue});
}

ValueId TinyModel::relu(ValueId x) {
    return add("relu", net::Activate{net::Activation::relu()}, {x});
}

ValueId TinyModel::maxPool(ValueId x, std::int64_t kernel, std::int64_t stride) {
    net::MaxPool op;
    op.window.kernel = {kernel, kernel};
    op.window.stride = {stride, stride};
    return add("pool", op, {x});
}

ValueId TinyModel::globalAveragePool(ValueId x) {
    return add("mean", net::GlobalAveragePool{}, {x});
}

ValueId TinyModel::flatten(ValueId x) {
    return add("flat", net::Flatten{}, {x});
}

ValueId TinyModel::gemm(ValueId x, std::int64_t out, std::vector<float> weight,
                        std::vector<float> bias) {
    net::Gemm op;
    op.transpose_b = true;
    const auto in = static_cast<std::int64_t>(weight.size()) / out;
    const ValueId w = constant("gemm_weight", {out, in}, std::move(weight));
    const ValueId b = constant("gemm_bias", {out}, std::move(bias));
    return add("gemm", op, {x, w, b});
}

ValueId TinyModel::softmax(ValueId x) {
    return add("softmax", net::Softmax{}, {x});
}

std::shared_ptr<const net::Model> TinyModel::finish(ValueId scores, std::optional<ValueId> boxes,
                                                    std::optional<ValueId> features) {
    net::Graph& graph = model_.graph;
    graph.outputs = {scores};
    model_.scores = graph.valueName(scores);
    if (boxes) {
        graph.outputs.push_back(*boxes);
        model_.boxes = graph.valueName(*boxes);
    }
    if (features) {
        graph.outputs.push_back(*features);
        model_.features = graph.valueName(*features);
    }
    if (model_.labels == nullptr) {
        const Shape input{1, 3, model_.window_px, model_.window_px};
        const Shape shape = net::inferShapes(graph, input)[static_cast<std::size_t>(scores)];
        model_.labels = std::make_shared<const LabelSet>(
            LabelSet::numbered(static_cast<std::size_t>(shape.elementCount())));
    }
    net::validate(graph);
    return std::make_shared<const net::Model>(model_);
}

std::shared_ptr<const net::Model> colourModel(int window_px, float gain) {
    TinyModel tiny(window_px);
    const ValueId mean = tiny.flatten(tiny.globalAveragePool(tiny.input()));
    tiny.model().labels = std::make_shared<const LabelSet>(
        LabelSet({{"c0", "red"}, {"c1", "green"}, {"c2", "blue"}}, std::nullopt));
    return tiny.finish(tiny.gemm(mean, 3, {gain, 0, 0, 0, gain, 0, 0, 0, gain}, {0, 0, 0}));
}

}  // namespace overfeat::test
