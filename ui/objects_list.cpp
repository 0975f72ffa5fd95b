// SPDX-License-Identifier: Apache-2.0
#include "ui/objects_list.h"

#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QPixmap>
#include <QSignalBlocker>
#include <QToolButton>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "ui/icons.h"
#include "ui/live_marks.h"
#include "ui/object_marks.h"
#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

// More lines of a ballot help nobody; the title says how many there are.
constexpr int kBallotRows = 200;
constexpr int kRow = 22;

QPixmap dot(const QColor& colour, double ratio, bool round) {
    QPixmap pixmap(QSize(10, 10) * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    const double radius = round ? 5 : 2.5;
    painter.drawRoundedRect(QRectF(0, 0, 10, 10), radius, radius);
    return pixmap;
}

QTreeWidget* makeTable(const QStringList& columns, const QString& name, int height,
                       QWidget* parent) {
    auto* table = new QTreeWidget(parent);
    table->setHeaderLabels(columns);
    table->setAccessibleName(name);
    table->setRootIsDecorated(false);
    table->setUniformRowHeights(true);
    table->setFrameShape(QFrame::NoFrame);
    table->setFont(themeFont(TextSize::kSmall));
    table->setFixedHeight(height);
    table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    table->setIndentation(0);
    table->setIconSize(QSize(10, 10));
    table->setTabKeyNavigation(false);
    table->header()->setStretchLastSection(false);
    table->header()->setSectionsMovable(false);
    table->header()->setSectionResizeMode(QHeaderView::Fixed);
    table->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    table->header()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
    table->headerItem()->setTextAlignment(0, Qt::AlignLeft | Qt::AlignVCenter);
    for (int column = 1; column < columns.size(); ++column) {
        table->header()->resizeSection(
            column, table->fontMetrics().horizontalAdvance(columns[column]) + 26);
    }
    return table;
}

// As many rows as there are things, without touching those that stay.
void setRows(QTreeWidget& table, int rows) {
    while (table.topLevelItemCount() > rows)
        delete table.takeTopLevelItem(table.topLevelItemCount() - 1);
    while (table.topLevelItemCount() < rows) {
        auto* item = new QTreeWidgetItem;
        for (int column = 1; column < table.columnCount(); ++column)
            item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
        item->setSizeHint(0, QSize(0, kRow));
        table.addTopLevelItem(item);
    }
}

}  // namespace

ObjectsList::ObjectsList(QWidget* parent) : QWidget(parent) {
    objects_ = makeTable({tr("Object"), tr("Score"), tr("Sum"), tr("Votes")}, tr("Objects found"),
                         22 + 5 * kRow, this);
    objects_->headerItem()->setToolTip(2, tr("The voters' scores added up: the confidence"));
    objects_->setToolTip(tr("Click an object, or press Return, to see which windows made it."));
    // The list keeps its place while it is empty, so that nothing below it moves on a video.
    reason_ = remark({}, objects_->viewport());
    auto* place = new QVBoxLayout(objects_->viewport());
    place->setContentsMargins(spacing::kSmall, spacing::kSmall, spacing::kSmall, spacing::kSmall);
    place->addWidget(reason_);
    place->addStretch();
    ballot_box_ = new QWidget(this);
    ballot_title_ = sectionTitle({}, ballot_box_);
    ballot_title_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    close_ = new QToolButton(ballot_box_);
    close_->setIcon(icon(Icon::kClose));
    close_->setIconSize(QSize(scaled(12), scaled(12)));
    close_->setFixedSize(scaled(22), scaled(22));
    close_->setAccessibleName(tr("Close the ballot"));
    close_->setToolTip(tr("Close the ballot (Escape)"));
    ballot_ = makeTable({tr("Window at"), tr("Window"), tr("Scale"), tr("Vote")}, tr("Ballot"),
                        22 + 7 * kRow, ballot_box_);
    ballot_->setToolTip(
        tr("Click a line to see its window, and what the network saw there. A window votes with "
           "its class's score, times how likely it shows an object where the model can tell."));
    auto* header = new QHBoxLayout;
    header->addWidget(ballot_title_, 1);
    header->addWidget(close_);
    auto* ballot_layout = new QVBoxLayout(ballot_box_);
    ballot_layout->setContentsMargins(0, spacing::kTight, 0, 0);
    ballot_layout->setSpacing(spacing::kTight);
    ballot_layout->addLayout(header);
    alternatives_ = remark({}, ballot_box_);
    ballot_layout->addWidget(alternatives_);
    ballot_layout->addWidget(ballot_);
    ballot_box_->hide();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(spacing::kTight);
    title_ = sectionTitle({}, this);
    setSide({});
    layout->addWidget(title_);
    layout->addWidget(objects_);
    layout->addWidget(ballot_box_);
    setReason(tr("No results yet."));

    connect(close_, &QToolButton::clicked, this, [this] { emit ballotWanted(std::nullopt); });
    connect(objects_, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) {
        if (item && objects_->hasFocus()) {
            emit objectLookedAt(static_cast<std::size_t>(objects_->indexOfTopLevelItem(item)));
        }
    });
    connect(objects_, &QTreeWidget::itemPressed, this, &ObjectsList::toggleBallot);
    objects_->installEventFilter(this);
    objects_->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(objects_, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        QTreeWidgetItem* under = objects_->itemAt(at);
        QTreeWidgetItem* item = under ? under : objects_->currentItem();
        if (!item) return;
        const QPoint there = under ? at : objects_->visualItemRect(item).center();
        emit objectMenuWanted(static_cast<std::size_t>(objects_->indexOfTopLevelItem(item)),
                              objects_->viewport()->mapToGlobal(there));
    });
    connect(ballot_, &QTreeWidget::itemPressed, this, &ObjectsList::lookAtWindow);
    connect(ballot_, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) {
        if (item && ballot_->hasFocus()) lookAtWindow(item);
    });
}

