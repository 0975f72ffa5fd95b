// SPDX-License-Identifier: Apache-2.0
#include "app/live/base/settings.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSettings>
#include <algorithm>
#include <cmath>
#include <string_view>
#include <type_traits>

namespace overfeat::app {
namespace {

constexpr std::size_t kMostRecent = 8;
constexpr qint64 kLargestFile = 1 << 20;

QString shownPath(const QString& path) {
    return QDir::toNativeSeparators(path);
}

// QSettings reads nearly anything without complaint, and what it does not understand is lost at the
// next save. So the shape of the file is checked first: text, made of groups, keys and comments.
bool looksLikeSettings(const QByteArray& bytes) {
    if (bytes.contains('\0') || !bytes.isValidUtf8()) return false;
    bool has_key = false;
    for (const QByteArray& raw : bytes.split('\n')) {
        const QByteArray line = raw.trimmed();
        if (line.isEmpty() || line.startsWith(';') || line.startsWith('#')) continue;
        if (line.startsWith('[')) {
            if (!line.endsWith(']')) return false;
        } else if (line.indexOf('=') <= 0) {
            return false;
        } else {
            has_key = true;
        }
    }
    return has_key;
}

template <class E>
E readEnum(const QSettings& file, const QString& key, E fallback, E last) {
    bool is_number = false;
    const int value = file.value(key).toInt(&is_number);
    if (!is_number || value < 0 || value > static_cast<int>(last)) return fallback;
    return static_cast<E>(value);
}

int readInt(const QSettings& file, const QString& key, int fallback, const Range<int>& limits) {
    bool is_number = false;
    const int value = file.value(key).toInt(&is_number);
    return is_number ? limits.nearest(value) : fallback;
}

double readDouble(const QSettings& file, const QString& key, double fallback,
                  const Range<double>& limits) {
    bool is_number = false;
    const double value = file.value(key).toDouble(&is_number);
    return is_number && std::isfinite(value) ? limits.nearest(value) : fallback;
}

std::string readBytes(const QSettings& file, const QString& key, const std::string& fallback) {
    return file.contains(key) ? file.value(key).toByteArray().toStdString() : fallback;
}

std::vector<std::string> readList(QSettings& file, const QString& name) {
    std::vector<std::string> list;
    const int size = std::min(file.beginReadArray(name), static_cast<int>(kMostRecent));
    for (int i = 0; i < size; ++i) {
        file.setArrayIndex(i);
        list.push_back(file.value("target").toByteArray().toStdString());
    }
    file.endArray();
    std::erase(list, std::string());
    return list;
}

void writeList(QSettings& file, const QString& name, const std::vector<std::string>& list) {
    file.remove(name);
    file.beginWriteArray(name, static_cast<int>(list.size()));
    for (std::size_t i = 0; i < list.size(); ++i) {
        file.setArrayIndex(static_cast<int>(i));
        file.setValue("target", QByteArray::fromStdString(list[i]));
    }
    file.endArray();
}

std::vector<MeasuredSpeed> readSpeeds(QSettings& file) {
    constexpr Range<double> kPossible{0, 1e6};
    std::vector<MeasuredSpeed> speeds;
    const int size = file.beginReadArray("speeds");
    for (int i = size - 1; i >= 0; --i) {  // the newest is remembered last
        file.setArrayIndex(i);
        const MeasuredSpeed speed{.model = readBytes(file, "model", {}),
                                  .device = readBytes(file, "device", {}),
                                  .ms = readDouble(file, "ms", 0, kPossible)};
        if (!speed.model.empty() && speed.ms > 0) remember(speeds, speed);
    }
    file.endArray();
    return speeds;
}

void writeSpeeds(QSettings& file, const std::vector<MeasuredSpeed>& speeds) {
    file.remove("speeds");
    file.beginWriteArray("speeds", static_cast<int>(speeds.size()));
    for (std::size_t i = 0; i < speeds.size(); ++i) {
        file.setArrayIndex(static_cast<int>(i));
        file.setValue("model", QByteArray::fromStdString(speeds[i].model));
        file.setValue("device", QByteArray::fromStdString(speeds[i].device));
        file.setValue("ms", speeds[i].ms);
    }
    file.endArray();
}

Settings readSettings(QSettings& file) {
    Settings s;
    s.source = readBytes(file, "source/last", s.source);
    s.recent_sources = readList(file, "recent_sources");
    s.model = readBytes(file, "network/model", s.model);
    s.recent_models = readList(file, "recent_models");
    s.servers = readList(file, "servers");
    s.speeds = readSpeeds(file);
    s.device = readBytes(file, "network/device", s.device);
    Look& look = s.look;
    look.views = readEnum(file, "network/views", look.views, Views::kDense);
    look.scale_count = readInt(file, "network/scale_count", look.scale_count, Look::kScaleCount);
    look.smallest_side_windows = readDouble(file, "network/smallest_side_windows",
                                            look.smallest_side_windows, Look::kSideWindows);
    look.largest_side_windows = readDouble(file, "network/largest_side_windows",
                                           look.largest_side_windows, Look::kSideWindows);
    look.fine_steps = readInt(file, "network/fine_steps", look.fine_steps, Look::kFineSteps);
    look.flip = file.value("network/flip", look.flip).toBool();
    s.least_fps = readDouble(file, "network/least_fps", s.least_fps, kLeastFps);
    DetectionOptions& detection = *look.detection;
    using Limits = DetectionOptions;
    detection.merge = readEnum(file, "detection/merge", detection.merge, Merge::kSoftNms);
    detection.window_threshold = readDouble(file, "detection/window_threshold",
                                            detection.window_threshold, Limits::kWindowThreshold);
    detection.match_threshold = readDouble(file, "detection/match_threshold",
                                           detection.match_threshold, Limits::kMatchThreshold);
    detection.nms_overlap =
        readDouble(file, "detection/nms_overlap", detection.nms_overlap, Limits::kNmsOverlap);
    detection.score_threshold = readDouble(file, "detection/score_threshold",
                                           detection.score_threshold, Limits::kScoreThreshold);
    detection.min_votes =
        readInt(file, "detection/min_votes", detection.min_votes, Limits::kMinVotes);
    detection.steady = file.value("detection/steady", detection.steady).toBool();
    look = withinLimits(look);  // the two sides belong together
    auto& window = s.window;
    window.theme = readEnum(file, "window/theme", window.theme, ui::ThemeMode::kDark);
    window.smooth = file.value("window/smooth", window.smooth).toBool();
    window.recording =
        readEnum(file, "window/recording", window.recording, ui::RecordingFormat::kMkv);
    window.panel_open = file.value("window/panel_open", window.panel_open).toBool();
    window.panel_page = readInt(file, "window/panel_page", window.panel_page, Range<int>{0, 16});
    window.geometry = file.value("window/geometry").toByteArray();
    window.boxes.objects = file.value("boxes/objects", window.boxes.objects).toBool();
    window.boxes.raw_boxes = file.value("boxes/raw_boxes", window.boxes.raw_boxes).toBool();
    window.boxes.groups = file.value("boxes/groups", window.boxes.groups).toBool();
    window.boxes.window_grid = file.value("boxes/window_grid", window.boxes.window_grid).toBool();
    auto& map = window.heat_map;
    map.visible = file.value("heat_map/visible", map.visible).toBool();
    map.opacity = readDouble(file, "heat_map/opacity", map.opacity, Range<double>{0, 1});
    map.full_range = file.value("heat_map/full_range", map.full_range).toBool();
    map.average_scales = file.value("heat_map/average_scales", map.average_scales).toBool();
    map.show_analysed_frame =
        file.value("heat_map/show_analysed_frame", map.show_analysed_frame).toBool();
    return s;
}

// A value that is the program's own is not remembered as somebody's choice.
template <class T>
void writeChoice(QSettings& file, const QString& key, const T& value, const T& own) {
    if (value == own) {
        file.remove(key);
    } else if constexpr (std::is_enum_v<T>) {
        file.setValue(key, static_cast<int>(value));
    } else {
        file.setValue(key, value);
    }
}

void writeSettings(QSettings& file, const Settings& s) {
    file.setValue("format", SettingsFile::kFormat);
    file.setValue("source/last", QByteArray::fromStdString(s.source));
    writeList(file, "recent_sources", s.recent_sources);
    file.setValue("network/model", QByteArray::fromStdString(s.model));
    writeList(file, "recent_models", s.recent_models);
    writeList(file, "servers", s.servers);
    writeSpeeds(file, s.speeds);
    file.setValue("network/device", QByteArray::fromStdString(s.device));
    const Settings own;
    const auto choice = [&file](const char* key, const auto& value, const auto& own_value) {
        writeChoice(file, key, value, own_value);
    };
    const Look& look = s.look;
    choice("network/views", look.views, own.look.views);
    choice("network/scale_count", look.scale_count, own.look.scale_count);
    choice("network/smallest_side_windows", look.smallest_side_windows,
           own.look.smallest_side_windows);
    choice("network/largest_side_windows", look.largest_side_windows,
           own.look.largest_side_windows);
    choice("network/fine_steps", look.fine_steps, own.look.fine_steps);
    choice("network/flip", look.flip, own.look.flip);
    choice("network/least_fps", s.least_fps, own.least_fps);
    const DetectionOptions own_detection;
    const DetectionOptions detection = look.detection.value_or(own_detection);
    choice("detection/merge", detection.merge, own_detection.merge);
    choice("detection/window_threshold", detection.window_threshold,
           own_detection.window_threshold);
    choice("detection/match_threshold", detection.match_threshold, own_detection.match_threshold);
    choice("detection/nms_overlap", detection.nms_overlap, own_detection.nms_overlap);
    choice("detection/score_threshold", detection.score_threshold, own_detection.score_threshold);
    choice("detection/min_votes", detection.min_votes, own_detection.min_votes);
    choice("detection/steady", detection.steady, own_detection.steady);
    file.setValue("window/theme", static_cast<int>(s.window.theme));
    file.setValue("window/smooth", s.window.smooth);
    file.setValue("window/recording", static_cast<int>(s.window.recording));
    file.setValue("window/panel_open", s.window.panel_open);
    file.setValue("window/panel_page", s.window.panel_page);
    file.setValue("window/geometry", s.window.geometry);
    file.setValue("boxes/objects", s.window.boxes.objects);
    file.setValue("boxes/raw_boxes", s.window.boxes.raw_boxes);
    file.setValue("boxes/window_grid", s.window.boxes.window_grid);
    file.setValue("boxes/groups", s.window.boxes.groups);
    file.setValue("heat_map/visible", s.window.heat_map.visible);
    file.setValue("heat_map/opacity", s.window.heat_map.opacity);
    file.setValue("heat_map/full_range", s.window.heat_map.full_range);
    file.setValue("heat_map/average_scales", s.window.heat_map.average_scales);
    file.setValue("heat_map/show_analysed_frame", s.window.heat_map.show_analysed_frame);
}

}  // namespace

void remember(std::vector<std::string>& recent, const std::string& entry) {
    std::erase(recent, entry);
    recent.insert(recent.begin(), entry);
    if (recent.size() > kMostRecent) recent.resize(kMostRecent);
}

SettingsFile::SettingsFile(const std::optional<std::filesystem::path>& folder) {
    if (folder) file_ = QFile::decodeName((*folder / kFileName).c_str());
}

SettingsFile::Loaded SettingsFile::load() {
    if (file_.isEmpty()) {
        writable_ = false;
        return {{}, "There is no home folder (HOME is not set), so settings are not remembered."};
    }
    if (!QFileInfo::exists(file_)) return {};
    QFile bytes(file_);
    if (!bytes.open(QIODevice::ReadOnly)) {
        writable_ = false;
        return {{},
                "The settings in " + shownPath(file_) +
                    " cannot be read, so nothing is remembered: check the file's permissions."};
    }
    const bool readable = bytes.size() <= kLargestFile && looksLikeSettings(bytes.readAll());
    bytes.close();
    if (!readable) return {{}, keepAside()};

    QSettings file(file_, QSettings::IniFormat);
    bool has_format = false;
    const int format = file.value("format").toInt(&has_format);
    if (file.status() != QSettings::NoError || !has_format || format < 1) return {{}, keepAside()};
    if (format > kFormat) {
        writable_ = false;
        return {readSettings(file),
                "The settings in " + shownPath(file_) +
                    " are of a newer version of this program; they are left as they are, and "
                    "changes are not remembered."};
    }
    return {readSettings(file), {}};
}

QString SettingsFile::save(const Settings& settings) const {
    if (!writable_) return {};
    QString failure = "The settings could not be saved in " + shownPath(file_) +
                      ": check that the folder can be written to and the disk is not full.";
    if (!QDir().mkpath(QFileInfo(file_).path())) return failure;
    QSettings file(file_, QSettings::IniFormat);
    file.setAtomicSyncRequired(true);
    writeSettings(file, settings);
    file.sync();
    return file.status() == QSettings::NoError ? QString() : failure;
}

QString SettingsFile::keepAside() {
    const QString time = QDateTime::currentDateTime().toString("yyyyMMdd-HHmmss");
    QString aside = file_ + ".corrupt-" + time;
    for (int i = 2; QFileInfo::exists(aside); ++i) {
        aside = file_ + ".corrupt-" + time + "-" + QString::number(i);
    }
    if (QFile::rename(file_, aside)) {
        return "The settings file was damaged and has been kept as " + shownPath(aside) +
               "; the program starts with its defaults.";
    }
    writable_ = false;  // what cannot be moved aside must not be overwritten either
    return "The settings file " + shownPath(file_) +
           " is damaged and could not be moved aside: remove it, or nothing will be remembered.";
}

}  // namespace overfeat::app
