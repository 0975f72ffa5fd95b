// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/kserve/tensors.h"

#include <algorithm>

#include "engine/core/label_set.h"
#include "engine/net/onnx_writer.h"

namespace overfeat::backend::kserve {
namespace {

constexpr std::size_t kLongestShown = 200;

std::string shapeText(std::span<const std::int64_t> shape) {
    std::string text;
    for (const std::int64_t extent : shape) {
        if (!text.empty()) text += 'x';
        text += extent < 0 ? "any" : std::to_string(extent);
    }
    return text;
}

}  // namespace

std::optional<std::string> whyNotInput(const ModelInfo& model, const Shape& pictures) {
    if (model.inputs.size() != 1 || model.inputs[0].name != net::kWrittenInput ||
        model.inputs[0].datatype != "FP32")
        return "takes something else than pictures as 'input', of FP32.";
    const std::vector<std::int64_t>& shape = model.inputs[0].shape;
    bool fits = shape.size() == static_cast<std::size_t>(pictures.rank());
    for (std::size_t i = 0; fits && i < shape.size(); ++i)
        fits = shape[i] < 0 || shape[i] == pictures[static_cast<int>(i)];
    if (fits) return std::nullopt;
    return "takes pictures of " + shapeText(shape) + " and not of " + pictures.toString() + ".";
}

std::size_t CallShape::outputNumbers() const {
    std::size_t numbers = 0;
    for (const Shape& shape : outputs)
        numbers += static_cast<std::size_t>(shape.elementCount());
    return numbers;
}

Answered::Answered(const CallShape& call) : call_(call), seen_(call.outputs.size(), false) {}

std::size_t Answered::take(const TensorInfo& output) {
    const auto name = std::ranges::find(call_.output_names, output.name);
    if (name == call_.output_names.end()) throw Garbage("answers with outputs nobody asked for.");
    const auto i = static_cast<std::size_t>(name - call_.output_names.begin());
    if (!std::ranges::equal(output.shape, call_.outputs[i].dims()) || output.datatype != "FP32") {
        throw Garbage("answers with numbers of the shape " + shapeText(output.shape) + " where " +
                      call_.outputs[i].toString() + " (FP32) are needed.");
    }
    seen_[i] = true;
    return i;
}

void Answered::checkAll() const {
    if (std::ranges::find(seen_, false) != seen_.end())
        throw Garbage("answers without all outputs that were asked for.");
}

std::string shownText(std::string text) {
    text.resize(std::min(text.size(), kLongestShown));
    return sanitisedLabel(text);
}

}  // namespace overfeat::backend::kserve
