// SPDX-License-Identifier: Apache-2.0
#include "app/live/base/settings.h"

#include <gtest/gtest.h>

#include "tests/support/file_bytes.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::app {
namespace {

namespace fs = std::filesystem;

class SettingsTest : public ::testing::Test {
protected:
    fs::path file() const { return folder_.path() / SettingsFile::kFileName; }
    // The only file beside the settings, or nothing.
    fs::path aside() const {
        fs::path found;
        for (const auto& entry : fs::directory_iterator(folder_.path())) {
            if (entry.path().filename().string().find(".corrupt-") == std::string::npos) continue;
            EXPECT_TRUE(found.empty());
            found = entry.path();
        }
        return found;
    }
    static Settings unusual() {
        Settings s;
        s.source = "/videos/a b/\xE9\xFF,=\"[x].mp4";  // not UTF-8, and full of INI syntax
        s.model = "/m/one.onnx,two";
        s.device = "reference";
        s.recent_sources = {s.source, "http://example.org/a?b=c"};
        s.recent_models = {"two"};
        s.look = {.views = Views::kTen,
                  .scale_count = 6,
                  .largest_side_windows = 2.5,
                  .flip = true,
                  .detection = {{.merge = Merge::kSoftNms,
                                 .window_threshold = 0.25,
                                 .match_threshold = 1.25,
                                 .nms_overlap = 0.75,
                                 .score_threshold = 0.125,
                                 .min_votes = 3,
                                 .steady = false}}};
        s.least_fps = 25;
        s.window.boxes = {
            .objects = false, .raw_boxes = true, .window_grid = true, .groups = false};
        s.window.theme = ui::ThemeMode::kDark;
        s.window.smooth = false;
        s.window.panel_open = false;
        s.window.panel_page = 1;
        s.window.geometry = QByteArray("\0\1\2geometry", 11);
        s.window.heat_map.visible = false;
        s.window.heat_map.opacity = 0.25;
        s.window.heat_map.average_scales = false;
        return s;
    }

