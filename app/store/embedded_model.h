// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace overfeat::store {

// The bytes of models/default.onnx as they were when the program was built; empty if there was no
// such file. They lie in the read-only part of the executable, so nothing is copied.
std::span<const std::byte> embeddedModel() noexcept;

}  // namespace overfeat::store
