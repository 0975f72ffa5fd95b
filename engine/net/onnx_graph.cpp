// SPDX-License-Identifier: Apache-2.0
#include "engine/net/onnx_graph.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "engine/net/onnx_operators.h"
#include "engine/net/onnx_tensors.h"
#include "engine/net/refusal.h"
#include "engine/net/shape_inference.h"
#include "engine/net/simplify.h"

namespace overfeat::net {
namespace {

[[noreturn]] void refuse(const std::string& sentence, std::string_view where = {}) {
    throw Error(ErrorCode::kModel, sentence, sanitisedLabel(where));
}

bool isStandardDomain(std::string_view domain) {
    return domain.empty() || domain == "ai.onnx";
}

int standardOpset(const onnx::ModelProto& model, int oldest) {
    std::optional<std::int64_t> opset;
    for (const auto& import : model.opset_import()) {
        if (!isStandardDomain(import.domain())) continue;
        if (opset && *opset != import.version()) {
            refuse("The model states two ONNX opsets, " + std::to_string(*opset) + " and " +
                   std::to_string(import.version()) + "; export it again with one.");
        }
        opset = import.version();
    }
    if (!opset) refuse("The model does not say which ONNX opset it is written in.");
    if (*opset < oldest || *opset > kNewestOpset) {
        refuse("The model is written in ONNX opset " + std::to_string(*opset) +
               ", but only opsets " + std::to_string(oldest) + " to " +
               std::to_string(kNewestOpset) + " can be read; export it again with one of these.");
    }
    return static_cast<int>(*opset);
}

// All operators of the file that have no row in the table, so that one message tells everything.
void refuseUnsupportedOperators(const onnx::GraphProto& graph, int opset) {
    std::set<std::string> unsupported;
    for (const onnx::NodeProto& node : graph.node()) {
        const std::string type = node.op_type().empty() ? "(no name)" : node.op_type();
        if (!isStandardDomain(node.domain())) {
            unsupported.insert(sanitisedLabel(node.domain() + "." + type, 60));
        } else if (findOnnxOperator(node.op_type(), opset) == nullptr) {
            unsupported.insert(sanitisedLabel(type, 60));
        }
    }
    if (unsupported.empty()) return;
    constexpr std::size_t kMostShown = 20;
    std::string list;
    std::size_t shown = 0;
    for (const std::string& name : unsupported) {
        if (shown == kMostShown) break;
        list += (shown++ == 0 ? "" : ", ") + name;
    }
    if (unsupported.size() > shown) {
        list += " and " + std::to_string(unsupported.size() - shown) + " more";
    }
    refuse("The model uses operators that are not supported: " + list + ".", *unsupported.begin());
}

class GraphReader {
public:
    GraphReader(const onnx::GraphProto& proto, int opset, const OnnxOptions& options)
        : proto_(proto),
          opset_(opset),
          options_(options),
          tensors_(options.budget.max_weight_elements, options.folder) {}

    Graph read() {
        checkCounts();
        for (const auto& node : proto_.node())
            produced_.insert(node.output().begin(), node.output().end());
        readInitializers();
        readInputs();
        for (int i = 0; i < proto_.node_size(); ++i)
            readNode(proto_.node(i), i);
        readOutputs();
        validate(graph_);
        refuseNonFiniteWeights();
        return std::move(graph_);
    }

private:
    void checkCounts() const {
        if (proto_.node_size() == 0) refuse("The model contains a network without any nodes.");
        if (proto_.sparse_initializer_size() > 0) {
            refuse("The model stores weights as sparse tensors, which are not supported.");
        }
    }

    ValueId define(const std::string& name, std::shared_ptr<const Tensor> constant,
                   std::optional<Shape> shape) {
        if (!ids_.emplace(name, static_cast<ValueId>(graph_.values.size())).second) {
            refuse("The model defines " + inQuotes(name) + " twice.", name);
        }
        if (constant) shape = constant->shape();
        shapes_.push_back(shape);
        return graph_.addValue(name, std::move(constant));
    }

    void defineConstant(const std::string& name, OnnxConstant constant) {
        if (constant.integral) integral_.insert(name);
        define(name, std::move(constant.tensor), {});
    }

    void readInitializers() {
        std::unordered_set<std::string_view> read;
        for (const onnx::NodeProto& node : proto_.node())
            read.insert(node.input().begin(), node.input().end());
        for (const onnx::ValueInfoProto& output : proto_.output())
            read.insert(output.name());
        for (const onnx::TensorProto& tensor : proto_.initializer()) {
            if (tensor.name().empty()) refuse("The model holds weights without a name.");
            // What nothing reads may be of any type, and in a file that is not there.
            if (!read.contains(tensor.name()) && !OnnxTensorReader::isPlain(tensor)) continue;
            defineConstant(tensor.name(), tensors_.read(tensor, tensor.name()));
        }
    }

