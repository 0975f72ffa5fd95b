// SPDX-License-Identifier: Apache-2.0
#include "ui/models_dialog.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QVBoxLayout>
#include <utility>

#include "ui/model_row.h"
#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {

ModelsDialog::ModelsDialog(QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("Models"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kLarge, spacing::kLarge, spacing::kLarge, spacing::kMedium);
    layout->setSpacing(spacing::kMedium);
    list_ = new QWidget;
    order_ = new QVBoxLayout(list_);
    order_->setContentsMargins(0, 0, spacing::kSmall, 0);
    order_->setSpacing(spacing::kSmall);
    order_->addStretch(1);
    auto* area = new QScrollArea(this);
    area->setWidget(list_);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    area->setFocusPolicy(Qt::NoFocus);
    layout->addWidget(area, 1);
    words_ = remark({}, this);
    layout->addWidget(words_);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    use_ = new QPushButton(tr("Use"), this);
    use_->setDefault(true);
    auto* close = new QPushButton(tr("Close"), this);
    close->setAutoDefault(false);
    buttons->addWidget(use_);
    buttons->addWidget(close);
    layout->addLayout(buttons);
    connect(use_, &QPushButton::clicked, this, [this] { emit useWanted(ticked()); });
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    resize(QSize(scaled(560), scaled(440)).boundedTo(screen()->availableSize()));
    showTicks();
}

// Rows stay who they are while what is said of them changes: a tick, and the keyboard, are kept.
void ModelsDialog::setRows(const QList<ModelRowView>& rows) {
    if (rows == views_) return;
    const auto running = [](const QList<ModelRowView>& views) {
        QSet<QString> ids;
        for (const ModelRowView& view : views) {
            if (view.runs) ids.insert(view.id);
        }
        return ids;
    };
    const bool others_run = running(rows) != running(views_);
    views_ = rows;
    QHash<QString, ModelRow*> before = std::exchange(rows_, {});
    int place = 0;
    for (const ModelRowView& view : rows) {
        ModelRow* row = before.take(view.id);
        if (row == nullptr) {
            row = new ModelRow(list_);
            connect(row, &ModelRow::ticked, this, &ModelsDialog::showTicks);
            connect(row, &ModelRow::fetchWanted, this,
                    [this, id = view.id] { emit fetchWanted(id); });
            connect(row, &ModelRow::removeWanted, this,
                    [this, id = view.id] { emit removeWanted(id); });
            connect(row, &ModelRow::cancelWanted, this, &ModelsDialog::cancelWanted);
        }
        rows_.insert(view.id, row);
        order_->insertWidget(place++, row);
        row->setView(view);
        if (view.id != fetching_) row->setProgress(-1, {}, !fetching_.isEmpty());
        if (others_run) row->setTicked(view.runs);  // what runs is what is ticked, at first
    }
    for (ModelRow* gone : before)
        gone->deleteLater();
    showTicks();
}

void ModelsDialog::setProgress(const QString& id, int percent, const QString& words) {
    fetching_ = percent >= 0 ? id : QString();
    for (auto row = rows_.cbegin(); row != rows_.cend(); ++row) {
        const bool is_it = row.key() == id;
        row.value()->setProgress(is_it ? percent : -1, is_it ? words : QString(),
                                 !fetching_.isEmpty());
    }
    showTicks();
    if (percent >= 0) words_->setText(words);
}

QStringList ModelsDialog::ticked() const {
    QStringList ids;
    for (const ModelRowView& view : views_) {
        const ModelRow* row = rows_.value(view.id);  // null: it is just being made
        if (row && row->isTicked()) ids.append(view.id);
    }
    return ids;
}

void ModelsDialog::showTicks() {
    const auto count = ticked().size();
    use_->setEnabled(count > 0);
    use_->setText(count > 1 ? tr("Let %1 vote").arg(count) : tr("Use"));
    words_->setText(count > 1 ? tr("The answers of the ticked models are averaged; they must have "
                                   "the same classes.")
                              : tr("Tick one to use it, or several to let them vote."));
}

void ModelsDialog::showEvent(QShowEvent* event) {
    QDialog::showEvent(event);
    emit opened();
}

}  // namespace overfeat::ui
