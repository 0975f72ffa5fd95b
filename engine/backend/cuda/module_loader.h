// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "engine/backend/cuda/cuda_backend.h"

namespace overfeat::backend::cuda {

// The module in this folder and nowhere else; its ABI number is compared before anything of it is
// called. What was loaded stays for as long as the program runs.
Device loadModule(const std::filesystem::path& folder);

// The one in the folder of the program that is running; else, as programs are installed among those
// of others, in ../lib/overfeat-live.
Device loadModuleBesideProgram();

}  // namespace overfeat::backend::cuda
