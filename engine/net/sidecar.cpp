// SPDX-License-Identifier: Apache-2.0
#include "engine/net/sidecar.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/net/refusal.h"

namespace overfeat::net {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::uintmax_t kMaxBytes = 4 << 20;

class Sidecar {
public:
    explicit Sidecar(fs::path file) : file_(std::move(file)) {}

    ModelDescription read() {
        const Json json = Json::parse(content(file_), nullptr, false);
        if (json.is_discarded()) refuse("is not valid JSON; correct or remove it.");
        if (!json.is_object()) {
            refuse(
                "is a JSON list or single value, not an object with names such as 'mean'; correct "
                "or remove it.");
        }
        ModelDescription described;
        // Our own keys, and the same inside "preprocess" as some published models have them.
        readPreprocessing(json, described);
        if (const Json* inner = member(json, "preprocess"); inner && inner->is_object()) {
            readPreprocessing(*inner, described);
        }
        readScaleOfPixels(described);
        readClasses(json, described);
        if (const Json* index = member(json, "background")) {
            if (!index->is_number_unsigned()) refuse("has a 'background' that is not an index.");
            described.background = index->get<std::size_t>();
        }
        described.scores = text(json, "scores");
        described.boxes = text(json, "boxes");
        described.features = text(json, "features");
        return described;
    }

    // The description and the list of labels that it names.
    std::vector<fs::path> files() const {
        std::vector<fs::path> all{file_};
        try {
            const Json json = Json::parse(content(file_), nullptr, false);
            if (const auto labels = labelsFile(json)) all.push_back(*labels);
        } catch (const Error&) {
            // read() says what is wrong with it.
        }
        return all;
    }

private:
    [[noreturn]] void refuse(const std::string& what) const {
        const std::string name = sanitisedLabel(file_.filename().string());
        throw Error(ErrorCode::kModel, "The description " + inQuotes(name) + " beside it " + what,
                    name);
    }

    static const Json* member(const Json& json, const char* key) {
        const auto found = json.find(key);
        return found == json.end() || found->is_null() ? nullptr : &*found;
    }

    std::optional<std::string> text(const Json& json, const char* key) const {
        const Json* found = member(json, key);
        if (found == nullptr) return std::nullopt;
        if (!found->is_string()) refuse("has a " + inQuotes(key) + " that is not a text.");
        return found->get<std::string>();
    }

    std::string content(const fs::path& file) const {
        std::error_code error;
        const std::uintmax_t bytes = fs::file_size(file, error);
        if (error || !fs::is_regular_file(file, error) || bytes > kMaxBytes) {
            refuse("needs " + inQuotes(file.filename().string()) +
                   " to be a readable file of at most 4 MiB.");
        }
        std::string read(bytes, '\0');
        std::ifstream stream(file, std::ios::binary);
        stream.read(read.data(), static_cast<std::streamsize>(bytes));
        if (!stream) refuse("needs " + inQuotes(file.filename().string()) + " to be readable.");
        if (read.starts_with("\xFF\xFE") || read.starts_with("\xFE\xFF")) {
            refuse("needs " + inQuotes(file.filename().string()) +
                   " to be UTF-8, not UTF-16; save it again.");
        }
        return read;
    }

    // One number for all channels, or three.
    std::optional<std::array<float, 3>> channels(const Json& json, const char* key,
                                                 bool positive) const {
        const Json* found = member(json, key);
        if (found == nullptr) return std::nullopt;
        std::array<float, 3> numbers{};
        if (found->is_number()) {
            numbers.fill(found->get<float>());
        } else if (found->is_array() && found->size() == 3 && (*found)[0].is_number() &&
                   (*found)[1].is_number() && (*found)[2].is_number()) {
            for (std::size_t i = 0; i < 3; ++i)
                numbers[i] = (*found)[i].get<float>();
        } else {
            refuse("has a " + inQuotes(key) + " that is not three numbers.");
        }
        checkChannels(numbers, positive,
                      "The " + inQuotes(key) + " in " + inQuotes(file_.filename().string()));
        return numbers;
    }

