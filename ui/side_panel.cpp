// SPDX-License-Identifier: Apache-2.0
#include "ui/side_panel.h"

#include <QAbstractButton>
#include <QButtonGroup>
#include <QHBoxLayout>
#include <QPainter>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr int kNamesHeight = 36;

// A page's name; the current one is bold and underlined in the accent colour.
class PageName : public QAbstractButton {
public:
    PageName(const QString& name, QWidget* parent) : QAbstractButton(parent) {
        setText(name);
        setCheckable(true);
        setFocusPolicy(Qt::TabFocus);
        setAccessibleName(name);
        setAttribute(Qt::WA_Hover);
    }
    QSize sizeHint() const override {
        const QFontMetrics metrics(themeFont(TextSize::kBody, true));
        return {metrics.horizontalAdvance(text()) + 2 * spacing::kMedium, scaled(kNamesHeight)};
    }

protected:
    void paintEvent(QPaintEvent*) override {
        const Colours& c = colours(*this);
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setFont(themeFont(TextSize::kBody, isChecked()));
        painter.setPen(isChecked() || underMouse() ? c.text : c.muted_text);
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextSingleLine, text());
        if (isChecked()) {
            painter.fillRect(
                QRect(spacing::kMedium, height() - 3, width() - 2 * spacing::kMedium, 3), c.accent);
        }
        if (hasFocus()) {
            painter.setPen(QPen(c.accent, 1.5));
            painter.drawRoundedRect(QRectF(rect()).adjusted(2, 4, -2, -5), kRadius, kRadius);
        }
    }
};

}  // namespace

SidePanel::SidePanel(QWidget* parent) : QWidget(parent) {
    setFixedWidth(scaled(kPanelWidth));
    names_ = new QHBoxLayout;
    names_->setContentsMargins(0, 0, 0, 0);
    names_->setSpacing(0);
    names_->addStretch();
    group_ = new QButtonGroup(this);
    pages_ = new QStackedWidget(this);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(1, 0, 0, 0);
    layout->setSpacing(1);
    layout->addLayout(names_);
    layout->addWidget(pages_, 1);
    connect(group_, &QButtonGroup::idClicked, this, &SidePanel::setCurrentPage);
}

void SidePanel::addPage(const QString& name, QWidget* page) {
    auto* button = new PageName(name, this);
    group_->addButton(button, pages_->count());
    names_->insertWidget(pages_->count(), button);
    auto* area = new QScrollArea(pages_);
    area->setWidget(page);
    area->setWidgetResizable(true);
    area->setAccessibleName(name);
    area->setFocusPolicy(Qt::NoFocus);  // what is in it has the keyboard
    area->setFrameShape(QFrame::NoFrame);
    area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    pages_->addWidget(area);
    if (pages_->count() == 1) button->setChecked(true);
}

int SidePanel::currentPage() const {
    return pages_->currentIndex();
}

void SidePanel::setCurrentPage(int page) {
    if (page < 0 || page >= pages_->count()) return;
    group_->button(page)->setChecked(true);
    if (page == pages_->currentIndex()) return;
    pages_->setCurrentIndex(page);
    emit pageChanged(page);
}

void SidePanel::paintEvent(QPaintEvent*) {
    const Colours& c = colours(*this);
    QPainter painter(this);
    painter.fillRect(rect(), c.surface);
    painter.fillRect(QRect(0, 0, 1, height()), c.outline);
    painter.fillRect(QRect(0, scaled(kNamesHeight), width(), 1), c.outline);
}

}  // namespace overfeat::ui
