// SPDX-License-Identifier: Apache-2.0
#include "app/store/published_models.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/label_set.h"

namespace overfeat::store {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

PublishedModel modelFrom(const Json& json, const fs::path& folder) {
    const Json& weights = json.at("weights");
    const Json& package = json.at("package");
    PublishedModel model{
        .name = json.at("name").get<std::string>(),
        .title = json.at("title").get<std::string>(),
        .classes = json.at("classes").get<int>(),
        .window_px = json.at("window").get<int>(),
        .top1_percent = json.at("top1_percent").get<double>(),
        .licence = json.at("licence").get<std::string>(),
        .graph = folder / json.at("graph").get<std::string>(),
        .weights = weights.at("file").get<std::string>(),
        .weights_bytes = weights.at("bytes").get<std::uint64_t>(),
        .weights_sha256 = weights.at("sha256").get<std::string>(),
        .package = package.at("name").get<std::string>(),
        .version = package.at("version").get<std::string>(),
        .package_bytes = package.at("bytes").get<std::uint64_t>(),
        .member = package.at("member").get<std::string>(),
    };
    // Both become names of files in the user's folder.
    for (const std::string& name : {model.name, model.weights}) {
        if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos) {
            throw Error(ErrorCode::kRuntime, "'" + sanitisedLabel(name) + "' is no name of a file");
        }
    }
    if (model.package_bytes == 0 || model.weights_bytes == 0) {
        throw Error(ErrorCode::kRuntime, "'" + model.name + "' has no bytes");
    }
    return model;
}

}  // namespace

PublishedModels::PublishedModels(const fs::path& manifest, std::optional<fs::path> folder,
                                 PackageClient client)
    : folder_(std::move(folder)), client_(std::move(client)) {
    std::ifstream stream(manifest);
    if (!stream) return;
    try {
        const Json list = Json::parse(stream);
        for (const Json& json : list.at("models"))
            models_.push_back(modelFrom(json, manifest.parent_path()));
    } catch (const std::exception& problem) {
        models_.clear();
        problem_ = "The list of models '" + manifest.string() + "' cannot be understood (" +
                   sanitisedLabel(problem.what(), 200) + "); install the program again.";
    }
}

const PublishedModel* PublishedModels::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find(models_, name, &PublishedModel::name);
    return found == models_.end() ? nullptr : &*found;
}

const PublishedModel& PublishedModels::named(std::string_view name) const {
    if (const PublishedModel* model = find(name)) return *model;
    if (!problem_.empty()) throw Error(ErrorCode::kRuntime, problem_);
    std::string names;
    for (const PublishedModel& model : models_)
        names += (names.empty() ? "" : ", ") + model.name;
    throw Error(ErrorCode::kUsage,
                "There is no published model named '" + sanitisedLabel(name) + "'" +
                    (names.empty() ? std::string("; this program was installed without its list.")
                                   : ": choose one of " + names + "."),
                std::string(name));
}

fs::path PublishedModels::file(const PublishedModel& model) const {
    return folder_.value() / (model.name + ".onnx");
}

fs::path PublishedModels::weightsFile(const PublishedModel& model) const {
    return folder_.value() / model.weights;
}

bool PublishedModels::isThere(const PublishedModel& model) const noexcept {
    if (!folder_) return false;
    std::error_code absent;
    return fs::is_regular_file(file(model), absent) &&
           fs::file_size(weightsFile(model), absent) == model.weights_bytes;
}

PublishedModels publishedModels(const Places& places) {
    std::optional<fs::path> folder;
    if (places.data_folder) folder = *places.data_folder / "models";
    return {findResource(places, "published/manifest.json").value_or(fs::path()),
            std::move(folder)};
}

std::string megabytes(std::uint64_t bytes) {
    return std::to_string((bytes + 500'000) / 1'000'000) + " MB";
}

}  // namespace overfeat::store
