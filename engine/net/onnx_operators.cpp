// SPDX-License-Identifier: Apache-2.0
#include "engine/net/onnx_operators.h"

#include <algorithm>
#include <vector>

#include "engine/net/ops/ops.h"

namespace overfeat::net {

std::span<const OnnxOperator> onnxOperators() {
    static const std::vector<OnnxOperator> all = [] {
        std::vector<OnnxOperator> rows;
        for (const auto family :
             {ops::activationOperators, ops::arithmeticOperators, ops::concatenationOperators,
              ops::convolutionOperators, ops::flattenOperators, ops::gatherOperators,
              ops::normalizationOperators, ops::padOperators, ops::passThroughOperators,
              ops::poolingOperators, ops::productOperators, ops::reductionOperators,
              ops::reshapeOperators, ops::shapeOperators, ops::softmaxOperators,
              ops::transposeOperators}) {
            rows.insert(rows.end(), family().begin(), family().end());
        }
        std::ranges::stable_sort(rows, {}, &OnnxOperator::name);
        return rows;
    }();
    return all;
}

const OnnxOperator* findOnnxOperator(std::string_view name, int opset) {
    const auto rows = onnxOperators();
    const auto found = std::ranges::find_if(rows, [&](const OnnxOperator& row) {
        return row.name == name && row.first_opset <= opset && opset <= row.last_opset;
    });
    return found == rows.end() ? nullptr : &*found;
}

}  // namespace overfeat::net
