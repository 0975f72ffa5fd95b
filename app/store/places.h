// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace overfeat::store {

// Where the programs find their own files and the user's. Found once at the start and handed to
// whoever needs it; nobody else reads the environment.
struct Places {
    std::filesystem::path program_folder;  // where the executable is
    // ~/.local/share/overfeat-live and ~/.config/overfeat-live (XDG base directories); nothing
    // where there is no home. They need not exist and may not be writable.
    std::optional<std::filesystem::path> data_folder;
    std::optional<std::filesystem::path> config_folder;
};

// Answers an environment variable's value, or nothing if it is unset.
using Environment = std::function<std::optional<std::string>(const char* name)>;
std::optional<std::string> processEnvironment(const char* name);

// Without HOME the home folder is unknown (guessing "/" or the password file would write into
// places the user did not choose). Relative XDG folders are ignored, as their specification says.
Places findPlaces(const Environment& environment = processEnvironment);

// Folders that hold <name>.onnx files, searched in this order: the user's, then the program's.
std::vector<std::filesystem::path> modelFolders(const Places& places);

// The class library that the programs share (engine/learn): what a person taught. Nothing where
// there is no home. It need not exist.
std::optional<std::filesystem::path> libraryFile(const Places& places);

// A file of resources/, e.g. "demo/demo.mkv": below ../share/overfeat-live of the executable, in
// the build tree as after installation. Nothing if it is not there.
std::optional<std::filesystem::path> findResource(const Places& places,
                                                  const std::filesystem::path& name);

}  // namespace overfeat::store
