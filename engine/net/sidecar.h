// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "engine/net/model_metadata.h"

namespace overfeat::net {

// Reads the JSON file beside a model (README.md gives its keys): `<model>.json` or `<model stem>
// .json`, in this order; nothing if neither exists. Reads besides it only the list of labels it
// names, which must lie in the same folder. Throws Error(kModel) naming the file and the key.
std::optional<ModelDescription> readSidecar(const std::filesystem::path& model);

// The files that readSidecar() reads. Throws nothing for one that it would refuse.
std::vector<std::filesystem::path> sidecarFiles(const std::filesystem::path& model);

}  // namespace overfeat::net
