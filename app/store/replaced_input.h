// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/store/model_store.h"

namespace overfeat::store {

// Why `output` must not be written: it is the source, a file of the folder that is the source, or
// one of what is read for the models (modelFiles), under whatever name. Empty if it may be.
std::string replacedInput(const std::string& output, const std::string& source,
                          const std::string& models, const ModelStore& store);

}  // namespace overfeat::store
