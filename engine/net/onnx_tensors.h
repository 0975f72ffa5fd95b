// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <memory>
#include <string>

#include "engine/core/tensor.h"
#include "engine/net/external_data.h"

namespace overfeat::net {

struct OnnxConstant {
    std::shared_ptr<const Tensor> tensor;
    // Integers and booleans are kept as floats; they may only steer (a bound, a flag), never be
    // added or multiplied.
    bool integral = false;
};

// Turns TensorProto messages into tensors. Shapes, sizes and the element budget of the whole model
// are checked before memory is asked for.
class OnnxTensorReader {
public:
    // `folder` is the model's, where files with its weights may lie (external_data.h).
    OnnxTensorReader(std::int64_t max_elements, std::filesystem::path folder)
        : elements_left_(max_elements), external_(std::move(folder)) {}

    // Of a type that read() takes, and not in another file.
    static bool isPlain(const onnx::TensorProto& proto);

    // `what` names the tensor in messages. Throws Error(kModel).
    OnnxConstant read(const onnx::TensorProto& proto, const std::string& what);

    // Takes a tensor of this shape from the budget; throws if it does not fit.
    void charge(const Shape& shape, const std::string& what);

private:
    std::int64_t elements_left_;
    ExternalData external_;
};

float halfToFloat(std::uint16_t half) noexcept;

}  // namespace overfeat::net
