// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QObject>
#include <QString>
#include <QStringList>
#include <QUrl>
#include <optional>

#include "engine/core/geometry.h"
#include "engine/core/image.h"

namespace overfeat::ui {

// Everything a person can want of the taught classes, from wherever in the window: page, picture,
// lists, keys. Nothing here changes what is shown: the answer to each is MainWindow::setTeach().
//
// A frame is the one that the person saw, a box lies in it and has an area.
class TeachRequests : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

signals:
    // A new class of that name from this one capture. The name is trimmed, not empty, and that of
    // no class in TeachView.
    void teachRequested(const QString& name, const overfeat::FramePtr& frame,
                        const overfeat::RectPx& box);
    // One more capture of a class. Comes about three times a second while a digit is held.
    void captureRequested(const QString& class_id, const overfeat::FramePtr& frame,
                          const overfeat::RectPx& box);
    // This is not one of that class; with an empty id, it is none of all taught classes.
    void negativeRequested(const QString& class_id, const overfeat::FramePtr& frame,
                           const overfeat::RectPx& box);

    // A box was drawn, moved or resized, by mouse or key by key; or there is none any more. A good
    // time to look at what is in it, see TeachView::box_hint.
    void boxSettled(const overfeat::FramePtr& frame, const std::optional<overfeat::RectPx>& box);

    void renameRequested(const QString& class_id, const QString& name);
    // Nothing = automatic again.
    void thresholdRequested(const QString& class_id, std::optional<double> threshold);
    void enabledRequested(const QString& class_id, bool enabled);
    void colourRequested(const QString& class_id, int colour);
    void mergeRequested(const QString& class_id, const QString& into_class_id);
    // Some captures become a class of their own, called so.
    void splitRequested(const QString& class_id, const QStringList& capture_ids,
                        const QString& new_name);
    void deleteClassRequested(const QString& class_id);
    void deleteCapturesRequested(const QString& class_id, const QStringList& capture_ids);
    void moveCapturesRequested(const QString& class_id, const QStringList& capture_ids,
                               const QString& to_class_id);
    // The captures of this class are looked at now, or no longer.
    void classOpened(const QString& class_id, bool open);

    void undoRequested();
    void redoRequested();
    void onlyTaughtRequested(bool only_taught);
    void importRequested(const QUrl& file);
    // No ids = all classes.
    void exportRequested(const QUrl& file, const QStringList& class_ids);
    // Pictures and folders of them were dropped. `name` is what stands in the name field: the class
    // they are of; empty = a folder's name is its class's.
    void examplesDropped(const QList<QUrl>& urls, const QString& name);
    // The picture should stand still, or go on. Only while the source runs.
    void freezeRequested(bool freeze);
};

}  // namespace overfeat::ui

Q_DECLARE_METATYPE(overfeat::RectPx)
Q_DECLARE_METATYPE(std::optional<double>)
