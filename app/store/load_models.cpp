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

std::vector<std::filesystem::path> modelFiles(const std::string& names, const ModelStore& store) {
    std::vector<std::filesystem::path> files;
    try {
        for (const ModelEntry& entry : store.resolve(names)) {
            if (entry.file.empty()) continue;  // built into the program
            const auto more = net::modelFiles(entry.file);
            files.insert(files.end(), more.begin(), more.end());
        }
    } catch (const Error& error) {
        // loadModels() says what is wrong when its turn comes, and then nothing is written.
        if (error.code() != ErrorCode::kModel) throw;
        files.clear();
    }
    return files;
}

}  // namespace overfeat::store
