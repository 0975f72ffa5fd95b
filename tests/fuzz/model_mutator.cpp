// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/model_mutator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <string_view>

#include "engine/net/onnx_operators.h"

namespace overfeat::fuzz {
namespace {

using onnx::AttributeProto;
using onnx::TensorProto;

constexpr std::int64_t kMostWeights = 4096;  // of a tensor that is made or resized

constexpr std::array<std::string_view, 36> kAttributes{
    "kernel_shape", "strides",      "pads",          "dilations",
    "group",        "auto_pad",     "axis",          "axes",
    "perm",         "epsilon",      "alpha",         "beta",
    "transA",       "transB",       "ceil_mode",     "count_include_pad",
    "keepdims",     "mode",         "value",         "storage_order",
    "to",           "min",          "max",           "split",
    "num_outputs",  "starts",       "ends",          "allowzero",
    "momentum",     "gamma",        "training_mode", "noop_with_empty_axes",
    "approximate",  "value_floats", "value_ints",    "spatial"};

constexpr std::array<std::string_view, 12> kTexts{"NOTSET",   "SAME_UPPER", "SAME_LOWER", "VALID",
                                                  "constant", "edge",       "reflect",    "tanh",
                                                  "none",     "",           "two\nlines", "\xFF"};

constexpr std::array<std::string_view, 12> kKeys{
    "overfeat.window",     "overfeat.mean",         "overfeat.std",      "overfeat.crop",
    "overfeat.classes",    "overfeat.scores",       "overfeat.features", "overfeat.boxes",
    "overfeat.background", "overfeat.feature_mean", "overfeat.card",     "other"};

}  // namespace

void ModelMutator::mutate() {
    using Change = void (ModelMutator::*)();
    // What keeps a network one comes more often.
    static constexpr std::array kChanges{&ModelMutator::changeEdge,
                                         &ModelMutator::changeEdge,
                                         &ModelMutator::changeOperator,
                                         &ModelMutator::changeOperator,
                                         &ModelMutator::addNode,
                                         &ModelMutator::addNode,
                                         &ModelMutator::addNode,
                                         &ModelMutator::removeNode,
                                         &ModelMutator::copyNode,
                                         &ModelMutator::swapNodes,
                                         &ModelMutator::changeAttribute,
                                         &ModelMutator::changeAttribute,
                                         &ModelMutator::changeAttribute,
                                         &ModelMutator::addAttribute,
                                         &ModelMutator::addAttribute,
                                         &ModelMutator::removeAttribute,
                                         &ModelMutator::changeWeights,
                                         &ModelMutator::changeShapeOfWeights,
                                         &ModelMutator::changeShapeOfWeights,
                                         &ModelMutator::addWeights,
                                         &ModelMutator::changeInput,
                                         &ModelMutator::changeOutput,
                                         &ModelMutator::changeMetadata,
                                         &ModelMutator::changeOpset};
    for (std::size_t left = 1 + below(4); left > 0; --left) {
        const Change change = kChanges[below(kChanges.size())];
        (this->*change)();
    }
}

std::int64_t ModelMutator::anyNumber(std::int64_t old) {
    static constexpr std::array<std::int64_t, 24> kNumbers{
        0,
        1,
        2,
        3,
        4,
        5,
        7,
        8,
        16,
        -1,
        -2,
        -3,
        -4,
        9,
        255,
        256,
        4096,
        65'535,
        65'536,
        65'537,
        1 << 24,
        2'147'483'647,
        std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()};
    switch (below(5)) {
        case 0:
            return static_cast<std::int64_t>(static_cast<std::uint64_t>(old) + 1);
        case 1:
            return static_cast<std::int64_t>(static_cast<std::uint64_t>(old) - 1);
        case 2:
            return static_cast<std::int64_t>(static_cast<std::uint64_t>(old) * 2);
        case 3:
            return kNumbers[below(9)];
        default:
            return kNumbers[below(kNumbers.size())];
    }
}

float ModelMutator::anyFloat(float old) {
    using Limits = std::numeric_limits<float>;
    static constexpr std::array kFloats{0.0F,
                                        -0.0F,
                                        1.0F,
                                        -1.0F,
                                        0.5F,
                                        6.0F,
                                        1e-5F,
                                        1e30F,
                                        Limits::max(),
                                        Limits::min(),
                                        Limits::denorm_min(),
                                        -1e30F,
                                        Limits::infinity(),
                                        Limits::quiet_NaN()};
    if (once(3)) return old * (once(2) ? -1.5F : 0.5F);
    return kFloats[below(kFloats.size())];
}

std::string ModelMutator::newName() {
    return "made" + std::to_string(graph_.node_size()) + "_" + std::to_string(++named_) + "_" +
           std::to_string(below(1000));
}

std::string ModelMutator::anyValue() {
    std::vector<std::string> names;
    for (const auto& input : graph_.input())
        names.push_back(input.name());
    for (const auto& tensor : graph_.initializer())
        names.push_back(tensor.name());
    for (const auto& node : graph_.node())
        names.insert(names.end(), node.output().begin(), node.output().end());
    if (names.empty() || once(40)) return once(2) ? "" : "nowhere";
    return names[below(names.size())];
}

onnx::NodeProto* ModelMutator::anyNode() {
    if (graph_.node_size() == 0) return nullptr;
    return graph_.mutable_node(
        static_cast<int>(below(static_cast<std::size_t>(graph_.node_size()))));
}

void ModelMutator::changeEdge() {
    onnx::NodeProto* node = anyNode();
    if (node == nullptr) return;
    const std::size_t inputs = static_cast<std::size_t>(node->input_size());
    switch (below(8)) {
        case 0:
            node->add_input(anyValue());
            return;
        case 1:
            if (inputs > 0) node->mutable_input()->RemoveLast();
            return;
        case 2:
            if (inputs > 1) node->mutable_input()->SwapElements(0, static_cast<int>(below(inputs)));
            return;
        case 3:
            node->add_output(once(3) ? "" : newName());
            return;
        case 4:
            if (node->output_size() > 0)
                *node->mutable_output(0) = once(2) ? anyValue() : newName();
            return;
        default:
            if (inputs > 0) *node->mutable_input(static_cast<int>(below(inputs))) = anyValue();
    }
}

void ModelMutator::changeOperator() {
    onnx::NodeProto* node = anyNode();
    if (node == nullptr) return;
    const auto all = net::onnxOperators();
    node->set_op_type(std::string(all[below(all.size())].name));
    if (once(30)) node->set_domain(once(2) ? "ai.onnx" : "com.microsoft");
}

// Behind a value, and before everybody who reads it: so what it does matters.
void ModelMutator::addNode() {
    const auto all = net::onnxOperators();
    const auto& row = all[below(all.size())];
    const int at = static_cast<int>(below(static_cast<std::size_t>(graph_.node_size()) + 1));
    std::string from = anyValue();
    if (at > 0 && graph_.node(at - 1).output_size() > 0) from = graph_.node(at - 1).output(0);
    if (at == 0 && graph_.input_size() > 0) from = graph_.input(0).name();
    onnx::NodeProto* node = graph_.add_node();
    node->set_op_type(std::string(row.name));
    node->set_name(newName());
    node->add_input(from);
    const std::size_t more = static_cast<std::size_t>(std::clamp(row.min_inputs, 1, 6) - 1);
    for (std::size_t i = 0; i < more + below(2); ++i)
        node->add_input(anyValue());
    const std::string made = newName();
    node->add_output(made);
    for (int i = graph_.node_size() - 1; i > at; --i)
        graph_.mutable_node()->SwapElements(i, i - 1);
    for (int i = at + 1; i < graph_.node_size(); ++i) {
        for (auto& input : *graph_.mutable_node(i)->mutable_input()) {
            if (input == from) input = made;
        }
    }
    for (auto& output : *graph_.mutable_output()) {
        if (output.name() == from && once(2)) output.set_name(made);
    }
}

// Mostly so that what read it reads what it read.
void ModelMutator::removeNode() {
    if (graph_.node_size() == 0) return;
    const int at = static_cast<int>(below(static_cast<std::size_t>(graph_.node_size())));
    const onnx::NodeProto gone = graph_.node(at);
    graph_.mutable_node()->DeleteSubrange(at, 1);
    if (gone.input_size() == 0 || gone.output_size() == 0 || once(4)) return;
    for (auto& node : *graph_.mutable_node()) {
        for (auto& input : *node.mutable_input()) {
            if (input == gone.output(0)) input = gone.input(0);
        }
    }
    for (auto& output : *graph_.mutable_output()) {
        if (output.name() == gone.output(0)) output.set_name(gone.input(0));
    }
}

void ModelMutator::copyNode() {
    const onnx::NodeProto* node = anyNode();
    if (node == nullptr) return;
    onnx::NodeProto copy = *node;
    const std::string from = copy.output_size() > 0 ? copy.output(0) : std::string();
    for (auto& output : *copy.mutable_output())
        output = newName();
    if (copy.input_size() > 0 && once(2)) *copy.mutable_input(0) = from;
    if (copy.output_size() > 0 && once(2) && graph_.output_size() > 0)
        graph_.mutable_output(0)->set_name(copy.output(0));
    *graph_.add_node() = std::move(copy);
}

void ModelMutator::swapNodes() {
    const auto nodes = static_cast<std::size_t>(graph_.node_size());
    if (nodes < 2) return;
    graph_.mutable_node()->SwapElements(static_cast<int>(below(nodes)),
                                        static_cast<int>(below(nodes)));
}

void ModelMutator::fill(AttributeProto& attribute) {
    switch (below(6)) {
        case 0:
            attribute.set_type(AttributeProto::INT);
            attribute.set_i(anyNumber(attribute.i()));
            return;
        case 1:
            attribute.set_type(AttributeProto::FLOAT);
            attribute.set_f(anyFloat(attribute.f()));
            return;
        case 2:
            attribute.set_type(AttributeProto::STRING);
            attribute.set_s(std::string(kTexts[below(kTexts.size())]));
            return;
        case 3: {
            attribute.set_type(AttributeProto::TENSOR);
            TensorProto& tensor = *attribute.mutable_t();
            tensor.clear_dims();
            tensor.set_data_type(once(2) ? TensorProto::FLOAT : TensorProto::INT64);
            if (once(2)) tensor.add_dims(1);
            tensor.clear_float_data();
            tensor.clear_int64_data();
            if (tensor.data_type() == TensorProto::FLOAT) {
                tensor.add_float_data(anyFloat(1));
            } else {
                tensor.add_int64_data(anyNumber(1));
            }
            return;
        }
        default:
            attribute.set_type(AttributeProto::INTS);
            attribute.clear_ints();
            for (std::size_t left = once(2) ? 2 : below(6); left > 0; --left)
                attribute.add_ints(anyNumber(1));
    }
}

void ModelMutator::changeAttribute() {
    onnx::NodeProto* node = anyNode();
    if (node == nullptr || node->attribute_size() == 0) return;
    const auto which = below(static_cast<std::size_t>(node->attribute_size()));
    AttributeProto& attribute = *node->mutable_attribute(static_cast<int>(which));
    if (once(12)) return fill(attribute);
    if (attribute.ints_size() > 0) {
        const auto at = below(static_cast<std::size_t>(attribute.ints_size()));
        const std::int64_t number = anyNumber(attribute.ints(static_cast<int>(at)));
        if (once(8)) return attribute.add_ints(number);
        if (once(2)) return attribute.set_ints(static_cast<int>(at), number);
        std::ranges::fill(*attribute.mutable_ints(), number);
        return;
    }
    if (attribute.type() == AttributeProto::INT) return attribute.set_i(anyNumber(attribute.i()));
    if (attribute.type() == AttributeProto::FLOAT) return attribute.set_f(anyFloat(attribute.f()));
    fill(attribute);
}

void ModelMutator::addAttribute() {
    onnx::NodeProto* node = anyNode();
    if (node == nullptr) return;
    AttributeProto& attribute = *node->add_attribute();
    attribute.set_name(std::string(kAttributes[below(kAttributes.size())]));
    fill(attribute);
}

void ModelMutator::removeAttribute() {
    onnx::NodeProto* node = anyNode();
    if (node == nullptr || node->attribute_size() == 0) return;
    const auto at = below(static_cast<std::size_t>(node->attribute_size()));
    node->mutable_attribute()->DeleteSubrange(static_cast<int>(at), 1);
}

TensorProto& ModelMutator::makeWeights(const std::string& name,
                                       const std::vector<std::int64_t>& dims) {
    TensorProto& tensor = *graph_.add_initializer();
    tensor.set_name(name);
    const bool whole = once(3);
    tensor.set_data_type(whole ? TensorProto::INT64 : TensorProto::FLOAT);
    std::int64_t count = 1;
    for (const std::int64_t dim : dims) {
        tensor.add_dims(dim);
        count = dim > 0 && count < kMostWeights ? count * dim : 0;
    }
    for (std::int64_t i = 0; i < std::min(count, kMostWeights); ++i) {
        if (whole) {
            tensor.add_int64_data(anyNumber(1));
        } else {
            tensor.add_float_data(0.03F * static_cast<float>(i % 17) - 0.2F);
        }
    }
    return tensor;
}

void ModelMutator::changeWeights() {
    if (graph_.initializer_size() == 0) return;
    const auto which = below(static_cast<std::size_t>(graph_.initializer_size()));
    TensorProto& tensor = *graph_.mutable_initializer(static_cast<int>(which));
    switch (below(8)) {
        case 0:
            tensor.set_data_type(static_cast<int>(below(24)));
            return;
        case 1:
            tensor.set_name(once(2) ? anyValue() : newName());
            return;
        case 2:
            tensor.set_data_location(TensorProto::EXTERNAL);
            tensor.add_external_data()->set_key("location");
            tensor.mutable_external_data(0)->set_value(once(2) ? "w.bin" : "../w.bin");
            return;
        case 3:  // the same numbers as bytes
            if (tensor.float_data_size() > 0) {
                tensor.set_raw_data(tensor.float_data().data(),
                                    static_cast<std::size_t>(tensor.float_data_size()) * 4);
                if (!once(8)) tensor.clear_float_data();
            }
            return;
        default:
            break;
    }
    if (tensor.float_data_size() > 0) {
        const auto at = static_cast<int>(below(static_cast<std::size_t>(tensor.float_data_size())));
        tensor.set_float_data(at, anyFloat(tensor.float_data(at)));
    } else if (tensor.int64_data_size() > 0) {
        const auto at = static_cast<int>(below(static_cast<std::size_t>(tensor.int64_data_size())));
        tensor.set_int64_data(at, anyNumber(tensor.int64_data(at)));
    } else if (!tensor.raw_data().empty()) {
        std::string& raw = *tensor.mutable_raw_data();
        raw[below(raw.size())] = static_cast<char>(random_());
    }
}

// With as many numbers as the new shape takes, mostly.
void ModelMutator::changeShapeOfWeights() {
    if (graph_.initializer_size() == 0) return;
    const auto which = below(static_cast<std::size_t>(graph_.initializer_size()));
    TensorProto& tensor = *graph_.mutable_initializer(static_cast<int>(which));
    const auto rank = static_cast<std::size_t>(tensor.dims_size());
    switch (below(6)) {
        case 0:
            tensor.add_dims(1);
            return;
        case 1:
            if (rank > 0) tensor.mutable_dims()->RemoveLast();
            break;
        case 2:
            if (rank > 1) tensor.mutable_dims()->SwapElements(0, static_cast<int>(below(rank)));
            return;
        default:
            if (rank > 0) {
                const auto at = static_cast<int>(below(rank));
                tensor.set_dims(at, anyNumber(tensor.dims(at)));
            }
    }
    if (once(4)) return;
    std::int64_t count = 1;
    for (const std::int64_t dim : tensor.dims())
        count = dim > 0 && dim <= kMostWeights && count <= kMostWeights ? count * dim
                                                                        : kMostWeights + 1;
    if (count > kMostWeights) return;
    if (tensor.data_type() == TensorProto::INT64) {
        tensor.mutable_int64_data()->Resize(static_cast<int>(count), 1);
    } else {
        tensor.clear_raw_data();
        tensor.mutable_float_data()->Resize(static_cast<int>(count), 0.1F);
    }
}

void ModelMutator::addWeights() {
    std::vector<std::int64_t> dims;
    for (std::size_t left = below(5); left > 0; --left)
        dims.push_back(static_cast<std::int64_t>(1 + below(6)));
    const std::string name = newName();
    makeWeights(name, dims);
    if (onnx::NodeProto* node = anyNode(); node != nullptr) {
        if (node->input_size() > 1 && once(2)) {
            *node->mutable_input(1) = name;
        } else {
            node->add_input(name);
        }
    }
}

void ModelMutator::changeInput() {
    if (graph_.input_size() == 0 || once(20)) {
        graph_.add_input()->set_name(newName());
        return;
    }
    auto& input = *graph_.mutable_input(0);
    auto& type = *input.mutable_type()->mutable_tensor_type();
    auto& shape = *type.mutable_shape();
    const auto rank = static_cast<std::size_t>(shape.dim_size());
    if (once(12)) return input.set_name(newName());
    if (once(12)) return type.set_elem_type(static_cast<int>(below(18)));
    if (once(12) || rank == 0) return shape.add_dim()->set_dim_value(anyNumber(1));
    auto& dim = *shape.mutable_dim(static_cast<int>(below(rank)));
    if (once(4)) return dim.set_dim_param("open");
    if (once(2)) return dim.set_dim_value(anyNumber(dim.dim_value()));
    const auto side = static_cast<std::int64_t>(1 + below(32));  // a picture, mostly
    for (int i = 2; i < shape.dim_size(); ++i)
        shape.mutable_dim(i)->set_dim_value(side);
}

void ModelMutator::changeOutput() {
    if (graph_.output_size() == 0 || once(3)) {
        graph_.add_output()->set_name(anyValue());
    } else {
        graph_.mutable_output(0)->set_name(anyValue());
    }
}

void ModelMutator::changeMetadata() {
    auto* entry = model_.metadata_props_size() > 0 && once(2) ? model_.mutable_metadata_props(0)
                                                              : model_.add_metadata_props();
    entry->set_key(std::string(kKeys[below(kKeys.size())]));
    switch (below(5)) {
        case 0:
            return entry->set_value(std::to_string(anyNumber(8)));
        case 1:
            return entry->set_value(anyValue());
        case 2:
            return entry->set_value("n01440764\ttench\nn01443537\tgoldfish\n");
        case 3:
            return entry->set_value("0.5 0.5 0.5");
        default:
            return entry->set_value(std::string(kTexts[below(kTexts.size())]));
    }
}

void ModelMutator::changeOpset() {
    if (model_.opset_import_size() == 0) model_.add_opset_import();
    model_.mutable_opset_import(0)->set_version(once(8) ? anyNumber(13)
                                                        : static_cast<std::int64_t>(7 + below(16)));
}

}  // namespace overfeat::fuzz
