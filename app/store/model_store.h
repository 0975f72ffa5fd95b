// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/store/published_models.h"

namespace overfeat::store {

// A model that can be loaded (load_models.h); nothing has been read yet.
struct ModelEntry {
    std::string name;            // what a person types and sees: "default"
    std::filesystem::path file;  // empty for the one built into the program
    std::span<const std::byte> embedded;
};

// Finds models by name or path. Looks at folders, never into files.
// Threads: const methods may be called from any thread; they touch the file system, so the window
// calls them on a worker.
class ModelStore {
public:
    static constexpr const char* kDefaultName = "default";

    // `embedded` becomes the model "default" unless it is empty; `folders` are searched in order.
    // `published` are those that can be fetched into one of these folders.
    ModelStore(std::vector<std::filesystem::path> folders, std::span<const std::byte> embedded,
               PublishedModels published = {});

    // Everything that can be chosen by name, the default first, then by name. A name that occurs in
    // two folders is listed once: the first one wins. Folders that cannot be read are left out.
    std::vector<ModelEntry> list() const;

    // "default", a name, the path of a file, or several of them separated by commas, which then
    // vote; empty text means the best there is. A text that is a file as a whole is that file,
    // commas or not. Throws Error(kModel): no such model (naming the ones there are), or no default
    // in this build.
    std::vector<ModelEntry> resolve(const std::string& text) const;

    // The name of what the programs start with: the first of the published models that is there,
    // else the default.
    std::string bestName() const;
    const PublishedModels& published() const noexcept { return published_; }

private:
    ModelEntry resolveOne(const std::string& text) const;
    std::optional<ModelEntry> findByName(const std::string& name) const;

    std::vector<std::filesystem::path> folders_;
    std::span<const std::byte> embedded_;
    PublishedModels published_;
};

}  // namespace overfeat::store
