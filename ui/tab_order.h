// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

class QWidget;

namespace overfeat::ui {

// Where Tab (or Shift+Tab, not `forward`) goes from `from` in these parts of a window: part by
// part, in each as it is read, by where things are and not by when they were made. After the last
// comes the first. Null if there is nothing that takes the keyboard.
QWidget* nextByTab(const std::vector<QWidget*>& parts, const QWidget* from, bool forward);

}  // namespace overfeat::ui
