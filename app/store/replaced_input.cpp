// SPDX-License-Identifier: Apache-2.0
#include "app/store/replaced_input.h"

#include <filesystem>
#include <system_error>

#include "app/store/load_models.h"
#include "engine/core/label_set.h"

namespace overfeat::store {
namespace {

namespace fs = std::filesystem;

// Cameras and addresses are no files, so nothing is the same as they.
bool same(const fs::path& a, const fs::path& b) {
    std::error_code missing;
    return fs::equivalent(a, b, missing);
}

bool isOf(const fs::path& output, const std::string& source) {
    std::error_code missing;
    if (!fs::exists(output, missing)) return false;
    const fs::path folder = output.has_parent_path() ? output.parent_path() : fs::path(".");
    return same(output, source) || (fs::is_directory(source, missing) && same(folder, source));
}

}  // namespace

std::string replacedInput(const std::string& output, const std::string& source,
                          const std::string& models, const ModelStore& store) {
    if (output.empty()) return {};
    const auto sentence = [&](const char* what) {
        return sanitisedLabel(output) + " is " + what +
               " and would be replaced; write to another file.";
    };
    if (isOf(output, source)) return sentence("read as the source");
    for (const fs::path& file : modelFiles(models, store))
        if (same(output, file)) return sentence("read for the model");
    return {};
}

}  // namespace overfeat::store
