// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "engine/core/oklab.h"

namespace overfeat {

// The colour of a class: the same in every list, on every picture and in every file. Neighbouring
// indices differ strongly; readable against dark and light alike (3:1).
SrgbColour classColourOf(std::size_t class_index) noexcept;

}  // namespace overfeat
