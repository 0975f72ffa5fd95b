// SPDX-License-Identifier: Apache-2.0
#include "engine/net/onnx_node.h"

#include <memory>
#include <utility>

#include "engine/net/refusal.h"

namespace overfeat::net {

using onnx::AttributeProto;

OnnxNode::OnnxNode(const onnx::NodeProto& proto, std::string name, int opset,
                   std::vector<OnnxOperand> operands, OnnxTensorReader& tensors)
    : proto_(proto),
      name_(std::move(name)),
      opset_(opset),
      operands_(std::move(operands)),
      tensors_(tensors) {
    std::set<std::string_view> names;
    for (const AttributeProto& attribute : proto_.attribute()) {
        if (!names.insert(attribute.name()).second) {
            refuse("has the attribute " + inQuotes(attribute.name()) + " twice.");
        }
    }
}

const AttributeProto* OnnxNode::find(std::string_view attribute) const noexcept {
    for (const AttributeProto& candidate : proto_.attribute()) {
        if (candidate.name() == attribute) return &candidate;
    }
    return nullptr;
}

const AttributeProto* OnnxNode::typed(std::string_view attribute,
                                      AttributeProto::AttributeType type) {
    known_.emplace(attribute);
    const AttributeProto* found = find(attribute);
    if (found != nullptr && found->type() != type) {
        refuse("has the attribute " + inQuotes(attribute) + " of the wrong type.");
    }
    return found;
}

std::int64_t OnnxNode::integer(std::string_view attribute, std::int64_t fallback) {
    const AttributeProto* found = typed(attribute, AttributeProto::INT);
    return found != nullptr ? found->i() : fallback;
}

bool OnnxNode::flag(std::string_view attribute, bool fallback) {
    const std::int64_t value = integer(attribute, fallback ? 1 : 0);
    if (value != 0 && value != 1) {
        refuse("has the attribute " + inQuotes(attribute) + " neither 0 nor 1.");
    }
    return value == 1;
}

float OnnxNode::real(std::string_view attribute, float fallback) {
    const AttributeProto* found = typed(attribute, AttributeProto::FLOAT);
    return found != nullptr ? found->f() : fallback;
}

std::string OnnxNode::text(std::string_view attribute, std::string_view fallback) {
    const AttributeProto* found = typed(attribute, AttributeProto::STRING);
    return found != nullptr ? found->s() : std::string(fallback);
}

std::vector<std::int64_t> OnnxNode::integers(std::string_view attribute) {
    const AttributeProto* found = typed(attribute, AttributeProto::INTS);
    if (found == nullptr) return {};
    return {found->ints().begin(), found->ints().end()};
}

OnnxConstant OnnxNode::constantValue() {
    if (const auto* value = typed("value", AttributeProto::TENSOR)) {
        return tensors_.read(value->t(), name_);
    }
    if (const auto* value = typed("value_float", AttributeProto::FLOAT)) {
        return {std::make_shared<Tensor>(Shape{}, std::vector<float>{value->f()}), false};
    }
    if (const auto* value = typed("value_int", AttributeProto::INT)) {
        return {
            std::make_shared<Tensor>(Shape{}, std::vector<float>{static_cast<float>(value->i())}),
            true};
    }
    if (const auto* value = typed("value_floats", AttributeProto::FLOATS)) {
        std::vector<float> numbers(value->floats().begin(), value->floats().end());
        return {std::make_shared<Tensor>(Shape{value->floats_size()}, std::move(numbers)), false};
    }
    if (const auto* value = typed("value_ints", AttributeProto::INTS)) {
        std::vector<float> numbers;
        for (const std::int64_t number : value->ints())
            numbers.push_back(static_cast<float>(number));
        return {std::make_shared<Tensor>(Shape{value->ints_size()}, std::move(numbers)), true};
    }
    refuse("holds a text or a sparse tensor, which is not supported.");
}

const OnnxOperand& OnnxNode::operand(std::size_t index) const noexcept {
    static const OnnxOperand kLeftOut;
    return index < operands_.size() ? operands_[index] : kLeftOut;
}

std::vector<ValueId> OnnxNode::operandIds(std::size_t count) const {
    std::vector<ValueId> ids;
    for (std::size_t i = 0; i < count; ++i)
        ids.push_back(operand(i).id);
    return ids;
}

const Tensor* OnnxNode::constantOperand(std::size_t index) const {
    const OnnxOperand& wanted = operand(index);
    if (wanted.id != kNoValue && wanted.constant == nullptr) {
        refuse("needs a constant as its input " + std::to_string(index) +
               ", but the network computes it.");
    }
    return wanted.constant;
}

void OnnxNode::refuseUnknownAttributes() const {
    for (const AttributeProto& attribute : proto_.attribute()) {
        if (!known_.contains(attribute.name())) {
            refuse("has the attribute " + inQuotes(attribute.name()) +
                   ", which this program does not know for it.");
        }
    }
}

void OnnxNode::refuse(const std::string& what) const {
    refuseNode(name_, proto_.op_type(), what);
}

}  // namespace overfeat::net
