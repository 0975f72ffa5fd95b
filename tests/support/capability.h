// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace overfeat::test {

// The one way a test may be skipped: it names the capability the machine lacks. Names are listed in
// tests/expected_skips.txt; an unlisted one fails instead of skipping, so no test vanishes
// silently.
//
//     if (missing("shared-data", sharedData().has_value())) return;
//
// Returns true (and marks the running test as skipped) if `present` is false.
bool missing(const std::string& capability, bool present);

// The folder with real pictures, videos and models beside the checkout, or $OVERFEAT_SHARED_DATA;
// nothing where it does not exist. Never committed, so every test must pass without it.
std::optional<std::filesystem::path> sharedData();

// The ONNX operator test models of Debian's libonnx-testdata.
std::optional<std::filesystem::path> onnxNodeTests();

// Root of the checkout.
std::filesystem::path sourceRoot();

}  // namespace overfeat::test
