// SPDX-License-Identifier: Apache-2.0
#include "app/store/places.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/temporary_folder.h"

namespace overfeat::store {
namespace {

namespace fs = std::filesystem;

Environment fixed(std::map<std::string, std::string> variables) {
    return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
        const auto it = variables.find(name);
        if (it == variables.end()) return std::nullopt;
        return it->second;
    };
}

TEST(Places, FollowTheXdgFolders) {
    const Places places = findPlaces(
        fixed({{"HOME", "/h"}, {"XDG_DATA_HOME", "/data"}, {"XDG_CONFIG_HOME", "/config"}}));
    EXPECT_EQ(places.data_folder, fs::path("/data/overfeat-live"));
    EXPECT_EQ(places.config_folder, fs::path("/config/overfeat-live"));
}

TEST(Places, AreBelowHomeWithoutXdg) {
    const Places places = findPlaces(fixed({{"HOME", "/h"}, {"XDG_DATA_HOME", "relative"}}));
    EXPECT_EQ(places.data_folder, fs::path("/h/.local/share/overfeat-live"));
    EXPECT_EQ(places.config_folder, fs::path("/h/.config/overfeat-live"));
}

TEST(Places, AreUnknownWithoutHome) {
    const Places places = findPlaces(fixed({}));
    EXPECT_FALSE(places.data_folder);
    EXPECT_FALSE(places.config_folder);
    EXPECT_EQ(modelFolders(places).size(), 1U) << "the program's own folder remains";
    EXPECT_FALSE(findPlaces(fixed({{"HOME", ""}})).config_folder);
}

TEST(Places, KnowTheRunningExecutable) {
    EXPECT_TRUE(fs::exists(findPlaces(fixed({})).program_folder / "test_app_store"));
}

TEST(Places, ResourcesLieBesideTheProgram) {
    const test::TemporaryFolder prefix;
    const fs::path clip = prefix.write("share/overfeat-live/demo/demo.mkv", "clip");
    Places places;
    places.program_folder = prefix.path() / "bin";
    EXPECT_EQ(findResource(places, "demo/demo.mkv"), clip);
    EXPECT_FALSE(findResource(places, "demo/other.mkv"));
    EXPECT_FALSE(findResource(places, "demo")) << "a folder is not a resource";
}

}  // namespace
}  // namespace overfeat::store
