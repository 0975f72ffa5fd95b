// SPDX-License-Identifier: Apache-2.0
#include "ui/source_bar.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QPainter>
#include <QSignalBlocker>
#include <QStandardItemModel>
#include <QToolButton>
#include <algorithm>

#include "ui/icons.h"
#include "ui/section.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr int kIdRole = Qt::UserRole + 1;
constexpr int kCommandRole = Qt::UserRole + 2;
enum Command {
    kNoCommand = 0,
    kOpenFiles,
    kOpenFolder,
    kOpenAddress,
    kOpenModel,
    kMoreModels,
    kServer
};

// Below these widths the control hides.
constexpr int kDeviceNeeds = 760;
constexpr int kStepNeeds = 620;
constexpr int kRecordNeeds = 560;
constexpr int kModelNeeds = 480;

QString choiceText(const Choice& choice) {
    if (!choice.problem.isEmpty()) {
        return QStringLiteral("%1 (%2)").arg(choice.label, choice.problem);
    }
    if (choice.detail.isEmpty()) return choice.label;
    return QStringLiteral("%1, %2").arg(choice.label, choice.detail);
}

void fill(QComboBox& chooser, const QList<Choice>& choices, const QString& current) {
    const QSignalBlocker quiet(&chooser);
    chooser.clear();
    auto* items = qobject_cast<QStandardItemModel*>(chooser.model());
    int selected = -1;
    for (const Choice& choice : choices) {
        chooser.addItem(choice.label, QVariant());
        const int row = chooser.count() - 1;
        chooser.setItemData(row, choice.id, kIdRole);
        chooser.setItemData(row, choiceText(choice), Qt::ToolTipRole);
        chooser.setItemText(row, choice.problem.isEmpty() ? choice.label : choiceText(choice));
        if (items && !choice.problem.isEmpty()) items->item(row)->setEnabled(false);
        if (choice.id == current) selected = row;
    }
    chooser.setCurrentIndex(selected);
    chooser.setProperty("taken", selected);
    chooser.setToolTip(selected >= 0 ? choiceText(choices[selected]).toHtmlEscaped() : QString());
}

void addCommand(QComboBox& chooser, const QString& text, Command command) {
    const QSignalBlocker quiet(&chooser);
    chooser.addItem(text);
    chooser.setItemData(chooser.count() - 1, command, kCommandRole);
}

void addSeparator(QComboBox& chooser) {
    const QSignalBlocker quiet(&chooser);
    if (chooser.count() > 0) chooser.insertSeparator(chooser.count());
}

}  // namespace

SourceBar::SourceBar(QWidget* parent) : QWidget(parent) {
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(spacing::kMedium, 0, spacing::kSmall, 0);
    layout->setSpacing(spacing::kSmall);
    setFixedHeight(scaled(kBarHeight));
    source_ = addChooser(tr("Source"), tr("No source"));
    model_ = addChooser(tr("Network"), tr("No network"));
    device_ = addChooser(tr("Device"), tr("No device"));
    layout->setStretchFactor(source_, 3);
    layout->setStretchFactor(model_, 2);
    layout->setStretchFactor(device_, 2);
    layout->addSpacing(spacing::kSmall);
    play_ = addButton(tr("Pause"), tr("Pause (Space)"));
    step_ = addButton(tr("Next frame"), tr("Next frame (.)"));
    record_ = addButton(tr("Record"), tr("Record what is shown (Ctrl+R)"));
    snapshot_ = addButton(tr("Snapshot"), tr("Save this picture with its overlay (Ctrl+S)"));
    step_->setIcon(icon(Icon::kStep));
    snapshot_->setIcon(icon(Icon::kSnapshot));
    layout->addStretch(1);
    panel_ = addButton(tr("Side panel"), tr("Fold the panel (F9)"));
    panel_->setIcon(icon(Icon::kPanel));
    menu_ = addButton(tr("Menu"), tr("Menu (F10)"));
    menu_->setIcon(icon(Icon::kMenu));
    menu_->setPopupMode(QToolButton::InstantPopup);
    menu_->setShortcut(QKeySequence(Qt::Key_F10));

    connect(play_, &QToolButton::clicked, this, [this] { emit playPauseToggled(!paused_); });
    connect(step_, &QToolButton::clicked, this, &SourceBar::stepRequested);
    connect(record_, &QToolButton::clicked, this, [this] { emit recordToggled(!recording_); });
    connect(snapshot_, &QToolButton::clicked, this, &SourceBar::snapshotRequested);
    setSources({}, {});
    setModels({}, {});
    setDevices({}, {});
    setPaused(false);
    setCanStep(false);
    setRecording(false);
}

