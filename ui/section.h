// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

class QFrame;
class QLabel;
class QListView;
class QWidget;

// Small pieces that every page uses alike.
namespace overfeat::ui {

QLabel* sectionTitle(const QString& text, QWidget* parent);
// Plain text that wraps and can be selected: never rich text, labels come from strangers.
QLabel* paragraph(const QString& text, QWidget* parent);
// Secondary information in small type.
QLabel* remark(const QString& text, QWidget* parent);
QFrame* separator(QWidget* parent);
// No frame, no own background, no drag, rows repainted as a whole under the mouse.
void makePlainList(QListView& view);

}  // namespace overfeat::ui
