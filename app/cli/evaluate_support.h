// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "engine/core/image.h"

namespace overfeat::cli {

// The decoder the evaluation reads pictures with. Throws Error(kInput).
Image decodePicture(std::span<const std::byte> bytes, const std::string& name);

}  // namespace overfeat::cli
