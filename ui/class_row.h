// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QStyledItemDelegate>

namespace overfeat::ui {

// What a model of classes provides for each row, beside Qt::DisplayRole (the label).
enum ClassRole {
    kClassColourRole = Qt::UserRole + 1,  // QColor
    kScoreRole,                           // float 0..1
    kHistoryRole,                         // QList<float>, oldest first; only of tall rows
    kChosenRole,                          // bool: the class whose heat map was asked for
    kUnsureRole,                          // bool: a guess; drawn paler
};

// Paints a class with its colour, label, score and bar; tall rows have a history as well.
class ClassRowDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    enum class Height { kTall, kCompact };
    explicit ClassRowDelegate(Height height, QObject* parent);

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    Height height_;
};

}  // namespace overfeat::ui