    test::TemporaryFolder folder_;
};

TEST_F(SettingsTest, ComeBackAsTheyWere) {
    const Settings written = unusual();
    SettingsFile file(folder_.path());
    EXPECT_TRUE(file.load().notice.isEmpty());
    EXPECT_EQ(file.save(written).toStdString(), "");

    const auto [read, notice] = SettingsFile(folder_.path()).load();
    EXPECT_EQ(notice.toStdString(), "");
    EXPECT_EQ(read.source, written.source);
    EXPECT_EQ(read.model, written.model);
    EXPECT_EQ(read.device, written.device);
    EXPECT_EQ(read.recent_sources, written.recent_sources);
    EXPECT_EQ(read.recent_models, written.recent_models);
    EXPECT_EQ(read.look, written.look);
    EXPECT_EQ(read.least_fps, written.least_fps);
    EXPECT_EQ(read.window.boxes, written.window.boxes);
    EXPECT_EQ(read.window.heat_map, written.window.heat_map);
    EXPECT_EQ(read.window.theme, written.window.theme);
    EXPECT_EQ(read.window.smooth, written.window.smooth);
    EXPECT_EQ(read.window.panel_open, written.window.panel_open);
    EXPECT_EQ(read.window.panel_page, written.window.panel_page);
    EXPECT_EQ(read.window.geometry, written.window.geometry);
}

TEST_F(SettingsTest, AShorterListLeavesNothingOfTheLongerOne) {
    SettingsFile file(folder_.path());
    Settings settings = unusual();
    file.save(settings);
    settings.recent_sources = {"only"};
    file.save(settings);
    EXPECT_EQ(SettingsFile(folder_.path()).load().settings.recent_sources,
              std::vector<std::string>{"only"});
}

class DamagedSettings : public SettingsTest,
                        public ::testing::WithParamInterface<std::pair<const char*, std::string>> {
};

TEST_P(DamagedSettings, AreKeptAsideAndTold) {
    const std::string& damage = GetParam().second;
    folder_.write(SettingsFile::kFileName, damage);
    SettingsFile settings(folder_.path());
    const auto [read, notice] = settings.load();
    EXPECT_EQ(read.device, "auto");
    EXPECT_NE(notice.indexOf("has been kept as"), -1) << notice.toStdString();
    EXPECT_EQ(test::bytesOf(aside()), damage);
    EXPECT_FALSE(fs::exists(file()));

    EXPECT_EQ(settings.save(unusual()).toStdString(), "") << "and the next run starts afresh";
    EXPECT_EQ(test::bytesOf(aside()), damage);
    EXPECT_EQ(SettingsFile(folder_.path()).load().settings.device, "reference");
}

INSTANTIATE_TEST_SUITE_P(
    All, DamagedSettings,
    ::testing::Values(std::pair("Zeros", std::string(300, '\0')), std::pair("Empty", std::string()),
                      std::pair("WebPage", std::string("<!DOCTYPE html>\n<title>404</title>\n")),
                      std::pair("Noise", std::string("\x7f\x45\x4c\x46\x80\xff\xfe=\n")),
                      std::pair("NoFormat", std::string("[source]\nlast=demo\n")),
                      std::pair("CutInAGroup", std::string("[General]\nformat=1\n\n[wind"))),
    [](const auto& test) { return test.param.first; });

TEST_F(SettingsTest, OfANewerVersionAreReadAndLeftAlone) {
    const std::string newer = "[General]\nformat=999\n\n[network]\ndevice=reference\nquantum=yes\n";
    folder_.write(SettingsFile::kFileName, newer);
    SettingsFile settings(folder_.path());
    const auto [read, notice] = settings.load();
    EXPECT_EQ(read.device, "reference");
    EXPECT_NE(notice.indexOf("newer version"), -1);
    EXPECT_EQ(settings.save(unusual()).toStdString(), "");
    EXPECT_EQ(test::bytesOf(file()), newer);
}

TEST_F(SettingsTest, OnlyWhatSomebodyChangedIsRemembered) {
    SettingsFile settings(folder_.path());
    Settings s;
    s.look.detection->match_threshold = 1.5;
    EXPECT_EQ(settings.save(s).toStdString(), "");
    EXPECT_NE(test::bytesOf(file()).find("match_threshold=1.5"), std::string::npos);
    EXPECT_EQ(test::bytesOf(file()).find("score_threshold"), std::string::npos)
        << "or a newer version's better value would never be used";
    EXPECT_EQ(SettingsFile(folder_.path()).load().settings.look, s.look);
    EXPECT_EQ(settings.save({}).toStdString(), "");
    EXPECT_EQ(test::bytesOf(file()).find("match_threshold"), std::string::npos) << "taken back";
}

TEST_F(SettingsTest, WhatIsNoNumberIsIgnored) {
    folder_.write(SettingsFile::kFileName,
                  "[General]\nformat=1\n\n[network]\nscale_count=many\nviews=-7\n"
                  "largest_side_windows=nan\ndevice=reference\n\n[heat_map]\nopacity=x\n");
    const Settings read = SettingsFile(folder_.path()).load().settings;
    EXPECT_EQ(read.look, Settings().look);
    EXPECT_EQ(read.window.heat_map, ui::HeatMapOptions());
    EXPECT_EQ(read.device, "reference");
}

// Earlier versions let sides of up to 32 windows be written, and the engine refused them.
TEST_F(SettingsTest, WhatIsOutsideTheLimitsIsBroughtIntoThem) {
    folder_.write(SettingsFile::kFileName,
                  "[General]\nformat=1\n\n[network]\nscale_count=100000\n"
                  "smallest_side_windows=20\nlargest_side_windows=32\nleast_fps=1000\n\n"
                  "[detection]\nmatch_threshold=-3\nmin_votes=0\n\n[heat_map]\nopacity=12\n");
    const Settings read = SettingsFile(folder_.path()).load().settings;
    EXPECT_NO_THROW(checkLimits(read.look));
    EXPECT_EQ(read.look.scale_count, Look::kScaleCount.most);
    EXPECT_EQ(read.look.smallest_side_windows, 16);
    EXPECT_EQ(read.look.largest_side_windows, 16);
    EXPECT_EQ(read.least_fps, 60);
    EXPECT_EQ(read.look.detection->match_threshold, 0);
    EXPECT_EQ(read.look.detection->min_votes, 1);
    EXPECT_EQ(read.window.heat_map.opacity, 1);
}

TEST_F(SettingsTest, StartAsTheEngineDoes) {
    EXPECT_EQ(Settings().look, (Look{.detection = DetectionOptions()}));
    EXPECT_EQ(Settings().least_fps, live::Settings().least_fps);
}

TEST_F(SettingsTest, WithoutAHomeNothingIsRememberedAndItIsSaidOnce) {
    SettingsFile settings(std::nullopt);
    EXPECT_NE(settings.load().notice.indexOf("no home folder"), -1);
    EXPECT_TRUE(settings.save(unusual()).isEmpty());
}

TEST_F(SettingsTest, AFolderThatCannotBeWrittenGivesASentence) {
    // A file where the folder should be stops root, too.
    const fs::path blocked = folder_.write("blocked", "") / "overfeat-live";
    SettingsFile settings(blocked);
    EXPECT_TRUE(settings.load().notice.isEmpty());
    EXPECT_NE(settings.save(unusual()).indexOf("could not be saved"), -1);
}

TEST(Recent, IsShortWithoutDoublesNewestFirst) {
    std::vector<std::string> recent;
    for (int i = 0; i < 20; ++i)
        remember(recent, std::to_string(i));
    remember(recent, "15");
    EXPECT_EQ(recent.front(), "15");
    EXPECT_EQ(recent.size(), 8U);
    EXPECT_EQ(std::ranges::count(recent, "15"), 1);
}

}  // namespace
}  // namespace overfeat::app
