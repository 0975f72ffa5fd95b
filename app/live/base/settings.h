// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/live/base/measured_speed.h"
#include "engine/core/look.h"
#include "engine/live/settings.h"
#include "ui/view_models.h"

namespace overfeat::app {

// What is remembered between runs. A plain value: whoever wants a change hands over a new one.
struct Settings {
    std::string source;  // as capture::parseSource reads it; empty = never chosen
    std::string model;   // as store::ModelStore::resolve reads it; empty = the default
    std::string device = "auto";
    std::vector<std::string> recent_sources;  // newest first
    std::vector<std::string> recent_models;
    std::vector<std::string> servers;  // as devices; newest first
    std::vector<MeasuredSpeed> speeds;
    // The engine's own values until somebody changes them; those that were not changed are not
    // written, so that a newer version's values come through. What is outside the engine's limits
    // is brought into them.
    Look look{.detection = DetectionOptions()};
    double least_fps = live::Settings().least_fps;  // 0 = no floor
    ui::WindowPreferences window;
};

// Puts `entry` in front, without doubles, and forgets the oldest.
void remember(std::vector<std::string>& recent, const std::string& entry);

// The settings on disk: one INI file, replaced atomically.
//
// A file that cannot be understood is renamed to <name>.corrupt-<time> and never overwritten; one
// written by a newer version is read as far as it is known and not written at all.
// Threads: load() before others use it; save() then from one thread at a time.
class SettingsFile {
public:
    static constexpr int kFormat = 1;
    static constexpr const char* kFileName = "overfeat-live.ini";

    // `folder` is nothing where there is no home: then nothing is remembered.
    explicit SettingsFile(const std::optional<std::filesystem::path>& folder);

    struct Loaded {
        Settings settings;
        QString notice;  // one sentence about what is wrong with the file; empty if all is well
    };
    Loaded load();

    // Empty, or one sentence saying why nothing could be saved. Does nothing (and says nothing
    // again) where load() has already said that nothing will be remembered.
    QString save(const Settings& settings) const;

private:
    QString keepAside();

    QString file_;
    bool writable_ = true;
};

}  // namespace overfeat::app
