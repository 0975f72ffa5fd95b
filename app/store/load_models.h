// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "app/store/model_store.h"
#include "engine/net/model.h"

namespace overfeat::store {

// Reads what ModelStore::resolve found, in the same order. May take seconds. Throws Error(kModel)
// with the reader's sentence, Error(kCancelled) between two models after a stop request.
std::vector<std::shared_ptr<const net::Model>> loadModels(std::span<const ModelEntry> entries,
                                                          const std::stop_token& stop = {});

// Every file that loading these would read (net::modelFiles), so that no output replaces one. Empty
// for names that cannot be resolved: nothing is read then.
std::vector<std::filesystem::path> modelFiles(const std::string& names, const ModelStore& store);

}  // namespace overfeat::store
