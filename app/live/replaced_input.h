// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace overfeat::app {

// Why `output` must not be written: it is the source, a file of the folder that is the source, or
// one of the models (separated by commas), under whatever name. Empty if it may be.
std::string replacedInput(const std::string& output, const std::string& source,
                          const std::string& models);

}  // namespace overfeat::app
