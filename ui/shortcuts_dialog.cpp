// SPDX-License-Identifier: Apache-2.0
#include "ui/shortcuts_dialog.h"

#include <QDialogButtonBox>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QVBoxLayout>

#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {

ShortcutsDialog::ShortcutsDialog(const QList<ShortcutLine>& lines, QWidget* parent)
    : QDialog(parent) {
    setWindowTitle(tr("Keys"));
    auto* page = new QWidget;
    auto* grid = new QGridLayout(page);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(spacing::kHuge);
    grid->setVerticalSpacing(spacing::kTight);
    // Two columns, so that the page fits most screens.
    const auto half = (lines.size() + 1) / 2;
    for (qsizetype i = 0; i < lines.size(); ++i) {
        const int row = static_cast<int>(i % half);
        const int column = i < half ? 0 : 2;
        grid->addWidget(sectionTitle(lines[i].keys, page), row, column);
        QLabel* what = sectionTitle(lines[i].what, page);
        what->setFont(themeFont(TextSize::kBody));
        grid->addWidget(what, row, column + 1);
    }
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setIcon({});  // no other button has one
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kHuge, spacing::kHuge, spacing::kHuge, spacing::kLarge);
    layout->setSpacing(spacing::kLarge);
    auto* area = new QScrollArea(this);
    area->setWidget(page);
    area->setFrameShape(QFrame::NoFrame);
    layout->addWidget(area);
    layout->addWidget(buttons);
    // As a whole where the screen has room for it.
    const QSize around(
        2 * spacing::kHuge + spacing::kMedium,
        spacing::kHuge + 2 * spacing::kLarge + buttons->sizeHint().height() + spacing::kMedium);
    resize((page->sizeHint() + around).boundedTo(screen()->availableSize()));
}

}  // namespace overfeat::ui