    void readInputs() {
        std::set<std::string> unused;
        for (const auto& [name, tensor] : options_.bindings)
            unused.insert(name);
        std::vector<const onnx::ValueInfoProto*> open;
        for (const onnx::ValueInfoProto& input : proto_.input()) {
            // Before IR version 4 every initializer was listed as an input too.
            if (ids_.contains(input.name())) continue;
            if (const auto bound = options_.bindings.find(input.name());
                bound != options_.bindings.end()) {
                define(input.name(), std::make_shared<Tensor>(bound->second), {});
                unused.erase(input.name());
            } else {
                open.push_back(&input);
            }
        }
        if (!unused.empty()) {
            throw Error(ErrorCode::kUsage, "The model has no input named " +
                                               inQuotes(*unused.begin()) + " that could be bound.");
        }
        if (open.size() > 1) {
            refuse("The model needs " + std::to_string(open.size()) + " inputs (" +
                       inQuotes(open[0]->name()) + ", " + inQuotes(open[1]->name()) +
                       (open.size() > 2 ? ", ..." : "") +
                       "), but only networks with a single one, a picture, are supported.",
                   open[1]->name());
        }
        if (!open.empty()) readInput(*open.front());
    }

    void readInput(const onnx::ValueInfoProto& input) {
        const std::string name = inQuotes(input.name());
        if (input.name().empty()) refuse("The model has an input without a name.");
        if (!input.type().has_tensor_type()) {
            refuse("The model's input " + name + " is not a tensor.", input.name());
        }
        const auto& type = input.type().tensor_type();
        if (type.elem_type() != onnx::TensorProto::FLOAT &&
            type.elem_type() != onnx::TensorProto::FLOAT16) {
            refuse("The model's input " + name + " does not take float numbers; export the model " +
                       "with a float32 input.",
                   input.name());
        }
        if (type.shape().dim_size() > Shape::kMaxRank) {
            refuse("The model's input " + name + " has more than 8 dimensions.", input.name());
        }
        for (const auto& dim : type.shape().dim()) {
            // Exporters also write an open dimension as 0 or -1.
            const bool fixed = dim.has_dim_value() && dim.dim_value() > 0;
            graph_.input_shape.append(fixed ? dim.dim_value() : -1);
        }
        if (!type.has_shape()) graph_.input_shape = Shape{-1, -1, -1, -1};
        graph_.input = define(input.name(), nullptr, sampleShape());
    }

    // The shape the network is meant for as far as the file or the caller says.
    std::optional<Shape> sampleShape() const {
        Shape shape = graph_.input_shape;
        const int last = hasChannelsLast(shape) ? 1 : 0;
        for (int i = 0; i < shape.rank(); ++i) {
            if (shape[i] >= 0) continue;
            if (i == 0) {
                shape[i] = 1;
            } else if (shape.rank() == 4 && i >= 2 - last && i < 4 - last &&
                       options_.assumed_side_px > 0) {
                shape[i] = options_.assumed_side_px;
            } else {
                return std::nullopt;
            }
        }
        return shape;
    }

    OnnxOperand operand(const std::string& name, const std::string& reader,
                        const onnx::NodeProto& node) const {
        if (name.empty()) return {};
        const auto found = ids_.find(name);
        if (found == ids_.end()) {
            if (uncomputed_.contains(name)) {
                refuseNode(reader, node.op_type(),
                           "reads " + inQuotes(name) +
                               ", an extra output of another node that is not supported.");
            }
            refuseNode(reader, node.op_type(),
                       "reads " + inQuotes(name) +
                           (produced_.contains(name)
                                ? ", which is produced only later: the nodes are out of order or "
                                  "form a cycle."
                                : ", which nothing produces."));
        }
        return {found->second, graph_.constant(found->second), integral_.contains(name),
                shapes_[static_cast<std::size_t>(found->second)]};
    }

