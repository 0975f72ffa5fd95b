// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>

#include "engine/core/image.h"
#include "engine/evaluate/labelled_pictures.h"

namespace overfeat::evaluate {

// Gets a picture, the name of the folder it lies in (its class; empty at the top) and its path
// within the set; returns false to stop.
using FolderPictureVisitor = std::function<bool(const std::string& class_name,
                                                const std::string& file, const Image& picture)>;

// Walks the pictures of a set in which the folder is the class: a folder, or an archive of one.
// What has no picture's name is passed over. Throws Error(kInput) for what cannot be read or
// decoded, and if there is no picture at all.
void forEachFolderPicture(const std::filesystem::path& set, const PictureDecoder& decode,
                          const FolderPictureVisitor& visit);

}  // namespace overfeat::evaluate
