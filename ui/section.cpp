// SPDX-License-Identifier: Apache-2.0
#include "ui/section.h"

#include <QFrame>
#include <QLabel>
#include <QListView>

#include "ui/theme.h"

namespace overfeat::ui {
namespace {

QLabel* plainLabel(const QString& text, QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setText(text);
    return label;
}

}  // namespace

QLabel* sectionTitle(const QString& text, QWidget* parent) {
    QLabel* label = plainLabel(text, parent);
    label->setFont(themeFont(TextSize::kBody, true));
    return label;
}

QLabel* paragraph(const QString& text, QWidget* parent) {
    QLabel* label = plainLabel(text, parent);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    label->setFocusPolicy(Qt::NoFocus);
    return label;
}

QLabel* remark(const QString& text, QWidget* parent) {
    QLabel* label = paragraph(text, parent);
    label->setFont(themeFont(TextSize::kSmall));
    label->setForegroundRole(QPalette::PlaceholderText);
    return label;
}

QFrame* separator(QWidget* parent) {
    auto* line = new QFrame(parent);
    line->setFrameShape(QFrame::HLine);
    line->setFrameShadow(QFrame::Plain);
    line->setForegroundRole(QPalette::Mid);
    line->setFixedHeight(1);
    return line;
}

void makePlainList(QListView& view) {
    view.setFrameShape(QFrame::NoFrame);
    view.viewport()->setAutoFillBackground(false);
    view.setMouseTracking(true);
    view.setUniformItemSizes(true);
    view.setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    view.setSelectionMode(QAbstractItemView::SingleSelection);
    view.setEditTriggers(QAbstractItemView::NoEditTriggers);
    view.setResizeMode(QListView::Adjust);
}

}  // namespace overfeat::ui