    void readNode(const onnx::NodeProto& proto, int index) {
        std::string name = sanitisedLabel(proto.name());
        if (name.empty()) name = sanitisedLabel(proto.op_type(), 40) + "_" + std::to_string(index);

        const OnnxOperator& row = *findOnnxOperator(proto.op_type(), opset_);
        const int inputs = proto.input_size();
        if (inputs < row.min_inputs || inputs > row.max_inputs) {
            refuseNode(name, proto.op_type(), "has " + std::to_string(inputs) + " inputs.");
        }
        std::vector<OnnxOperand> operands;
        for (const std::string& input : proto.input())
            operands.push_back(operand(input, name, proto));
        for (int i = 0; i < row.min_inputs; ++i) {
            if (operands[static_cast<std::size_t>(i)].id == kNoValue) {
                refuseNode(name, proto.op_type(), "lacks its input " + std::to_string(i) + ".");
            }
        }
        if (proto.output_size() < 1 || proto.output(0).empty()) {
            refuseNode(name, proto.op_type(), "has no output.");
        }
        OnnxNode node(proto, name, opset_, std::move(operands), tensors_);
        ParsedNode parsed = row.parse(node);
        node.refuseUnknownAttributes();
        const bool is_constant = parsed.constant.tensor != nullptr;
        if (is_constant) defineConstant(proto.output(0), std::move(parsed.constant));
        for (int i = 1; i < proto.output_size(); ++i) {
            const auto other = static_cast<std::size_t>(i) - 1;
            if (proto.output(i).empty()) continue;
            if (other < parsed.other_outputs.size()) {
                add({.name = name, .op = parsed.other_outputs[other], .inputs = parsed.inputs},
                    proto.output(i));
            } else {
                uncomputed_.insert(proto.output(i));
            }
        }
        if (is_constant) return;
        if (std::holds_alternative<Identity>(parsed.op) && parsed.then.empty() &&
            parsed.inputs.size() == 1 && graph_.constant(parsed.inputs.front()) != nullptr) {
            const Value& source = graph_.values[static_cast<std::size_t>(parsed.inputs.front())];
            defineConstant(proto.output(0), {source.constant, integral_.contains(source.name)});
            return;
        }
        for (std::size_t i = 0; i < parsed.then.size(); ++i) {
            const std::string between = madeUp(proto.output(0) + ":" + std::to_string(i + 1));
            add({.name = name, .op = std::move(parsed.op), .inputs = std::move(parsed.inputs)},
                between);
            parsed.op = std::move(parsed.then[i]);
            parsed.inputs = {ids_.at(between)};
        }
        add({.name = std::move(name),
             .op = std::move(parsed.op),
             .inputs = std::move(parsed.inputs)},
            proto.output(0));
    }

    // `wanted`, or something like it if the file has that name.
    std::string madeUp(const std::string& wanted) const {
        std::string name = wanted;
        while (ids_.contains(name) || produced_.contains(name))
            name += "'";
        return name;
    }

    void add(Node node, const std::string& output) {
        std::vector<const Shape*> shapes;
        bool known = true;
        for (const ValueId id : node.inputs) {
            if (id == kNoValue) {
                shapes.push_back(nullptr);
                continue;
            }
            if (integral_.contains(graph_.valueName(id))) {
                refuseNode(node, "computes with the integers of " + inQuotes(graph_.valueName(id)) +
                                     ", which is not supported.");
            }
            const auto& shape = shapes_[static_cast<std::size_t>(id)];
            known = known && shape.has_value();
            shapes.push_back(shape ? &*shape : nullptr);
        }
        const std::optional<Shape> shape =
            known ? std::optional(outputShape(node, shapes)) : std::nullopt;
        node.output = define(output, nullptr, shape);
        graph_.nodes.push_back(std::move(node));
    }

    void readOutputs() {
        if (proto_.output_size() == 0) refuse("The model has no outputs.");
        for (const onnx::ValueInfoProto& output : proto_.output()) {
            if (uncomputed_.contains(output.name())) {
                refuse("The model's output " + inQuotes(output.name()) +
                           " is an extra output of a node that is not supported.",
                       output.name());
            }
            const auto found = ids_.find(output.name());
            if (found == ids_.end()) {
                refuse("Nothing produces the model's output " + inQuotes(output.name()) + ".",
                       output.name());
            }
            graph_.outputs.push_back(found->second);
        }
    }

    void refuseNonFiniteWeights() const {
        std::unordered_set<ValueId> checked;
        for (const Node& node : graph_.nodes) {
            for (const ValueId id : node.inputs) {
                const Tensor* constant = graph_.constant(id);
                if (constant == nullptr || !checked.insert(id).second) continue;
                if (!std::ranges::all_of(constant->values(),
                                         [](float value) { return std::isfinite(value); })) {
                    const std::string& name = graph_.valueName(id);
                    refuse(
                        "Tensor " + inQuotes(name) + ", read by node " + inQuotes(node.name) +
                            ", holds a NaN or an infinite number; the training of this network " +
                            "went wrong or the file is damaged.",
                        name);
                }
            }
        }
    }

    const onnx::GraphProto& proto_;
    const int opset_;
    const OnnxOptions& options_;
    OnnxTensorReader tensors_;
    Graph graph_;
    std::vector<std::optional<Shape>> shapes_;  // of every value, where known
    std::unordered_map<std::string, ValueId> ids_;
    std::unordered_set<std::string> integral_;    // constants that were integers in the file
    std::unordered_set<std::string> produced_;    // outputs of all nodes
    std::unordered_set<std::string> uncomputed_;  // extra outputs that no operator here has
};

}  // namespace

Graph readGraph(const onnx::ModelProto& model, const OnnxOptions& options) {
    const int opset = standardOpset(model, options.oldest_opset);
    refuseUnsupportedOperators(model.graph(), opset);
    return GraphReader(model.graph(), opset, options).read();
}

}  // namespace overfeat::net
