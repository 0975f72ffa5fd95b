// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace overfeat::fuzz {

// Changes an ONNX model where it means something: nodes, what connects them, attributes, shapes,
// weights, names and metadata. What comes out is a whole file, and often still a network.
class ModelMutator {
public:
    ModelMutator(onnx::ModelProto& model, std::uint32_t seed) : model_(model), random_(seed) {}

    void mutate();

private:
    std::size_t below(std::size_t count) { return count == 0 ? 0 : random_() % count; }
    bool once(std::size_t in) { return below(in) == 0; }
    std::int64_t anyNumber(std::int64_t old);
    float anyFloat(float old);
    std::string anyValue();  // the name of one, mostly
    std::string newName();

    void changeEdge();
    void changeOperator();
    void addNode();
    void removeNode();
    void copyNode();
    void swapNodes();
    void changeAttribute();
    void addAttribute();
    void removeAttribute();
    void changeWeights();
    void changeShapeOfWeights();
    void addWeights();
    void changeInput();
    void changeOutput();
    void changeMetadata();
    void changeOpset();

    void fill(onnx::AttributeProto& attribute);
    onnx::TensorProto& makeWeights(const std::string& name, const std::vector<std::int64_t>& dims);
    onnx::NodeProto* anyNode();

    onnx::ModelProto& model_;
    onnx::GraphProto& graph_ = *model_.mutable_graph();
    std::mt19937 random_;
    int named_ = 0;
};

}  // namespace overfeat::fuzz