void ObjectsList::lookAtWindow(QTreeWidgetItem* item) {
    const auto row = static_cast<std::size_t>(ballot_->indexOfTopLevelItem(item));
    if (row >= ballot_boxes_.size()) return;
    emit windowLookedAt(ballot_boxes_[row]);
}

void ObjectsList::toggleBallot(QTreeWidgetItem* item) {
    if (QGuiApplication::mouseButtons() & Qt::RightButton) return;  // its menu is wanted
    const auto row = static_cast<std::size_t>(objects_->indexOfTopLevelItem(item));
    emit ballotWanted(open_ == row ? std::nullopt : std::optional(row));
}

// Return, like a press of the mouse. Not itemActivated(): on some desktops a single click is one.
bool ObjectsList::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if ((key == Qt::Key_Return || key == Qt::Key_Enter) && objects_->currentItem()) {
            toggleBallot(objects_->currentItem());
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

int ObjectsList::objectRows() const {
    return objects_->topLevelItemCount();
}

int ObjectsList::ballotRows() const {
    return ballot_box_->isHidden() ? 0 : ballot_->topLevelItemCount();
}

void ObjectsList::setSide(const QString& side) {
    title_->setText(side.isEmpty() ? tr("What it found, and where")
                                   : tr("What it found: %1").arg(side));
}

void ObjectsList::setReason(const QString& reason) {
    reason_->setText(reason);
    reason_->setVisible(!reason.isEmpty() && objectRows() == 0);
}

void ObjectsList::setObjects(const Recognition* recognition, const Detections* detections,
                             std::optional<std::size_t> current,
                             std::optional<std::size_t> ballot) {
    const QSignalBlocker quiet(objects_);
    const std::size_t count = recognition && detections ? detections->objects.size() : 0;
    setRows(*objects_, static_cast<int>(count));
    const double ratio = devicePixelRatioF();
    for (std::size_t i = 0; i < count; ++i) {
        const Detection& object = detections->objects[i];
        QTreeWidgetItem* item = objects_->topLevelItem(static_cast<int>(i));
        const LabelSet* labels = recognition->labels.get();
        const QString others = alternativesText(labels, object);
        const QString name = listedText(labels, object, groups_);
        item->setText(0, others.isEmpty() ? name : tr("%1, or %2").arg(name, others));
        item->setIcon(0, QIcon(dot(labelColour(labels, object.class_index), ratio, false)));
        item->setText(1, percentText(object.score));
        item->setText(2, confidenceText(object.confidence));
        item->setText(
            3, object.remembered() ? QStringLiteral("\u2013") : QString::number(object.votes()));
        item->setData(0, Qt::AccessibleTextRole, objectText(labels, object, groups_));
    }
    const auto shown = ballot ? ballot : current;
    objects_->setCurrentItem(shown ? objects_->topLevelItem(static_cast<int>(*shown)) : nullptr);
    setReason(reason_->text());
    showBallot(recognition, detections, ballot);
}

void ObjectsList::showBallot(const Recognition* recognition, const Detections* detections,
                             std::optional<std::size_t> ballot) {
    open_ = ballot;
    const bool open = ballot && recognition && detections && *ballot < detections->objects.size();
    ballot_box_->setVisible(open);
    if (!open) return;
    const Detection& object = detections->objects[*ballot];
    ballot_title_->setText(object.remembered()   ? tr("Seen a moment ago: no ballot in this frame")
                           : object.votes() == 1 ? tr("Ballot: 1 window")
                                                 : tr("Ballot: %1 windows, sum %2")
                                                       .arg(object.votes())
                                                       .arg(confidenceText(object.confidence)));
    const int rows = static_cast<int>(std::min<std::size_t>(object.votes(), kBallotRows));
    const QString others = alternativesText(recognition->labels.get(), object);
    alternatives_->setText(others.isEmpty() ? QString() : tr("Also found here: %1").arg(others));
    alternatives_->setVisible(!others.isEmpty());
    const QSignalBlocker quiet(ballot_);
    setRows(*ballot_, rows);
    ballot_boxes_.assign(static_cast<std::size_t>(rows), {});
    const double ratio = devicePixelRatioF();
    for (int row = 0; row < rows; ++row) {
        const std::uint32_t voter = object.voters[static_cast<std::size_t>(row)];
        if (voter >= detections->raw.size()) continue;
        const RawBox& raw = detections->raw[voter];
        ballot_boxes_[static_cast<std::size_t>(row)] = raw;
        const ScoreMap* map = recognition->mapOf(raw);
        if (map == nullptr) continue;
        const auto scale = static_cast<std::size_t>(raw.scale);
        const RectPx window = map->windowAt(raw.cell);
        QTreeWidgetItem* item = ballot_->topLevelItem(row);
        item->setIcon(0, QIcon(dot(scaleColour(scale), ratio, true)));
        item->setText(
            0,
            tr("%1, %2").arg(std::lround(window.centre().x)).arg(std::lround(window.centre().y)));
        item->setText(1, tr("%1 px").arg(std::lround(window.width)));
        item->setText(2, QString::number(scale + 1));
        item->setText(3, percentText(raw.score));
    }
}

}  // namespace overfeat::ui
