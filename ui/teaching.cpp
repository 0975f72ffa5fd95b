// SPDX-License-Identifier: Apache-2.0
#include "ui/teaching.h"

#include <QMenu>
#include <utility>

#include "ui/live_marks.h"
#include "ui/live_view.h"
#include "ui/teach_menus.h"
#include "ui/teach_page.h"
#include "ui/teach_requests.h"

namespace overfeat::ui {
namespace {

// A held key: often enough to see an object from all sides, seldom enough that captures differ.
constexpr qint64 kBetweenCaptures_ms = 300;

}  // namespace

Teaching::Teaching(LiveView& view, TeachPage& page, TeachRequests& requests, QObject* parent)
    : QObject(parent), view_(view), page_(page), requests_(requests) {
    connect(&page_, &TeachPage::nameEntered, this, &Teaching::teach);
    connect(&page_, &TeachPage::captureWanted, this, [this](const QString& id) { capture(id); });
    connect(&page_, &TeachPage::freezeToggled, this, &Teaching::toggleFreeze);
    connect(&view_, &LiveView::boxBegun, this, &Teaching::freezeForBox);
    connect(&view_, &LiveView::boxDrawn, this, [this] { askForName(); });
    connect(&view_, &LiveView::menuWanted, this,
            [this](std::optional<std::size_t> object, const QPoint& at) {
                if (object) {
                    showObjectMenu(view_, *object, at);
                } else {
                    showBoxMenu(at);
                }
            });
    connect(&view_, &LiveView::boxChanged, this, [this] {
        if (!view_.box().box()) thaw();
        showState();
        if (!view_.box().isHeld()) emit requests_.boxSettled(view_.shownFrame(), view_.box().box());
    });
    showState();
}

void Teaching::setPageSeen(bool seen) {
    page_is_seen_ = seen;
    view_.setTeaching(isOn());
    showState();
}

void Teaching::toggleDrawing() {
    if (page_is_seen_) {
        view_.setFocus(Qt::OtherFocusReason);  // for the arrow keys
        return;
    }
    drawing_ = !drawing_;
    view_.setTeaching(isOn());
    if (drawing_) view_.setFocus(Qt::OtherFocusReason);
}

void Teaching::setSourceStatus(const SourceStatusView& status) {
    const SourcePhase before = std::exchange(phase_, status.phase);
    if (before == SourcePhase::kPaused && phase_ == SourcePhase::kLive) letFrameGo();
    showState();
}

void Teaching::letFrameGo() {
    frozen_for_box_ = false;
    view_.letFrameGo();
    showState();
}

void Teaching::toggleFreeze() {
    if (!canFreeze()) return;
    const bool frozen = phase_ == SourcePhase::kPaused || view_.holdsFrame();
    if (frozen) letFrameGo();
    frozen_for_box_ = false;
    emit requests_.freezeRequested(!frozen);
}

void Teaching::freezeForBox() {
    const FramePtr& frame = view_.shownFrame();
    if (phase_ == SourcePhase::kLive && frame && !frame->still && !frozen_for_box_) {
        frozen_for_box_ = true;
        emit requests_.freezeRequested(true);
    }
    showState();
}

void Teaching::thaw() {
    if (std::exchange(frozen_for_box_, false)) emit requests_.freezeRequested(false);
}

bool Teaching::leave() {
    if (isOn() && view_.box().box()) {
        view_.removeBox();
        return true;
    }
    if (!drawing_) return false;
    drawing_ = false;
    view_.setTeaching(isOn());
    return true;
}

void Teaching::askForName(const QString& name) {
    emit pageWanted();
    drawing_ = false;
    view_.setTeaching(isOn());
    page_.focusName(name);
}

// What is taught was looked at; the next look is at something else.
void Teaching::finish() {
    view_.removeBox();
    thaw();
}

void Teaching::teach(const QString& name) {
    const auto box = view_.wantedBox();
    if (!box || !page_.problem().isEmpty()) return;
    const FramePtr frame = view_.shownFrame();
    if (const TaughtClassView* known = page_.classNamed(name)) {
        emit requests_.captureRequested(known->id, frame, *box);
    } else {
        emit requests_.teachRequested(name, frame, *box);
    }
    page_.clearName();
    finish();
    view_.setFocus(Qt::OtherFocusReason);  // for digits and arrows; a new box asks for a name again
}

bool Teaching::capture(const QString& class_id) {
    const auto box = view_.wantedBox();
    if (!box || !page_.problem().isEmpty()) return false;
    const FramePtr frame = view_.shownFrame();
    captured_for_ = class_id;
    captured_frame_ = frame;
    captured_box_ = box;
    since_capture_.start();
    emit requests_.captureRequested(class_id, frame, *box);
    if (frozen_for_box_) finish();
    return true;
}

void Teaching::captureForRow(std::size_t row) {
    const TaughtClassView* wanted = page_.classAt(row);
    if (!wanted) return;
    const bool again = captured_for_ == wanted->id && since_capture_.isValid();
    if (again && since_capture_.elapsed() < kBetweenCaptures_ms) return;
    // The very same once more says nothing.
    if (again && captured_frame_ == view_.shownFrame() && captured_box_ == view_.wantedBox()) {
        return;
    }
    capture(wanted->id);
}

bool Teaching::canFreeze() const {
    const FramePtr& frame = view_.shownFrame();
    return (phase_ == SourcePhase::kLive || phase_ == SourcePhase::kPaused) && frame &&
           !frame->still;
}

void Teaching::showState() {
    page_.setBox(view_.geometry().isEmpty() ? TeachableBox::kNoPicture
                 : view_.box().box()        ? TeachableBox::kDrawn
                                            : TeachableBox::kSuggested);
    page_.setFrozen(phase_ == SourcePhase::kPaused || view_.holdsFrame(), canFreeze());
}

void Teaching::showMenu(LiveView& view, const SeenBox& seen, const QPoint& at, bool removable) {
    auto* menu = new QMenu(&view);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    SeenBoxActions actions;
    actions.teach_as = [this, seen] {
        emit pageWanted();
        view_.setTeaching(true);
        view_.setBox(seen.box, seen.frame);
    };
    actions.rename = [this](const QString& class_id) {
        emit pageWanted();
        page_.renameClass(class_id);
    };
    if (removable) actions.remove = [this] { view_.removeBox(); };
    fillSeenMenu(*menu, page_.teach(), seen, actions, requests_);
    menu->popup(at);
}

void Teaching::showObjectMenu(LiveView& view, std::size_t object, const QPoint& at) {
    const Recognition* recognition = view.recognition();
    if (!recognition || object >= view.objects().count() || !view.recognisedFrame()) return;
    const Detection& found = view.objects().get()->objects[object];
    SeenBox seen{.frame = view.recognisedFrame(), .box = found.box, .class_id = {}, .name = {}};
    seen.name = labelText(recognition->labels.get(), found.class_index);
    if (recognition->labels && found.class_index < recognition->labels->size()) {
        const auto id = QString::fromStdString((*recognition->labels)[found.class_index].id);
        if (const TaughtClassView* taught = page_.classOf(id)) {
            seen.class_id = id;
            seen.name = taught->name;
        }
    }
    showMenu(view, seen, at, false);
}

void Teaching::showBoxMenu(const QPoint& at) {
    const auto box = view_.wantedBox();
    if (!box) return;
    showMenu(view_, {.frame = view_.shownFrame(), .box = *box, .class_id = {}, .name = {}}, at,
             view_.box().box().has_value());
}

}  // namespace overfeat::ui
