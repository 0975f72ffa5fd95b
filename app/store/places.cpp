// SPDX-License-Identifier: Apache-2.0
#include "app/store/places.h"

#include <cstdlib>
#include <system_error>

namespace overfeat::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolderName = "overfeat-live";

std::optional<fs::path> userFolder(const Environment& environment, const char* xdg_variable,
                                   const fs::path& below_home) {
    if (const auto chosen = environment(xdg_variable); chosen && fs::path(*chosen).is_absolute()) {
        return fs::path(*chosen) / kFolderName;
    }
    if (const auto home = environment("HOME"); home && fs::path(*home).is_absolute()) {
        return fs::path(*home) / below_home / kFolderName;
    }
    return std::nullopt;
}

fs::path installedFolder(const Places& places) {
    return places.program_folder.parent_path() / "share" / kFolderName;
}

}  // namespace

std::optional<std::string> processEnvironment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return std::string(value);
}

Places findPlaces(const Environment& environment) {
    Places places;
    std::error_code unreadable;
    places.program_folder = fs::read_symlink("/proc/self/exe", unreadable).parent_path();
    places.data_folder = userFolder(environment, "XDG_DATA_HOME", ".local/share");
    places.config_folder = userFolder(environment, "XDG_CONFIG_HOME", ".config");
    return places;
}

std::vector<fs::path> modelFolders(const Places& places) {
    std::vector<fs::path> folders;
    if (places.data_folder) folders.push_back(*places.data_folder / "models");
    folders.push_back(installedFolder(places) / "models");
    return folders;
}

std::optional<std::filesystem::path> libraryFile(const Places& places) {
    if (!places.data_folder) return std::nullopt;
    return *places.data_folder / "classes.overfeat";
}

std::optional<fs::path> findResource(const Places& places, const fs::path& name) {
    const fs::path file = installedFolder(places) / name;
    std::error_code unreadable;
    if (fs::is_regular_file(file, unreadable)) return file;
    return std::nullopt;
}

}  // namespace overfeat::store
