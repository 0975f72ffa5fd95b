// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QPointF>
#include <Qt>
#include <optional>

#include "engine/core/geometry.h"
#include "ui/picture_geometry.h"

class QPainter;

namespace overfeat::ui {

// A box that a person draws in the picture, moves and resizes, and the box suggested instead. Knows
// frame coordinates only; the widget hands in where the picture lies. A box stays inside the frame
// and has at least kLeastSide_px.
class BoxEditor {
public:
    static constexpr double kLeastSide_px = 8;

    // Nothing while none has been drawn.
    const std::optional<RectPx>& box() const { return box_; }
    void setBox(std::optional<RectPx> box, SizePx frame);
    void clear();
    // From outside; without one it is half of the frame, in its middle.
    void setSuggestion(std::optional<RectPx> suggestion) { suggestion_ = suggestion; }
    RectPx suggestion(SizePx frame) const;

    // Of the mouse, in widget coordinates. True where the box is another one now.
    void press(const QPointF& point, const PictureGeometry& geometry);
    bool drag(const QPointF& point, const PictureGeometry& geometry, SizePx frame);
    enum class Ended { kClick, kChange, kNothing };
    Ended release();
    bool isHeld() const { return held_; }
    // While held: it is the box that was there, not a new one.
    bool holdsBox() const { return grip_.has_value(); }
    const QPointF& pressedAt() const { return pressed_at_; }
    // A press here would move or resize the box.
    bool holdsAt(const QPointF& point, const PictureGeometry& geometry) const;
    bool isOverSuggestion(const QPointF& point, const PictureGeometry& geometry,
                          SizePx frame) const;
    Qt::CursorShape cursorAt(const QPointF& point, const PictureGeometry& geometry,
                             SizePx frame) const;

    // An arrow key: moves the box by `step_px`, or its lower right corner. Takes the suggestion
    // first if there is no box.
    void nudge(Qt::Key arrow, bool resize, double step_px, SizePx frame);

    // The box with its handles over the dimmed rest, or the dashed suggestion.
    void draw(QPainter& painter, const PictureGeometry& geometry, SizePx frame) const;

private:
    // Which sides follow the mouse: -1 left or top, 1 right or bottom, 0 neither.
    struct Grip {
        int x = 0;
        int y = 0;
        bool operator==(const Grip&) const = default;
    };
    std::optional<Grip> gripAt(const QPointF& point, const PictureGeometry& geometry) const;
    RectPx draggedTo(PointPx point, SizePx frame) const;

    std::optional<RectPx> box_;
    std::optional<RectPx> suggestion_;
    bool held_ = false;
    bool dragged_ = false;
    QPointF pressed_at_;
    PointPx pressed_px_;
    std::optional<Grip> grip_;          // nothing = a new box is drawn
    std::optional<RectPx> box_before_;  // when the mouse was pressed
};

}  // namespace overfeat::ui
