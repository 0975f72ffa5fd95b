// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/cli/console.h"
#include "app/store/model_store.h"

namespace overfeat::cli {

// The command line, without a process around it: parses `arguments` (without the program's name),
// does what they say and returns the exit code (0 ok, 1 runtime, 2 usage, 3 input, 4 model, 130
// interrupted). Never throws for anything a person can cause. `library` is the person's own class
// library; empty where there is no home for one.
int run(const std::vector<std::string>& arguments, const store::ModelStore& models,
        Console& console, const std::filesystem::path& library = {});

// "overfeat 0.1.0 (Release, GCC 12.2.0; this processor has AVX2, FMA)"
std::string versionText();

}  // namespace overfeat::cli
