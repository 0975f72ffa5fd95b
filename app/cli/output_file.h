// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/score_map.h"
#include "engine/core/shape.h"

namespace overfeat::cli {

// Writes a file whole or not at all. Throws Error(kRuntime) with the reason, e.g. a full disk or a
// read-only folder.
void writeFile(const std::filesystem::path& path, std::string_view bytes);

// The NumPy format 1.0, float32, little endian, C order.
std::string npyBytes(const Shape& shape, std::span<const float> values);

// A grey 16-bit PNG, 0..1 spread over 0..65535.
std::string png16Bytes(const HeatMap& map);

// Writes a heat map as .npy (exact values) or .png by the file's extension. Throws Error(kUsage)
// for any other.
void writeHeatMap(const std::filesystem::path& path, const HeatMap& map);

// `out` with a number before its extension: map.png -> map-000012.png.
std::filesystem::path numbered(const std::filesystem::path& out, std::int64_t number);

}  // namespace overfeat::cli
