// SPDX-License-Identifier: Apache-2.0
#include "ui/shortcuts_dialog.h"

#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {

ShortcutsDialog::ShortcutsDialog(const QList<ShortcutLine>& lines, QWidget* parent)
    : QDialog(parent) {
    setWindowTitle(tr("Keys"));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(spacing::kHuge);
    grid->setVerticalSpacing(spacing::kTight);
    // Two columns, so that the page fits a small screen.
    const auto half = (lines.size() + 1) / 2;
    for (qsizetype i = 0; i < lines.size(); ++i) {
        const int row = static_cast<int>(i % half);
        const int column = i < half ? 0 : 2;
        grid->addWidget(sectionTitle(lines[i].keys, this), row, column);
        QLabel* what = sectionTitle(lines[i].what, this);
        what->setFont(themeFont(TextSize::kBody));
        grid->addWidget(what, row, column + 1);
    }
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setIcon({});  // no other button has one
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kHuge, spacing::kHuge, spacing::kHuge, spacing::kLarge);
    layout->setSpacing(spacing::kLarge);
    layout->addLayout(grid);
    layout->addWidget(buttons);
}

}  // namespace overfeat::ui