    void readPreprocessing(const Json& json, ModelDescription& described) const {
        if (auto mean = channels(json, "mean", false)) described.mean = mean;
        if (auto std = channels(json, "std", true)) described.std = std;
        if (const Json* crop = member(json, "crop")) {
            if (!crop->is_number()) refuse("has a 'crop' that is not a number.");
            described.crop = crop->get<double>();
            checkCrop(*described.crop, "The 'crop' in " + inQuotes(file_.filename().string()));
        }
        const Json* window = member(json, "window");
        if (window == nullptr) {
            window = member(json, "input_size");
            // [height, width] or [channels, height, width]: the last two must agree. Only numbers
            // are compared: of lists in lists as deep as the file is long, the stack would end.
            if (window != nullptr && window->is_array()) {
                const std::size_t size = window->size();
                if (size < 2 || !(*window)[size - 1].is_number() ||
                    !(*window)[size - 2].is_number() ||
                    (*window)[size - 1] != (*window)[size - 2]) {
                    refuse("has an 'input_size' that is not square.");
                }
                window = &(*window)[size - 1];
            }
        }
        if (window == nullptr) return;
        if (!window->is_number()) refuse("has a window that is not a number.");
        const auto side = window->get<double>();
        checkWindow(side, "The window in " + inQuotes(file_.filename().string()));
        described.window_px = static_cast<int>(side);
    }

    static const Json* labelsOf(const Json& json) {
        const Json* list = member(json, "labels");
        return list == nullptr ? member(json, "classes") : list;
    }

    // Nothing if the labels are in the description itself, or nowhere.
    std::optional<fs::path> labelsFile(const Json& json) const {
        if (!json.is_object()) return std::nullopt;
        const Json* list = labelsOf(json);
        std::optional<std::string> file = text(json, "labels_file");
        if (list != nullptr && list->is_array()) return std::nullopt;
        if (list != nullptr && list->is_string() && !file) {
            // "classes": "names.tsv (what it holds)"
            file = list->get<std::string>();
            file->resize(std::min(file->find_first_of(" ("), file->size()));
        }
        if (!file) return std::nullopt;
        // Nothing outside the model's folder is read because a file says so.
        if (file->empty() || *file == "." || *file == ".." ||
            file->find_first_of(std::string_view("/\\\0", 3)) != std::string::npos) {
            refuse("names a list of labels outside its own folder.");
        }
        const fs::path labels = file_.parent_path() / *file;
        std::error_code ignored;
        if (fs::is_symlink(labels, ignored)) refuse("names a list of labels that is a link.");
        return labels;
    }

    void readClasses(const Json& json, ModelDescription& described) const {
        if (const auto labels = labelsFile(json)) {
            described.classes = parseClassLines(content(*labels));
            return;
        }
        const Json* list = labelsOf(json);
        if (list != nullptr && list->is_array()) {
            std::vector<ClassLabel> classes;
            for (const Json& label : *list) {
                if (!label.is_string()) refuse("has a label that is not a text.");
                classes.push_back(parseClassLine(label.get<std::string>()));
            }
            described.classes = std::move(classes);
        }
    }

    fs::path file_;
};

std::optional<Sidecar> sidecarOf(const fs::path& model) {
    fs::path appended = model;
    appended += ".json";
    fs::path replaced = model;
    replaced.replace_extension(".json");
    for (const fs::path& candidate : {appended, replaced}) {
        std::error_code ignored;
        if (fs::is_regular_file(candidate, ignored)) return Sidecar(candidate);
    }
    return std::nullopt;
}

}  // namespace

std::optional<ModelDescription> readSidecar(const fs::path& model) {
    auto sidecar = sidecarOf(model);
    return sidecar ? std::optional(sidecar->read()) : std::nullopt;
}

std::vector<fs::path> sidecarFiles(const fs::path& model) {
    const auto sidecar = sidecarOf(model);
    return sidecar ? sidecar->files() : std::vector<fs::path>();
}

}  // namespace overfeat::net
