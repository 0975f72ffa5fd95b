// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <memory>
#include <string>

#include "engine/core/tensor.h"

namespace overfeat::net {

struct OnnxConstant {
    std::shared_ptr<const Tensor> tensor;
    // Integers and booleans are kept as floats; they may only steer (a bound, a flag), never be
    // added or multiplied.
    bool integral = false;
};

// Turns TensorProto messages into tensors. Shapes, sizes and the element budget of the whole file
// are checked before memory is asked for; data outside the file is refused.
class OnnxTensorReader {
public:
    explicit OnnxTensorReader(std::int64_t max_elements) : elements_left_(max_elements) {}

    // `what` names the tensor in messages. Throws Error(kModel).
    OnnxConstant read(const onnx::TensorProto& proto, const std::string& what);

private:
    std::int64_t elements_left_;
};

float halfToFloat(std::uint16_t half) noexcept;

}  // namespace overfeat::net
