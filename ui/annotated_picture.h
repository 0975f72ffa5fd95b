// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QImage>
#include <QString>
#include <memory>
#include <optional>

#include "engine/core/image.h"
#include "engine/core/recognition.h"
#include "ui/heat_map_overlay.h"
#include "ui/picture_geometry.h"
#include "ui/probe.h"
#include "ui/view_models.h"

class QPainter;

namespace overfeat::ui {

// The boxes over a picture, and which of them is looked at.
struct BoxesOverlay {
    std::shared_ptr<const Recognition> recognition;
    std::shared_ptr<const Detections> found;  // null = none
    BoxLayers layers;
    std::optional<std::size_t> current;  // the object looked at
    std::optional<std::size_t> ballot;   // the object whose windows are shown
    bool stale = false;                  // of an older picture
};
void drawBoxes(QPainter& painter, const PictureGeometry& geometry, const BoxesOverlay& boxes);

// A picture and what lies over it, taken at one moment: nothing in it changes, a copy is cheap, and
// it can be drawn on any thread. So what is recorded is drawn by who records.
struct AnnotatedPicture {
    FramePtr frame;
    // The rest means nothing without it.
    std::shared_ptr<const Recognition> recognition;
    BoxesOverlay boxes;
    std::optional<std::size_t> class_index;  // of heat map and probe
    bool heat_map = false;
    std::optional<std::size_t> channel;  // of the recognition's layer, instead of all that
    HeatMapOptions options;
    HeatMapOverlay overlay;  // where the screen has made it already
    QString age_remark;
    std::optional<Probe> probe;
    QImage probe_seen;  // what the network saw there; may be null

    // At the frame's own size; null without a frame.
    QImage drawn() const;
};

}  // namespace overfeat::ui
