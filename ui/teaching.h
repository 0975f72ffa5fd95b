// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <optional>

#include "engine/core/image.h"
#include "ui/teach_models.h"
#include "ui/view_models.h"

namespace overfeat::ui {

class LiveView;
class TeachPage;
class TeachRequests;
struct SeenBox;

// Teaching by hand: brings picture and page together. It is on while the page is seen, or until one
// box has been drawn after toggleDrawing().
//
// Drawing freezes a picture that moves, and what is taught from it lets it go on; a picture that a
// person froze stays frozen.
class Teaching : public QObject {
    Q_OBJECT
public:
    Teaching(LiveView& view, TeachPage& page, TeachRequests& requests, QObject* parent);

    bool isOn() const { return page_is_seen_ || drawing_; }
    void setPageSeen(bool seen);
    void toggleDrawing();
    void setSourceStatus(const SourceStatusView& status);
    // A person goes to another frame: the box stays, the frame it was drawn on goes.
    void letFrameGo();
    void toggleFreeze();
    // Takes back the box, or the mode; false if there was neither.
    bool leave();
    // Opens the page with the keyboard in the name field.
    void askForName(const QString& name = {});
    // The box to the class in that row, from 0. Repeated by a held key it keeps a pace.
    void captureForRow(std::size_t row);
    void showObjectMenu(LiveView& view, std::size_t object, const QPoint& at);
    void pictureChanged() { showState(); }

signals:
    void pageWanted();

private:
    void teach(const QString& name);
    bool capture(const QString& class_id);
    void finish();
    void freezeForBox();
    void thaw();
    bool canFreeze() const;
    void showState();
    void showBoxMenu(const QPoint& at);
    void showMenu(LiveView& view, const SeenBox& seen, const QPoint& at, bool removable);

    LiveView& view_;
    TeachPage& page_;
    TeachRequests& requests_;
    bool page_is_seen_ = false;
    bool drawing_ = false;
    bool frozen_for_box_ = false;
    SourcePhase phase_ = SourcePhase::kNone;

    QElapsedTimer since_capture_;
    QString captured_for_;
    FramePtr captured_frame_;
    std::optional<RectPx> captured_box_;
};

}  // namespace overfeat::ui
