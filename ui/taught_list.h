// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QScrollArea>
#include <vector>

#include "ui/teach_models.h"

class QVBoxLayout;

namespace overfeat::ui {

class TaughtClassRow;
class TeachRequests;

// All taught classes, one below the other in the order given. Rows stay with their class: keyboard,
// screen reader, an open name and unfolded captures keep their place when others come and go.
class TaughtList : public QScrollArea {
    Q_OBJECT
public:
    explicit TaughtList(TeachRequests& requests, QWidget* parent = nullptr);

    void setTeach(const TeachView& teach);
    // Of the classes named; all others have none.
    void setSimilarities(const std::vector<TaughtSimilarity>& similarities);
    TaughtClassRow* row(const QString& class_id) const { return by_id_.value(class_id); }
    const std::vector<TaughtClassRow*>& rows() const { return rows_; }
    // Scrolls there; the keyboard goes along if it is in the list.
    void setCurrent(TaughtClassRow* row);
    bool isNameTaken(const QString& name, const QString& class_id) const;

signals:
    void classMenuWanted(const QString& class_id, const QPoint& at);
    void captureMenuWanted(const QString& class_id, const QStringList& ids, const QPoint& at);
    void colourMenuWanted(const QString& class_id, const QPoint& at);

private:
    TaughtClassRow* makeRow(const QString& class_id);

    TeachRequests& requests_;
    QVBoxLayout* layout_ = nullptr;
    std::vector<TaughtClassRow*> rows_;
    QHash<QString, TaughtClassRow*> by_id_;
    TaughtClassRow* current_ = nullptr;
};

}  // namespace overfeat::ui
