// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QMetaType>
#include <QString>
#include <QStringList>
#include <QtGlobal>
#include <cstddef>
#include <optional>
#include <vector>

#include "engine/core/geometry.h"
#include "engine/core/look.h"

// What the window is told, as plain values. The widgets know nothing about cameras, files, models
// or threads; whoever composes the program translates into these.
//
// All texts may come from untrusted files: they are only ever shown as plain text.
namespace overfeat::ui {

// One line of a chooser. `id` comes back in the signal when a person takes it.
struct Choice {
    QString id;
    QString label;   // "HD Pro Webcam C920"
    QString detail;  // "1280x720, MJPG"; may be empty
    // Why it cannot be taken now ("in use by another program"); empty if it can. Such a line stays
    // visible and disabled, because a camera that silently is not in the list cannot be helped.
    QString problem;
    bool operator==(const Choice&) const = default;
};

enum class SourcePhase { kNone, kOpening, kLive, kPaused, kStalled, kLost, kEnded, kFailed };

// What its pictures are: `kLive` ones of a camera or a live stream, a video's with times of their
// own, or such as rest, alone or in a folder. Before the first it may not be known.
enum class SourceForm { kUnknown, kLive, kVideo, kPictures };

struct SourceStatusView {
    SourcePhase phase = SourcePhase::kNone;
    SourceForm form = SourceForm::kUnknown;
    QString name;
    QString sentence;  // what is the matter and what to do; empty while live
    SizePx size;
    double fps = 0;
    double frame_age_s = 0;  // since the newest frame
    double retry_in_s = 0;
    quint64 damaged = 0;
    quint64 skipped_files = 0;
    qint64 position = -1;  // frame or file number, -1 = no such thing
    qint64 length = -1;
    QString item;        // of a folder: the file that is shown
    double time_s = -1;  // of the newest frame in its file, -1 = no such thing
    double duration_s = -1;
    bool can_seek = false;
    double speed = 1;
};

struct NetworkStatusView {
    double fps = 0;         // recognised frames per second
    double latency_ms = 0;  // capture to published result; the window adds the way to the screen
    quint64 dropped = 0;    // frames the network was too slow for
};

struct DeviceView {
    QString label;             // "CPU, oneDNN AVX2, 2 threads"
    QString reason;            // why this one: "no CUDA module beside the program"
    bool is_fallback = false;  // not what was asked for
};

enum class FidelityView { kExact, kApproximate, kClassificationOnly };

// A layer of a network, and what it cost when it was measured.
struct LayerView {
    // Of what it computes, as an id (layerId()); empty: a step of the program's that the file has
    // not.
    QString name;
    QString node;
    QString op;
    QString shape;   // of what it computes for one window: "40x28x28"
    double ms = -1;  // below 0: not measured
    QString implementation{};
    qint64 multiply_adds = 0;
};

struct ModelView {
    QString name;
    QString path;  // empty for the embedded model
    int window_px = 0;
    std::size_t class_count = 0;
    bool has_boxes = false;
    QString boxes_from;  // who proposes them, for people: "boxes from the evidence"
    FidelityView fidelity = FidelityView::kExact;
    QStringList fidelity_reasons;
    QStringList assumptions;  // what the file did not say, one sentence each
    QString card;             // model card, plain text
    int fine_steps_available = 0;
    QList<int> strides_px{};  // distances of its windows, as trained and on finer grids
    QStringList embedding{};  // the layers that lessons are compared in; none: it cannot be taught
    std::vector<LayerView> layers{};  // in the order they run
};

struct LayerTimingView {
    QString node;
    QString op;
    QString implementation;
    double ms = 0;
    qint64 multiply_adds = 0;
};

// What is drawn over the picture besides the heat map.
struct BoxLayers {
    bool objects = true;
    bool raw_boxes = false;  // before merging, thin, coloured by scale
    bool window_grid = false;
    bool groups = true;  // kinds of one thing are called by its name: "cat"
    bool operator==(const BoxLayers&) const = default;
};

// Two ways of looking at the same frozen frame, side by side.
enum class ComparisonChoice { kNone, kMerge, kStride };

// The session holds a frame rate by leaving out scales and finer grids.
struct BudgetView {
    double floor_fps = 0;  // 0 = no floor
    int dropped_scales = 0;
    int dropped_fine_steps = 0;
    bool operator==(const BudgetView&) const = default;
};

enum class RecordingFormat { kMp4, kMkv };

struct RecordingView {
    bool on = false;
    double seconds = 0;  // since it began
    qint64 bytes = 0;    // in the file
};

enum class MessageLevel { kInfo, kWarning, kError };

struct MessageAction {
    QString id;     // comes back in messageActionTriggered()
    QString label;  // "Try again"
    bool operator==(const MessageAction&) const = default;
};

// One sentence above the picture, with what can be done about it.
struct MessageView {
    MessageLevel level = MessageLevel::kInfo;
    QString sentence;
    QList<MessageAction> actions;
    int seconds = 0;  // goes away by itself after so long; 0 = stays until closed or replaced
    // What it is about: a newer one about the same takes its place, others are shown beside it.
    QString subject;
};

enum class ThemeMode { kSystem, kLight, kDark };

// Which maps of the pyramid the overlay shows.
struct HeatMapOptions {
    bool visible = true;
    double opacity = 0.65;       // 0..1
    std::optional<int> scale;    // index into Recognition::scales; nothing = all combined
    bool average_scales = true;  // all combined: ScaleMix::kFinerMore, otherwise kHighest
    bool full_range = false;     // colours span 0..1; otherwise 0..a round number above the peak
    bool show_analysed_frame = false;  // the picture waits for the network: overlay fits exactly
    bool operator==(const HeatMapOptions&) const = default;
};

// What is remembered between runs; the program writes it to its settings file.
struct WindowPreferences {
    ThemeMode theme = ThemeMode::kSystem;
    HeatMapOptions heat_map;
    BoxLayers boxes;
    bool smooth = true;  // top-5 steadied over time
    RecordingFormat recording = RecordingFormat::kMp4;
    bool panel_open = true;
    int panel_page = 0;
    QByteArray geometry;  // QWidget::saveGeometry, may be empty
};

}  // namespace overfeat::ui

Q_DECLARE_METATYPE(overfeat::Look)
Q_DECLARE_METATYPE(overfeat::DetectionOptions)
Q_DECLARE_METATYPE(overfeat::ui::HeatMapOptions)
Q_DECLARE_METATYPE(overfeat::ui::ComparisonChoice)
