// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>
#include <cstddef>
#include <optional>
#include <vector>

#include "engine/core/recognition.h"

class QLabel;
class QToolButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace overfeat::ui {

// The objects found, and below them the ballot of the one that is open: the windows, scales and
// scores that made it. Rows are changed in place, so that keyboard and screen reader keep theirs.
class ObjectsList : public QWidget {
    Q_OBJECT
public:
    explicit ObjectsList(QWidget* parent = nullptr);

    // `detections` are those of `recognition`; null = nothing to show.
    void setObjects(const Recognition* recognition, const Detections* detections,
                    std::optional<std::size_t> current, std::optional<std::size_t> ballot);
    // Which side of a comparison they are of; empty = there is but one picture.
    void setSide(const QString& side);
    // Kinds of one thing are called by its name, with the kinds behind it.
    void setGroups(bool groups) { groups_ = groups; }
    // Why there are no objects; shown while the list is empty.
    void setReason(const QString& reason);

    int objectRows() const;
    int ballotRows() const;

signals:
    void objectLookedAt(std::optional<std::size_t> object);
    void ballotWanted(std::optional<std::size_t> object);
    // Its context menu, at a place of the screen.
    void objectMenuWanted(std::size_t object, const QPoint& at);
    // A line of the ballot: its window.
    void windowLookedAt(const overfeat::RawBox& raw);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void toggleBallot(QTreeWidgetItem* item);
    void showBallot(const Recognition* recognition, const Detections* detections,
                    std::optional<std::size_t> ballot);
    void lookAtWindow(QTreeWidgetItem* item);

    QLabel* title_ = nullptr;
    QTreeWidget* objects_ = nullptr;
    QLabel* reason_ = nullptr;
    QWidget* ballot_box_ = nullptr;
    QLabel* ballot_title_ = nullptr;
    QTreeWidget* ballot_ = nullptr;
    QLabel* alternatives_ = nullptr;
    QToolButton* close_ = nullptr;
    bool groups_ = true;
    std::optional<std::size_t> open_;
    std::vector<RawBox> ballot_boxes_;  // one for each of its lines
};

}  // namespace overfeat::ui
