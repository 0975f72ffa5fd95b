// SPDX-License-Identifier: Apache-2.0
#include "ui/model_row.h"

#include <QCheckBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {

ModelRow::ModelRow(QWidget* parent) : QWidget(parent) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, spacing::kTight, 0, spacing::kTight);
    layout->setSpacing(spacing::kMedium);
    auto* texts = new QVBoxLayout;
    texts->setSpacing(0);
    tick_ = new QCheckBox(this);
    tick_->setFont(themeFont(TextSize::kBody, true));
    facts_ = remark({}, this);
    progress_ = new QProgressBar(this);
    progress_->setRange(0, 100);
    progress_->setTextVisible(false);
    progress_->setFixedHeight(scaled(6));
    progress_->hide();
    texts->addWidget(tick_);
    texts->addWidget(facts_);
    texts->addWidget(progress_);
    layout->addLayout(texts, 1);
    action_ = new QPushButton(this);
    layout->addWidget(action_, 0, Qt::AlignTop);
    connect(tick_, &QCheckBox::toggled, this, &ModelRow::ticked);
    connect(action_, &QPushButton::clicked, this, [this] {
        if (percent_ >= 0) {
            emit cancelWanted();
        } else if (view_.is_here) {
            emit removeWanted();
        } else {
            emit fetchWanted();
        }
    });
}

void ModelRow::setView(const ModelRowView& view) {
    view_ = view;
    QString title = view.title;  // from a file's name: its ampersands are no shortcuts
    tick_->setText(title.replace(QLatin1Char('&'), QStringLiteral("&&")));
    tick_->setEnabled(view.is_here);
    if (!view.is_here) tick_->setChecked(false);
    QStringList facts = view.facts;
    if (view.runs) facts.prepend(tr("running"));
    facts_->setText(facts.join(QStringLiteral("  \u00b7  ")));
    showState();
}

void ModelRow::setProgress(int percent, const QString& words, bool busy) {
    percent_ = percent;
    words_ = words;
    busy_ = busy;
    showState();
}

void ModelRow::showState() {
    const bool fetching = percent_ >= 0;
    progress_->setVisible(fetching);
    progress_->setValue(std::clamp(percent_, 0, 100));
    progress_->setAccessibleName(words_);
    action_->setVisible(fetching || !view_.is_here || view_.can_be_removed);
    action_->setText(fetching ? tr("Cancel") : view_.is_here ? tr("Remove") : tr("Get it"));
    action_->setToolTip(fetching || view_.is_here ? words_ : tr("Fetches %1").arg(view_.size));
    action_->setEnabled(fetching || (!busy_ && !(view_.is_here && view_.runs)));
    action_->setAccessibleName(QStringLiteral("%1 %2").arg(action_->text(), view_.title));
}

bool ModelRow::isTicked() const {
    return tick_->isChecked();
}

void ModelRow::setTicked(bool ticked) {
    tick_->setChecked(ticked && view_.is_here);
}

}  // namespace overfeat::ui
