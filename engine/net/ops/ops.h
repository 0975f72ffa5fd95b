// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/net/onnx_operators.h"

namespace overfeat::net::ops {

// Transpose of a constant, whose value is known when the file has been read.
ParsedNode parseTranspose(OnnxNode& node);

}  // namespace overfeat::net::ops
