// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QColor>
#include <QImage>
#include <QRectF>
#include <QString>
#include <QStringList>
#include <optional>
#include <vector>

#include "engine/core/recognition.h"
#include "ui/picture_geometry.h"
#include "ui/probe.h"

class QPainter;

// What is written over the picture. Everything lies on its own dark plate, so that it can be read
// on any picture. Pure functions: the same drawing serves the screen and the snapshot.
namespace overfeat::ui {

// A score for people: "73 %", "0.4 %", "<0.1 %".
QString percentText(float score);
// A label as it came from the model; "class 17" if it has none.
QString labelText(const LabelSet* labels, std::size_t class_index);
// The colour of a class, everywhere: its own number if its label has one (taught classes keep
// theirs while others come and go), else by its index.
QColor labelColour(const LabelSet* labels, std::size_t class_index);

struct LegendText {
    QColor colour;
    QString label;
    float range = 1;
    float peak = 0;
    QString remark;  // "0.4 s old"; may be empty
    // Left, in the middle and right of the bar, of what is no score; empty = of a score.
    QStringList numbers{};
};
// At the picture's lower left corner: class, colour bar with numbers, remark.
void drawLegend(QPainter& painter, const QRectF& picture, const LegendText& legend);

// The outline of the probe's window; under labels and legends, which it would strike through.
void drawProbeWindow(QPainter& painter, const PictureGeometry& geometry,
                     const Recognition& recognition, const Probe& probe);
// A card beside that window: the class's score and where it is; the window's best classes too if it
// is pinned, and `seen`, what the network saw there, if there is one. The card stays inside `area`,
// which may be larger than the picture.
void drawProbe(QPainter& painter, const PictureGeometry& geometry, const QRectF& area,
               const Recognition& recognition, const Probe& probe,
               std::optional<std::size_t> class_index, const QImage& seen);
// The window of a picture as a network whose windows have that side sees it, one pixel each; 0 = as
// it is in the picture.
QImage windowSeen(const QImage& picture, const RectPx& window, int side_px);
// The same in words, for a screen reader.
QString probeText(const Recognition& recognition, const Probe& probe,
                  std::optional<std::size_t> class_index);

// A line of text on its plate beside a point, inside the area.
void drawNote(QPainter& painter, const QRectF& area, const QPointF& at, const QString& text);

// In the middle of the picture's upper edge; the detail below it in small type, if there is one.
void drawTitle(QPainter& painter, const QRectF& picture, const QString& title,
               const QString& detail);

// Darkens the picture and says why in its middle.
void drawStale(QPainter& painter, const QRectF& picture, const QString& title,
               const QString& sentence);

// What to do when there is no picture.
void drawEmpty(QPainter& painter, const QRectF& area, const QString& title,
               const QString& sentence);

}  // namespace overfeat::ui
