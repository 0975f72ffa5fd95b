// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/net/graph.h"
#include "engine/net/onnx_tensors.h"

namespace overfeat::net {

// One operand of a node, as far as it is known while the file is read.
struct OnnxOperand {
    ValueId id = kNoValue;             // kNoValue: left out
    const Tensor* constant = nullptr;  // its numbers, if they are known
    bool integral = false;             // these were integers in the file
    std::optional<Shape> shape;        // known if the file fixes the size of the input
};

// What the parse functions of onnx_operators.cpp see of a node: typed attributes with defaults, and
// its operands. Every attribute must be asked for; one that nobody asked for is refused, because
// ignoring it would compute something else than the file says.
class OnnxNode {
public:
    OnnxNode(const onnx::NodeProto& proto, std::string name, int opset,
             std::vector<OnnxOperand> operands, OnnxTensorReader& tensors);

    const std::string& name() const noexcept { return name_; }
    int opset() const noexcept { return opset_; }

    std::int64_t integer(std::string_view attribute, std::int64_t fallback);
    bool flag(std::string_view attribute, bool fallback);
    float real(std::string_view attribute, float fallback);
    std::string text(std::string_view attribute, std::string_view fallback);
    std::vector<std::int64_t> integers(std::string_view attribute);  // empty if not given
    bool has(std::string_view attribute) const noexcept { return find(attribute) != nullptr; }
    // The value of a Constant, whichever of its attributes holds it.
    OnnxConstant constantValue();
    void ignore(std::string_view attribute) { known_.emplace(attribute); }

    std::size_t outputCount() const noexcept {
        return static_cast<std::size_t>(proto_.output_size());
    }
    std::size_t operandCount() const noexcept { return operands_.size(); }
    // An operand that was left out has id kNoValue, also beyond the end.
    const OnnxOperand& operand(std::size_t index) const noexcept;
    // Ids of the first `count` operands, kNoValue for those left out.
    std::vector<ValueId> operandIds(std::size_t count) const;
    // The operand's numbers; refuses if they are computed by the network. nullptr if left out.
    const Tensor* constantOperand(std::size_t index) const;
    // To be called before a constant of this shape is made from others: it counts as weights.
    void chargeConstant(const Shape& shape) const { tensors_.charge(shape, name_); }

    void refuseUnknownAttributes() const;
    [[noreturn]] void refuse(const std::string& what) const;

private:
    const onnx::AttributeProto* find(std::string_view attribute) const noexcept;
    const onnx::AttributeProto* typed(std::string_view attribute,
                                      onnx::AttributeProto::AttributeType type);

    const onnx::NodeProto& proto_;
    std::string name_;
    int opset_;
    std::vector<OnnxOperand> operands_;
    OnnxTensorReader& tensors_;
    std::set<std::string, std::less<>> known_;
};

}  // namespace overfeat::net
