// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/label_set.h"
#include "engine/evaluate/annotated_set.h"
#include "engine/evaluate/set_folder.h"

// Inside the room: the readers behind AnnotatedSet.
namespace overfeat::evaluate {

struct ReadSet {
    LabelSet classes;
    std::vector<PictureEntry> entries;
    std::vector<std::filesystem::path> annotations;  // what was read for them
};

ReadSet readCoco(const std::filesystem::path& folder, const std::string& split);
ReadSet readVoc(const std::filesystem::path& folder, const std::string& split);
ReadSet readYolo(const std::filesystem::path& folder, const std::string& split);

// Whether the folder has this split in this form.
bool isCoco(const std::filesystem::path& folder, const std::string& split);
bool isVoc(const std::filesystem::path& folder, const std::string& split);
bool isYolo(const std::filesystem::path& folder, const std::string& split);

}  // namespace overfeat::evaluate
