// SPDX-License-Identifier: Apache-2.0
#include "ui/taught_list.h"

#include <QPointer>
#include <QVBoxLayout>
#include <algorithm>
#include <iterator>
#include <utility>

#include "ui/taught_class_row.h"
#include "ui/theme.h"

namespace overfeat::ui {

TaughtList::TaughtList(TeachRequests& requests, QWidget* parent)
    : QScrollArea(parent), requests_(requests) {
    auto* all = new QWidget(this);
    layout_ = new QVBoxLayout(all);
    layout_->setContentsMargins(0, 0, 0, 0);
    layout_->setSpacing(0);
    layout_->addStretch(1);
    setWidget(all);
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setFocusPolicy(Qt::NoFocus);  // its rows have it
    setAccessibleName(tr("Taught classes"));
}

TaughtClassRow* TaughtList::makeRow(const QString& class_id) {
    auto* row = new TaughtClassRow(
        requests_, [this](const QString& name, const QString& id) { return isNameTaken(name, id); },
        widget());
    connect(row, &TaughtClassRow::becameCurrent, this, [this, row] { setCurrent(row); });
    connect(row, &TaughtClassRow::neighbourWanted, this, [this, row](int by) {
        const auto at = std::ranges::find(rows_, row) - rows_.begin() + by;
        if (at < 0 || at >= std::ssize(rows_)) return;
        TaughtClassRow* next = rows_[static_cast<std::size_t>(at)];
        setCurrent(next);
        next->setFocus(Qt::OtherFocusReason);
    });
    connect(row, &TaughtClassRow::menuWanted, this,
            [this, class_id](const QPoint& at) { emit classMenuWanted(class_id, at); });
    connect(row, &TaughtClassRow::captureMenuWanted, this,
            [this, class_id](const QStringList& ids, const QPoint& at) {
                emit captureMenuWanted(class_id, ids, at);
            });
    connect(row, &TaughtClassRow::colourMenuWanted, this,
            [this, class_id](const QPoint& at) { emit colourMenuWanted(class_id, at); });
    return row;
}

void TaughtList::setTeach(const TeachView& teach) {
    std::vector<TaughtClassRow*> rows;
    QHash<QString, TaughtClassRow*> by_id;
    std::size_t place = 0;
    const bool current_had_focus =
        current_ && (current_->hasFocus() || current_->isAncestorOf(focusWidget()));
    const auto current_at = std::ranges::find(rows_, current_) - rows_.begin();
    for (const TaughtClassView& each : teach.classes) {
        if (each.id.isEmpty() || by_id.contains(each.id)) continue;
        TaughtClassRow* row = by_id_.take(each.id);
        const bool in_place = row && place < rows_.size() && rows_[place] == row;
        if (!row) row = makeRow(each.id);
        if (!in_place) layout_->insertWidget(static_cast<int>(place), row);
        ++place;
        row->setClass(each, static_cast<int>(place), teach.read_only);
        rows.push_back(row);
        by_id.insert(each.id, row);
    }
    if (by_id_.values().contains(current_)) current_ = nullptr;
    for (TaughtClassRow* gone : std::as_const(by_id_)) {
        gone->cancelRename();
        layout_->removeWidget(gone);
        gone->hide();
        gone->deleteLater();
    }
    rows_ = std::move(rows);
    by_id_ = std::move(by_id);
    if (!current_ && !rows_.empty()) {
        // The one that has taken the place of the one that went.
        const auto at = std::min<std::ptrdiff_t>(std::max<std::ptrdiff_t>(current_at, 0),
                                                 std::ssize(rows_) - 1);
        setCurrent(rows_[static_cast<std::size_t>(at)]);
        if (current_had_focus) current_->setFocus(Qt::OtherFocusReason);
    }
}

void TaughtList::setSimilarities(const std::vector<TaughtSimilarity>& similarities) {
    QHash<QString, const TaughtSimilarity*> known;
    known.reserve(static_cast<qsizetype>(similarities.size()));
    for (const TaughtSimilarity& each : similarities)
        known.insert(each.id, &each);
    for (TaughtClassRow* row : rows_) {
        if (const TaughtSimilarity* now = known.value(row->view().id)) {
            row->setSimilarity(now->similarity, now->accepted);
        } else {
            row->setSimilarity(std::nullopt, false);
        }
    }
}

void TaughtList::setCurrent(TaughtClassRow* row) {
    if (row == current_) return;
    if (current_) current_->setCurrent(false);
    current_ = row;
    if (!current_) return;
    current_->setCurrent(true);
    ensureWidgetVisible(current_, 0, spacing::kTight);
}

bool TaughtList::isNameTaken(const QString& name, const QString& class_id) const {
    return std::ranges::any_of(rows_, [&](const TaughtClassRow* row) {
        return row->view().id != class_id &&
               row->view().name.compare(name, Qt::CaseInsensitive) == 0;
    });
}

}  // namespace overfeat::ui
