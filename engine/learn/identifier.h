// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace overfeat::learn {

// A random UUID (version 4) in lower case: "0f8fad5b-d9cb-469f-a165-70867728950e".
std::string newIdentifier();

// Whether `text` has exactly that form, of any version.
bool isIdentifier(std::string_view text) noexcept;

}  // namespace overfeat::learn
