// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDialog>
#include <QList>
#include <QString>

namespace overfeat::ui {

struct ShortcutLine {
    QString keys;
    QString what;
};

// All keys of the window on one page (F1).
class ShortcutsDialog : public QDialog {
    Q_OBJECT
public:
    ShortcutsDialog(const QList<ShortcutLine>& lines, QWidget* parent);
};

}  // namespace overfeat::ui
