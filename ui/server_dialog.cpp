// SPDX-License-Identifier: Apache-2.0
#include "ui/server_dialog.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScreen>
#include <QVBoxLayout>

#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {

ServerDialog::ServerDialog(QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("Inference server"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(spacing::kLarge, spacing::kLarge, spacing::kLarge, spacing::kMedium);
    layout->setSpacing(spacing::kMedium);
    layout->addWidget(
        remark(tr("A server that speaks KServe's protocol, as Triton does, computes the networks "
                  "that 'overfeat export-server' wrote for it."),
               this));
    auto* row = new QHBoxLayout;
    way_ = new QComboBox(this);
    way_->setAccessibleName(tr("How it is spoken to"));
    way_->addItems({tr("HTTP"), tr("gRPC")});
    address_ = new QLineEdit(this);
    address_->setAccessibleName(tr("Address"));
    address_->setPlaceholderText(tr("HOST:PORT/MODEL, as in localhost:8000/default"));
    row->addWidget(way_);
    row->addWidget(address_, 1);
    layout->addLayout(row);
    words_ = remark({}, this);
    layout->addWidget(words_, 1);
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    use_ = new QPushButton(tr("Use"), this);
    use_->setDefault(true);
    auto* cancel = new QPushButton(tr("Cancel"), this);
    cancel->setAutoDefault(false);
    buttons->addWidget(use_);
    buttons->addWidget(cancel);
    layout->addLayout(buttons);
    connect(use_, &QPushButton::clicked, this, &ServerDialog::ask);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(address_, &QLineEdit::textChanged, this, [this] { setAsking(false); });
    connect(this, &QDialog::rejected, this, [this] {
        if (asking_) emit cancelled();
        setAsking(false);
    });
    resize(QSize(scaled(480), scaled(200)).boundedTo(screen()->availableSize()));
    setAsking(false);
}

void ServerDialog::setServer(const QString& address, bool grpc) {
    if (isVisible()) return;
    way_->setCurrentIndex(grpc ? 1 : 0);
    address_->setText(address);
}

void ServerDialog::answer(const QString& problem) {
    if (!asking_) return;
    setAsking(false);
    if (problem.isEmpty()) {
        accept();
        return;
    }
    words_->setText(problem);
    address_->setFocus();
}

void ServerDialog::showEvent(QShowEvent* event) {
    QDialog::showEvent(event);
    address_->setFocus();
    address_->selectAll();
}

void ServerDialog::ask() {
    const QString address = address_->text().trimmed();
    setAsking(true);
    words_->setText(tr("Asking the server..."));
    emit useWanted(address, way_->currentIndex() == 1);
}

// What is being asked is not changed meanwhile; Cancel gives it up.
void ServerDialog::setAsking(bool asking) {
    asking_ = asking;
    if (!asking) words_->clear();
    way_->setEnabled(!asking);
    address_->setReadOnly(asking);
    use_->setEnabled(!asking && !address_->text().trimmed().isEmpty());
}

}  // namespace overfeat::ui
