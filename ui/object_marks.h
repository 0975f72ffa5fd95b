// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QColor>
#include <QRectF>
#include <QString>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/core/recognition.h"
#include "ui/picture_geometry.h"

class QPainter;

// Objects, raw boxes, ballots and windows over the picture. Pure functions, as live_marks.h.
namespace overfeat::ui {

// The colour of a scale: bright, far apart, the same on the picture, in legends and in ballots.
QColor scaleColour(std::size_t scale);

// "10.4"; an accumulated confidence has no upper end.
QString confidenceText(float confidence);
// "beer bottle, 87 %, confidence 10.4, 23 votes", or "a moment ago" for the votes.
QString objectText(const LabelSet* labels, const Detection& object, bool groups = false);

// A score says how often such an object is right: below a half it is more often wrong.
bool isUnsure(const Detection& object);
// "banana"; "banana?" where that is not sure. `groups`: "cat" where its best classes are kinds of
// it.
QString nameText(const LabelSet* labels, const Detection& object, bool groups = false);
// The same, and below a group its best kind: "cat: tabby".
QString listedText(const LabelSet* labels, const Detection& object, bool groups);
// The other classes found at its place, each once, the best first: "lemon 24 %, orange 21 %".
QString alternativesText(const LabelSet* labels, const Detection& object);

// The best raw boxes, each as the thinnest line in its scale's colour: more of them than this, or
// thicker lines, hide the picture and each other.
inline constexpr std::size_t kRawBoxesDrawn = 300;
std::vector<std::uint32_t> drawnRawBoxes(const Detections& detections);
void drawRawBoxes(QPainter& painter, const PictureGeometry& geometry, const Detections& detections);
// Where the windows are centred, and one window of each scale for its size.
void drawWindowGrid(QPainter& painter, const PictureGeometry& geometry,
                    const Recognition& recognition);
// Boxes with label, score, confidence and votes. Dashed are those of a moment ago; `stale`: all,
// they are of an older picture. All but `emphasised` step back while there is one.
void drawObjects(QPainter& painter, const PictureGeometry& geometry, const Detections& detections,
                 const LabelSet* labels, std::optional<std::size_t> emphasised, bool stale,
                 bool groups);
// The raw boxes that voted for an object, the best kRawBoxesDrawn.
void drawVoters(QPainter& painter, const PictureGeometry& geometry, const Detections& detections,
                const Detection& object);
// The centres of the windows that voted, sized by score, coloured by scale.
void drawBallotDots(QPainter& painter, const PictureGeometry& geometry,
                    const Recognition& recognition, const Detections& detections,
                    const Detection& object);
// At the upper right corner: which colour is which scale; below it the remark, if there is one.
void drawScaleLegend(QPainter& painter, const QRectF& picture, const Recognition& recognition,
                     const QString& remark);

}  // namespace overfeat::ui
