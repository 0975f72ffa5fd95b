// SPDX-License-Identifier: Apache-2.0
#include "ui/taught_captures.h"

#include <QAbstractListModel>
#include <QContextMenuEvent>
#include <QItemSelectionModel>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <QSet>
#include <QStyledItemDelegate>
#include <algorithm>

#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {

class CaptureModel : public QAbstractListModel {
public:
    using QAbstractListModel::QAbstractListModel;

    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : static_cast<int>(captures_.size());
    }
    const TaughtCaptureView& at(int row) const { return captures_[static_cast<std::size_t>(row)]; }

    QVariant data(const QModelIndex& index, int role) const override {
        if (!index.isValid() || index.row() >= rowCount()) return {};
        const TaughtCaptureView& capture = at(index.row());
        QStringList says;
        if (!capture.source.isEmpty()) says << capture.source;
        if (capture.disagrees) says << TaughtCaptures::tr("does not fit the other captures");
        if (!capture.hint.isEmpty()) says << capture.hint;
        switch (role) {
            case Qt::AccessibleTextRole:
                says.prepend(TaughtCaptures::tr("Capture %1").arg(index.row() + 1));
                return says.join(QStringLiteral(", "));
            case Qt::ToolTipRole:
                return says.isEmpty()
                           ? QVariant()
                           : QStringLiteral("<qt>%1</qt>")
                                 .arg(says.join(QLatin1Char('\n'))
                                          .toHtmlEscaped()
                                          .replace(QLatin1Char('\n'), QStringLiteral("<br>")));
            default:
                return {};
        }
    }

    // True if they are others than before, not only changed.
    bool set(const std::vector<TaughtCaptureView>& captures) {
        const bool same = std::ranges::equal(captures, captures_, {}, &TaughtCaptureView::id,
                                             &TaughtCaptureView::id);
        if (!same) beginResetModel();
        captures_ = captures;
        if (!same) {
            endResetModel();
        } else if (!captures_.empty()) {
            emit dataChanged(index(0), index(rowCount() - 1));
        }
        return !same;
    }

private:
    std::vector<TaughtCaptureView> captures_;
};

namespace {

class CaptureDelegate : public QStyledItemDelegate {
public:
    CaptureDelegate(const CaptureModel& model, QObject* parent)
        : QStyledItemDelegate(parent), model_(model) {}

    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override {
        return {TaughtCaptures::kCell, TaughtCaptures::kCell};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        const TaughtCaptureView& capture = model_.at(index.row());
        const Colours& c = colours(option.palette);
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setRenderHint(QPainter::SmoothPixmapTransform);
        const QRectF place = QRectF(option.rect).adjusted(3, 3, -3, -3);
        QPainterPath shape;
        shape.addRoundedRect(place, 4, 4);
        painter->fillPath(shape, c.picture_background);
        if (!capture.thumbnail.isNull()) {
            painter->setClipPath(shape);
            const QSizeF size =
                QSizeF(capture.thumbnail.size()).scaled(place.size(), Qt::KeepAspectRatio);
            QRectF target(QPointF(), size);
            target.moveCenter(place.center());
            painter->drawImage(target, capture.thumbnail);
            painter->setClipping(false);
        }
        const bool selected = option.state & QStyle::State_Selected;
        const bool hovered = option.state & QStyle::State_MouseOver;
        painter->setBrush(Qt::NoBrush);
        if (selected || hovered) {
            painter->setPen(QPen(c.accent, selected ? 3 : 1));
            painter->drawRoundedRect(place, 4, 4);
        }
        if (option.state & QStyle::State_HasFocus) {
            painter->setPen(QPen(c.accent, 1, Qt::DotLine));
            painter->drawRoundedRect(place.adjusted(-2, -2, 2, 2), 5, 5);
        }
        if (capture.disagrees || !capture.hint.isEmpty()) {
            QRectF mark(0, 0, 17, 17);
            mark.moveTopRight(place.topRight() + QPointF(2, -2));
            painter->setPen(QPen(c.surface, 1.5));
            painter->setBrush(capture.disagrees ? c.error : c.warning);
            painter->drawEllipse(mark);
            painter->setPen(c.surface);
            painter->setFont(themeFont(TextSize::kSmall, true));
            painter->drawText(mark, Qt::AlignCenter,
                              capture.disagrees ? QStringLiteral("!") : QStringLiteral("?"));
        }
        painter->restore();
    }

private:
    const CaptureModel& model_;
};

}  // namespace

TaughtCaptures::TaughtCaptures(QWidget* parent) : QListView(parent) {
    model_ = new CaptureModel(this);
    setModel(model_);
    setItemDelegate(new CaptureDelegate(*model_, this));
    makePlainList(*this);
    setViewMode(QListView::IconMode);
    setMovement(QListView::Static);
    setGridSize({kCell, kCell});
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setSelectionRectVisible(true);
    setTabKeyNavigation(false);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setAccessibleName(tr("Captures"));
    fitHeight();
}

TaughtCaptures::~TaughtCaptures() = default;

void TaughtCaptures::setCaptures(const std::vector<TaughtCaptureView>& captures) {
    const QStringList ids = selectedIds();
    const QSet<QString> selected(ids.begin(), ids.end());
    if (!model_->set(captures)) return;
    QItemSelection kept;
    for (int row = 0; !selected.isEmpty() && row < model_->rowCount(); ++row) {
        if (selected.contains(model_->at(row).id))
            kept.select(model_->index(row), model_->index(row));
    }
    selectionModel()->select(kept, QItemSelectionModel::ClearAndSelect);
    fitHeight();
}

QStringList TaughtCaptures::selectedIds() const {
    QStringList ids;
    for (const QModelIndex& index : selectionModel()->selectedIndexes())
        ids << model_->at(index.row()).id;
    return ids;
}

void TaughtCaptures::fitHeight() {
    const int columns = std::max(1, viewport()->width() / kCell);
    const int rows = std::max(1, (model_->rowCount() + columns - 1) / columns);
    setVerticalScrollBarPolicy(rows > kRows ? Qt::ScrollBarAlwaysOn : Qt::ScrollBarAlwaysOff);
    setFixedHeight(std::min(rows, kRows) * kCell + (rows > kRows ? kCell / 3 : 2));
}

void TaughtCaptures::resizeEvent(QResizeEvent* event) {
    QListView::resizeEvent(event);
    if (event->size().width() != event->oldSize().width()) fitHeight();
}

void TaughtCaptures::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Delete) {
        if (const QStringList ids = selectedIds(); !ids.isEmpty()) emit deleteWanted(ids);
        return;
    }
    QListView::keyPressEvent(event);
}

void TaughtCaptures::contextMenuEvent(QContextMenuEvent* event) {
    QPoint at = event->globalPos();
    if (event->reason() == QContextMenuEvent::Keyboard) {
        at = viewport()->mapToGlobal(visualRect(currentIndex()).center());
    } else if (const QModelIndex under = indexAt(event->pos()); !under.isValid()) {
        return;
    } else if (!selectionModel()->isSelected(under)) {
        selectionModel()->setCurrentIndex(under, QItemSelectionModel::ClearAndSelect);
    }
    if (const QStringList ids = selectedIds(); !ids.isEmpty()) emit menuWanted(ids, at);
}

}  // namespace overfeat::ui
