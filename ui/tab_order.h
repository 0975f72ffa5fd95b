// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Qt>
#include <vector>

class QWidget;

namespace overfeat::ui {

// Where Tab (or Shift+Tab, not `forward`) goes from `from` in these parts of a window: part by
// part, in each as it is read, by where things are and not by when they were made. After the last
// comes the first; a part in another one is for itself. `from` may just have been hidden or
// disabled, as long as its part is there: then what is read next to it is next. Null if there is
// nothing that takes the keyboard, or the part is gone.
QWidget* nextByTab(const std::vector<QWidget*>& parts, const QWidget* from, bool forward);

// Gives it the keyboard and scrolls there.
void focusVisibly(QWidget& widget, Qt::FocusReason reason);

}  // namespace overfeat::ui