QComboBox* SourceBar::addChooser(const QString& name, const QString& placeholder) {
    auto* chooser = new QComboBox(this);
    chooser->setAccessibleName(name);
    chooser->setPlaceholderText(placeholder);
    chooser->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    chooser->setMinimumWidth(scaled(96));
    chooser->setMaximumWidth(scaled(280));
    chooser->setMinimumContentsLength(8);
    chooser->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    layout()->addWidget(chooser);
    connect(chooser, &QComboBox::activated, this,
            [this, chooser](int row) { takeChoice(*chooser, row); });
    return chooser;
}

QToolButton* SourceBar::addButton(const QString& name, const QString& tip) {
    auto* button = new QToolButton(this);
    button->setAccessibleName(name);
    button->setToolTip(tip);
    button->setIconSize(QSize(scaled(18), scaled(18)));
    button->setFixedSize(scaled(32), scaled(32));
    button->setFocusPolicy(Qt::TabFocus);  // a click leaves the keyboard with the picture
    layout()->addWidget(button);
    return button;
}

void SourceBar::takeChoice(QComboBox& chooser, int row) {
    const int command = chooser.itemData(row, kCommandRole).toInt();
    const QString id = chooser.itemData(row, kIdRole).toString();
    if (command != kNoCommand) {
        // Commands are not choices: the field goes on showing what is running.
        const QSignalBlocker quiet(&chooser);
        chooser.setCurrentIndex(chooser.property("taken").toInt());
    } else {
        chooser.setProperty("taken", row);
        chooser.setToolTip(chooser.itemData(row, Qt::ToolTipRole).toString().toHtmlEscaped());
    }
    switch (command) {
        case kOpenFiles:
            emit openFilesWanted();
            return;
        case kOpenFolder:
            emit openFolderWanted();
            return;
        case kOpenAddress:
            emit openAddressWanted();
            return;
        case kOpenModel:
            emit openModelWanted();
            return;
        case kMoreModels:
            emit moreModelsWanted();
            return;
        case kServer:
            emit serverWanted();
            return;
        default:
            break;
    }
    if (&chooser == source_) {
        emit sourceChosen(id);
    } else if (&chooser == model_) {
        emit modelChosen(id);
    } else {
        emit deviceChosen(id);
    }
}

void SourceBar::setSources(const QList<Choice>& sources, const QString& current) {
    fill(*source_, sources, current);
    addSeparator(*source_);
    addCommand(*source_, tr("Open file..."), kOpenFiles);
    addCommand(*source_, tr("Open folder..."), kOpenFolder);
    addCommand(*source_, tr("Open address..."), kOpenAddress);
}

void SourceBar::setModels(const QList<Choice>& models, const QString& current) {
    fill(*model_, models, current);
    addSeparator(*model_);
    addCommand(*model_, tr("More models..."), kMoreModels);
    addCommand(*model_, tr("Open model..."), kOpenModel);
}

void SourceBar::setDevices(const QList<Choice>& devices, const QString& current) {
    fill(*device_, devices, current);
    addSeparator(*device_);
    addCommand(*device_, tr("Inference server..."), kServer);
    device_->setEnabled(!devices.isEmpty());
}

void SourceBar::setPaused(bool paused) {
    paused_ = paused;
    play_->setIcon(icon(paused ? Icon::kPlay : Icon::kPause));
    play_->setAccessibleName(paused ? tr("Play") : tr("Pause"));
    play_->setToolTip(paused ? tr("Play (Space)") : tr("Pause (Space)"));
}

void SourceBar::setCanStep(bool can_step) {
    play_->setEnabled(can_step);
    step_->setEnabled(can_step);
}

void SourceBar::setRecording(bool recording) {
    recording_ = recording;
    record_->setIcon(icon(recording ? Icon::kStop : Icon::kRecord));
    record_->setAccessibleName(recording ? tr("Stop recording") : tr("Record"));
    record_->setToolTip(recording ? tr("Stop recording (Ctrl+R)")
                                  : tr("Record what is shown (Ctrl+R)"));
}

void SourceBar::setMenu(QMenu* menu) {
    menu_->setMenu(menu);
}

void SourceBar::setPanelAction(QAction* action) {
    panel_->setCheckable(true);
    panel_->setChecked(action->isChecked());
    connect(panel_, &QToolButton::clicked, action, &QAction::setChecked);
    connect(action, &QAction::toggled, panel_, &QToolButton::setChecked);
}

void SourceBar::resizeEvent(QResizeEvent*) {
    device_->setVisible(width() >= scaled(kDeviceNeeds));
    step_->setVisible(width() >= scaled(kStepNeeds));
    record_->setVisible(width() >= scaled(kRecordNeeds));
    model_->setVisible(width() >= scaled(kModelNeeds));
}

void SourceBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), colours(*this).surface);
    painter.fillRect(QRect(0, height() - 1, width(), 1), colours(*this).outline);
}

}  // namespace overfeat::ui
