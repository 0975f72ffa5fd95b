// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/store/package_client.h"
#include "app/store/places.h"

namespace overfeat::store {

// A network of which others published the weights: the program brings the graph, the weights stay
// in the file that they were published in (models/manifest.json).
struct PublishedModel {
    std::string name;   // what a person types: "efficientnet-lite0"
    std::string title;  // as its authors write it
    int classes = 0;
    int window_px = 0;
    double top1_percent = 0;  // on ImageNet's validation set, as published
    std::string licence;
    std::filesystem::path graph;  // the file that the program brings
    std::string weights;          // name of the file of weights, beside the graph once it is there
    std::uint64_t weights_bytes = 0;
    std::string weights_sha256;
    // The Python package that holds that file, and its path in it.
    std::string package;
    std::string version;
    std::uint64_t package_bytes = 0;
    std::string member;
};

// The networks that can be fetched, and the folder that they go to.
// Threads: may be used from any thread.
class PublishedModels {
public:
    PublishedModels() = default;  // none
    // `manifest` lists them, its graphs lie below its folder. One that is not there or cannot be
    // understood lists none, and named() says so. Without a `folder` (no home) nothing can be
    // fetched.
    PublishedModels(const std::filesystem::path& manifest,
                    std::optional<std::filesystem::path> folder,
                    PackageClient client = usualPackageClient());

    // The best choice first: what the programs start with where it is there.
    const std::vector<PublishedModel>& list() const noexcept { return models_; }
    // Throws Error(kUsage), naming those there are, or Error(kRuntime) if the manifest is damaged.
    const PublishedModel& named(std::string_view name) const;
    // Whether it is known under this name.
    const PublishedModel* find(std::string_view name) const noexcept;

    const PackageClient& client() const noexcept { return client_; }
    const std::optional<std::filesystem::path>& folder() const noexcept { return folder_; }
    // The model's file where it is or would be, for net::loadModel(). Requires a folder.
    std::filesystem::path file(const PublishedModel& model) const;
    std::filesystem::path weightsFile(const PublishedModel& model) const;
    // Whether both files are there, the weights as long as they should be. Reads neither.
    bool isThere(const PublishedModel& model) const noexcept;

private:
    std::vector<PublishedModel> models_;
    std::optional<std::filesystem::path> folder_;
    PackageClient client_;
    std::string problem_;
};

// Those of the installed program, for the user's data folder.
PublishedModels publishedModels(const Places& places);

// "17 MB": bytes for people, in millions.
std::string megabytes(std::uint64_t bytes);

}  // namespace overfeat::store
