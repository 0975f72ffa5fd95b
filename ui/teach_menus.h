// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>
#include <functional>
#include <vector>

#include "engine/core/geometry.h"
#include "engine/core/image.h"
#include "ui/teach_models.h"

class QMenu;
class QWidget;

// The context menus of teaching. Each is made when it is wanted and shown; it deletes itself.
namespace overfeat::ui {

class TaughtClassRow;
class TeachRequests;

// Names may hold "&", which menus would take for a key.
QString menuText(const QString& name);
// One line for each class, or, where they are too many for a menu, one that asks for the name.
void addClassChoice(QMenu& menu, const QString& text, const TeachView& teach,
                    const QString& without_id,
                    const std::function<void(const QString& class_id)>& chosen);
// "mug 2", or the next number that no class is called by.
QString nextFreeName(const TeachView& teach, const QString& name);

struct CaptureMenu {
    QString class_id;
    QStringList capture_ids;
};
void fillCaptureMenu(QMenu& menu, const TeachView& teach, const CaptureMenu& what,
                     TeachRequests& requests);
void fillColourMenu(QMenu& menu, const TaughtClassView& of, TeachRequests& requests);

// Something seen in the picture: an object's box or the one drawn.
struct SeenBox {
    FramePtr frame;
    RectPx box;
    QString class_id;  // of the taught class it was called by; empty = none
    QString name;      // what it was called; empty = nothing
};
struct SeenBoxActions {
    std::function<void()> teach_as;
    std::function<void(const QString& class_id)> rename;
    std::function<void()> remove;  // none = it cannot be
};
void fillSeenMenu(QMenu& menu, const TeachView& teach, const SeenBox& seen,
                  const SeenBoxActions& actions, TeachRequests& requests);

}  // namespace overfeat::ui
