// SPDX-License-Identifier: Apache-2.0
#include "app/store/load_models.h"

#include "engine/core/error.h"

namespace overfeat::store {

std::vector<std::shared_ptr<const net::Model>> loadModels(std::span<const ModelEntry> entries,
                                                          const std::stop_token& stop) {
    std::vector<std::shared_ptr<const net::Model>> models;
    for (const ModelEntry& entry : entries) {
        if (stop.stop_requested()) {
            throw Error(ErrorCode::kCancelled, "Loading the model was cancelled.", entry.name);
        }
        models.push_back(entry.file.empty() ? net::parseModel(entry.embedded, entry.name)
                                            : net::loadModel(entry.file));
    }
    return models;
}

}  // namespace overfeat::store
