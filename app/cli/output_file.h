// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "app/cli/kept_files.h"
#include "engine/core/score_map.h"
#include "engine/core/shape.h"

namespace overfeat::cli {

// Writes a file whole or not at all. Throws Error(kRuntime) with the reason, e.g. a full disk or a
// read-only folder, and Error(kUsage) instead of replacing one of the files in `kept`.
void writeFile(const std::filesystem::path& path, std::string_view bytes,
               const KeptFiles& kept = {});

// The NumPy format 1.0, float32, little endian, C order.
std::string npyBytes(const Shape& shape, std::span<const float> values);

// A grey 16-bit PNG, 0..1 spread over 0..65535.
std::string png16Bytes(const HeatMap& map);

// Writes a heat map as .npy (exact values) or .png by the file's extension. Throws Error(kUsage)
// for any other, and as writeFile() does.
void writeHeatMap(const std::filesystem::path& path, const HeatMap& map,
                  const KeptFiles& kept = {});

// `out` with a number before its extension: map.png -> map-000012.png.
std::filesystem::path numbered(const std::filesystem::path& out, std::int64_t number);
// Whether `name` is the file name that numbered() gives `out` with some number.
bool isNumbered(const std::filesystem::path& name, const std::filesystem::path& out);

}  // namespace overfeat::cli
