// SPDX-License-Identifier: Apache-2.0
#include "app/store/model_store.h"

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/label_set.h"
#include "engine/net/model.h"

namespace overfeat::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".onnx";

bool isThere(const fs::path& path) {
    std::error_code unreadable;
    return fs::exists(path, unreadable);
}

bool looksLikePath(const std::string& text) {
    return text.find('/') != std::string::npos || text.ends_with(kExtension) ||
           net::isNamedLikeRelease(text);
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

std::vector<std::string> splitAtCommas(std::string_view text) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        if (auto part = trimmed(text.substr(begin, end - begin)); !part.empty()) {
            parts.push_back(std::move(part));
        }
        begin = end + 1;
    }
    return parts;
}

std::string quoted(const std::string& text) {
    return "'" + sanitisedLabel(text) + "'";
}

}  // namespace

ModelStore::ModelStore(std::vector<fs::path> folders, std::span<const std::byte> embedded,
                       PublishedModels published)
    : folders_(std::move(folders)), embedded_(embedded), published_(std::move(published)) {}

std::string ModelStore::bestName() const {
    for (const PublishedModel& model : published_.list()) {
        if (published_.isThere(model)) return model.name;
    }
    return kDefaultName;
}

std::vector<ModelEntry> ModelStore::list() const {
    std::vector<ModelEntry> entries;
    for (const fs::path& folder : folders_) {
        std::error_code error;
        for (fs::directory_iterator it(folder, error), end; !error && it != end;
             it.increment(error)) {
            std::error_code unreadable;
            const bool is_model =
                it->path().extension() == kExtension || net::isNamedLikeRelease(it->path());
            if (!is_model || !it->is_regular_file(unreadable)) continue;
            const std::string name = it->path().stem().string();
            if (name == kDefaultName && !embedded_.empty()) continue;
            if (std::ranges::find(entries, name, &ModelEntry::name) != entries.end()) continue;
            entries.push_back({name, it->path(), {}});
        }
    }
    if (!embedded_.empty()) entries.push_back({kDefaultName, {}, embedded_});
    std::ranges::sort(entries, {}, [](const ModelEntry& entry) {
        return std::pair(entry.name != kDefaultName, entry.name);
    });
    return entries;
}

std::vector<ModelEntry> ModelStore::resolve(const std::string& text) const {
    if (!text.empty() && isThere(text)) return {resolveOne(text)};
    std::vector<ModelEntry> entries;
    for (const std::string& part : splitAtCommas(text))
        entries.push_back(resolveOne(part));
    if (entries.empty()) entries.push_back(resolveOne(bestName()));
    return entries;
}

ModelEntry ModelStore::resolveOne(const std::string& text) const {
    if (auto entry = findByName(text)) return *entry;
    if (isThere(text)) return {fs::path(text).stem().string(), text, {}};
    if (looksLikePath(text)) {
        throw Error(ErrorCode::kModel,
                    "There is no model file " + quoted(text) + ": check the path.", text);
    }
    if (text == kDefaultName) {
        throw Error(ErrorCode::kModel,
                    "This build has no default model: give one with --model FILE.onnx.", text);
    }
    if (published_.find(text) != nullptr) {
        throw Error(ErrorCode::kModel,
                    "The model " + quoted(text) + " is not here yet; 'overfeat models fetch " +
                        text + "' gets it.",
                    text);
    }
    std::string names;
    for (const ModelEntry& entry : list()) {
        if (!names.empty()) names += ", ";
        names += sanitisedLabel(entry.name);
    }
    throw Error(ErrorCode::kModel,
                "There is no model named " + quoted(text) + ": give the path of an .onnx file" +
                    (names.empty() ? std::string(".") : ", or one of these names: " + names + "."),
                text);
}

std::optional<ModelEntry> ModelStore::findByName(const std::string& name) const {
    if (name == kDefaultName && !embedded_.empty()) {
        return ModelEntry{name, {}, embedded_};
    }
    if (name.find('/') != std::string::npos) return std::nullopt;
    for (const fs::path& folder : folders_) {
        const fs::path file = folder / (name + std::string(kExtension));
        if (isThere(file)) return ModelEntry{name, file, {}};
        if (net::isNamedLikeRelease(name) && isThere(folder / name)) {
            return ModelEntry{name, folder / name, {}};
        }
    }
    return std::nullopt;
}

}  // namespace overfeat::store
