// SPDX-License-Identifier: Apache-2.0
//
// The menu and the keys of the main window.
#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QInputDialog>
#include <QKeyEvent>
#include <QMenu>
#include <QShortcut>
#include <utility>

#include "ui/boxes_page.h"
#include "ui/class_search.h"
#include "ui/heat_map_controls.h"
#include "ui/live_view.h"
#include "ui/main_window.h"
#include "ui/message_stack.h"
#include "ui/player_bar.h"
#include "ui/see_page.h"
#include "ui/shortcuts_dialog.h"
#include "ui/side_panel.h"
#include "ui/source_bar.h"
#include "ui/tab_order.h"
#include "ui/teaching.h"
#include "ui/theme.h"
#include "ui/top_list.h"

namespace overfeat::ui {
namespace {

constexpr double kOpacityStep = 0.1;
constexpr double kZoomStep = 1.25;

void showShortcuts(QWidget* parent) {
    const auto tr = [](const char* text) { return MainWindow::tr(text); };
    const QList<ShortcutLine> lines{
        {tr("Ctrl+O"), tr("Open pictures, a video or a network")},
        {tr("Ctrl+Shift+O"), tr("Open a folder")},
        {tr("Ctrl+L"), tr("Open a network address")},
        {tr("Ctrl+V"), tr("Look at the copied picture")},
        {tr("Ctrl+M"), tr("All models: compare, get, remove, let several vote")},
        {tr("Space"), tr("Pause or play")},
        {tr(", and ."), tr("Frame or picture before and after")},
        {tr("Shift+Left, Shift+Right"), tr("5 s back or forward")},
        {tr("Home, End"), tr("Start or end of the video")},
        {tr("[ and ], Backspace"), tr("Slower, faster, 1x")},
        {tr("Ctrl+S"), tr("Snapshot")},
        {tr("Ctrl+Shift+S"), tr("Snapshot without overlay")},
        {tr("Ctrl+R"), tr("Record")},
        {tr("Ctrl+Q"), tr("Quit")},
        {tr("T"), tr("Teach what is in the box")},
        {tr("D"), tr("Draw a box (arrows move it, with Shift resize it)")},
        {tr("F"), tr("Freeze the picture, or let it go on")},
        {tr("1 to 9 while teaching"), tr("Add a capture to that taught class; hold to go on")},
        {tr("Right click, Menu"), tr("On an object: this is one, not this, teach, rename")},
        {tr("Ctrl+Z, Ctrl+Shift+Z"), tr("Undo or redo of what was taught")},
        {tr("1 to 5"), tr("Heat map of that class")},
        {tr("0"), tr("Follow the best class")},
        {tr("H"), tr("Heat map on or off")},
        {tr("+ and -"), tr("Opacity of the heat map")},
        {tr("Ctrl+F"), tr("Search all classes")},
        {tr("B, R, G"), tr("Objects, raw boxes, windows on or off")},
        {tr("V"), tr("Vote, NMS or soft-NMS")},
        {tr("S"), tr("Coarser or finer grid")},
        {tr("C"), tr("Compare: vote with NMS, coarse with fine grid")},
        {tr("Tab"), tr("From object to object in the picture")},
        {tr("Return"), tr("Which windows made the object (ballot)")},
        {tr("Wheel, Ctrl+Plus, Ctrl+Minus"), tr("Magnify; pull to move")},
        {tr("Ctrl+0"), tr("Whole picture")},
        {tr("Arrows"), tr("Move the probe over the picture")},
        {tr("Page Up, Page Down"), tr("Larger or smaller windows")},
        {tr("Return"), tr("Pin the probe, or let it go")},
        {tr("Escape"), tr("Take back the last thing")},
        {tr("F2, F3, F4, F5"), tr("Page See, Teach, Boxes, Network")},
        {tr("F9, F10, F11"), tr("Panel, menu, full screen")},
        {tr("F1 or ?"), tr("These keys")},
    };
    auto* dialog = new ShortcutsDialog(lines, parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

// Asks for the choice when the dialog has been accepted: which of its more specific signals are
// emitted differs between Qt's own dialog and those of desktops.
void openChosen(QFileDialog& dialog, MainWindow& window) {
    dialog.setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(&dialog, &QDialog::accepted, &window,
                     [&dialog, &window] { emit window.openRequested(dialog.selectedUrls()); });
    dialog.open();
}

}  // namespace

QAction* MainWindow::addMenuAction(QMenu& menu, const QString& text, const QKeySequence& key) {
    QAction* action = menu.addAction(text);
    action->setShortcut(key);
    addAction(action);  // keys work although the menu hangs on a button
    return action;
}

void MainWindow::addKey(const QKeySequence& key, std::function<void()> what) {
    auto* shortcut = new QShortcut(key, this);
    connect(shortcut, &QShortcut::activated, this, std::move(what));
}

void MainWindow::createMenu() {
    auto* menu = new QMenu(this);
    createOpenActions(*menu);
    menu->addSeparator();
    createSaveActions(*menu);
    menu->addSeparator();
    createTeachActions(*menu);
    menu->addSeparator();
    createViewActions(*menu);
    menu->addSeparator();
    connect(addMenuAction(*menu, tr("Keys"), QKeySequence(Qt::Key_F1)), &QAction::triggered, this,
            [this] { showShortcuts(this); });
    connect(addMenuAction(*menu, tr("Quit"), QKeySequence(Qt::CTRL | Qt::Key_Q)),
            &QAction::triggered, this, &QWidget::close);
    source_bar_->setMenu(menu);
    source_bar_->setPanelAction(panel_action_);
}

void MainWindow::createOpenActions(QMenu& menu) {
    const auto files = [this] { openFiles(tr("Open pictures, videos or models"), {}); };
    const auto networks = [this] {
        openFiles(tr("Open a model"), tr("Models (*.onnx net_weight_*);;All files (*)"));
    };
    connect(addMenuAction(menu, tr("Open file..."), QKeySequence(Qt::CTRL | Qt::Key_O)),
            &QAction::triggered, this, files);
    connect(
        addMenuAction(menu, tr("Open folder..."), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O)),
        &QAction::triggered, this, &MainWindow::openFolder);
    connect(addMenuAction(menu, tr("Open address..."), QKeySequence(Qt::CTRL | Qt::Key_L)),
            &QAction::triggered, this, &MainWindow::openAddress);
    connect(addMenuAction(menu, tr("Open model..."), {}), &QAction::triggered, this, networks);
    connect(addMenuAction(menu, tr("Models..."), QKeySequence(Qt::CTRL | Qt::Key_M)),
            &QAction::triggered, this, &MainWindow::moreModelsRequested);
    connect(addMenuAction(menu, tr("Inference server..."), {}), &QAction::triggered, this,
            &MainWindow::serverRequested);
    connect(addMenuAction(menu, tr("Paste"), QKeySequence(Qt::CTRL | Qt::Key_V)),
            &QAction::triggered, this, &MainWindow::paste);
    connect(source_bar_, &SourceBar::openFilesWanted, this, files);
    connect(source_bar_, &SourceBar::openFolderWanted, this, &MainWindow::openFolder);
    connect(source_bar_, &SourceBar::openAddressWanted, this, &MainWindow::openAddress);
    connect(source_bar_, &SourceBar::openModelWanted, this, networks);
    connect(source_bar_, &SourceBar::moreModelsWanted, this, &MainWindow::moreModelsRequested);
    connect(source_bar_, &SourceBar::serverWanted, this, &MainWindow::serverRequested);
    connect(live_view_, &LiveView::openWanted, this, files);
}

void MainWindow::createSaveActions(QMenu& menu) {
    pause_action_ = addMenuAction(menu, tr("Pause"), QKeySequence(Qt::Key_Space));
    connect(pause_action_, &QAction::triggered, this,
            [this] { emit playPauseToggled(!source_bar_->isPaused()); });
    connect(addMenuAction(menu, tr("Next frame"), QKeySequence(Qt::Key_Period)),
            &QAction::triggered, this, &MainWindow::stepRequested);
    connect(addMenuAction(menu, tr("Previous frame"), QKeySequence(Qt::Key_Comma)),
            &QAction::triggered, this, &MainWindow::stepBackRequested);
    connect(addMenuAction(menu, tr("Snapshot"), QKeySequence(Qt::CTRL | Qt::Key_S)),
            &QAction::triggered, this, [this] { emit snapshotRequested(true); });
    connect(addMenuAction(menu, tr("Snapshot without overlay"),
                          QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S)),
            &QAction::triggered, this, [this] { emit snapshotRequested(false); });
    record_action_ = addMenuAction(menu, tr("Record"), QKeySequence(Qt::CTRL | Qt::Key_R));
    record_action_->setCheckable(true);
    connect(record_action_, &QAction::triggered, this, &MainWindow::recordToggled);
    QMenu* formats = menu.addMenu(tr("Record as"));
    recording_actions_ = new QActionGroup(this);
    const std::pair<QString, RecordingFormat> names[] = {{tr("MP4"), RecordingFormat::kMp4},
                                                         {tr("MKV"), RecordingFormat::kMkv}};
    for (const auto& [text, format] : names) {
        QAction* action = formats->addAction(text);
        action->setCheckable(true);
        action->setData(static_cast<int>(format));
        recording_actions_->addAction(action);
    }
    setRecordingFormat(RecordingFormat::kMp4);
    connect(recording_actions_, &QActionGroup::triggered, this, &MainWindow::preferencesChanged);
}

// As in other players; the arrows alone belong to the probe.
void MainWindow::createPlayerKeys() {
    constexpr double kJump_s = 5;
    addKey(QKeySequence(Qt::SHIFT | Qt::Key_Left), [this] { player_bar_->goBy(-kJump_s); });
    addKey(QKeySequence(Qt::SHIFT | Qt::Key_Right), [this] { player_bar_->goBy(kJump_s); });
    addKey(QKeySequence(Qt::Key_Home), [this] { player_bar_->goToStart(); });
    addKey(QKeySequence(Qt::Key_End), [this] { player_bar_->goToEnd(); });
    addKey(QKeySequence(Qt::Key_BracketLeft), [this] { player_bar_->changeSpeed(-1); });
    addKey(QKeySequence(Qt::Key_BracketRight), [this] { player_bar_->changeSpeed(1); });
    addKey(QKeySequence(Qt::Key_Backspace), [this] { player_bar_->resetSpeed(); });
}

void MainWindow::createViewActions(QMenu& menu) {
    heat_map_action_ = addMenuAction(menu, tr("Heat map"), QKeySequence(Qt::Key_H));
    heat_map_action_->setCheckable(true);
    heat_map_action_->setChecked(true);
    connect(heat_map_action_, &QAction::triggered, this, &MainWindow::setHeatMapVisible);
    createBoxActions(menu);
    panel_action_ = addMenuAction(menu, tr("Side panel"), QKeySequence(Qt::Key_F9));
    panel_action_->setCheckable(true);
    panel_action_->setChecked(true);
    connect(panel_action_, &QAction::toggled, this, [this](bool on) {
        side_panel_->setVisible(on);
        emit preferencesChanged();
    });
    full_screen_action_ = addMenuAction(menu, tr("Full screen"), QKeySequence(Qt::Key_F11));
    full_screen_action_->setCheckable(true);
    connect(full_screen_action_, &QAction::triggered, this, &MainWindow::setFullScreen);

    QMenu* themes = menu.addMenu(tr("Theme"));
    theme_actions_ = new QActionGroup(this);
    const std::pair<QString, ThemeMode> names[] = {{tr("As the desktop"), ThemeMode::kSystem},
                                                   {tr("Light"), ThemeMode::kLight},
                                                   {tr("Dark"), ThemeMode::kDark}};
    for (const auto& [text, mode] : names) {
        QAction* action = themes->addAction(text);
        action->setCheckable(true);
        action->setChecked(mode == theme_);
        action->setData(static_cast<int>(mode));
        theme_actions_->addAction(action);
    }
    connect(theme_actions_, &QActionGroup::triggered, this, [this](const QAction* action) {
        setTheme(static_cast<ThemeMode>(action->data().toInt()));
        emit preferencesChanged();
    });
}

void MainWindow::createBoxActions(QMenu& menu) {
    const std::pair<QString, Qt::Key> layers[] = {
        {tr("Objects"), Qt::Key_B}, {tr("Raw boxes"), Qt::Key_R}, {tr("Windows"), Qt::Key_G}};
    for (std::size_t i = 0; i < std::size(layers); ++i) {
        layer_actions_[i] = addMenuAction(menu, layers[i].first, QKeySequence(layers[i].second));
        layer_actions_[i]->setCheckable(true);
        layer_actions_[i]->setChecked(i == 0);
        connect(layer_actions_[i], &QAction::triggered, this, [this] {
            showBoxLayers({.objects = layer_actions_[0]->isChecked(),
                           .raw_boxes = layer_actions_[1]->isChecked(),
                           .window_grid = layer_actions_[2]->isChecked(),
                           .groups = boxes_page_->layers().groups});
            emit preferencesChanged();
        });
    }
    // Vote | NMS, coarse | fine, and back.
    connect(addMenuAction(menu, tr("Compare"), QKeySequence(Qt::Key_C)), &QAction::triggered, this,
            [this] { requestComparison(boxes_page_->nextComparison()); });
    const std::pair<QString, Qt::Key> steps[] = {{tr("Zoom in"), Qt::Key_Plus},
                                                 {tr("Zoom out"), Qt::Key_Minus}};
    for (const auto& [text, key] : steps) {
        const double factor = key == Qt::Key_Plus ? kZoomStep : 1 / kZoomStep;
        connect(addMenuAction(menu, text, QKeySequence(Qt::CTRL | key)), &QAction::triggered, this,
                [this, factor] { lookedAt().zoomBy(factor); });
    }
    addKey(QKeySequence(Qt::CTRL | Qt::Key_Equal), [this] { lookedAt().zoomBy(kZoomStep); });
    connect(addMenuAction(menu, tr("Whole picture"), QKeySequence(Qt::CTRL | Qt::Key_0)),
            &QAction::triggered, this, [this] { lookedAt().setZoom({}); });
}

void MainWindow::createKeys() {
    createPlayerKeys();
    // Its key needs Shift in some layouts and has a place of its own in others.
    for (const auto with : {Qt::NoModifier, Qt::ShiftModifier})
        addKey(QKeySequence(with | Qt::Key_Question), [this] { showShortcuts(this); });
    for (std::size_t row = 0; row < 9; ++row) {
        addKey(QKeySequence(static_cast<int>(Qt::Key_1) + static_cast<int>(row)), [this, row] {
            if (teaching_->isOn()) {
                teaching_->captureForRow(row);
            } else if (row < TopList::kRows) {
                see_page_->chooseRow(row);
            }
        });
    }
    addKey(QKeySequence(Qt::Key_0), [this] { see_page_->choose(std::nullopt); });
    const auto changeOpacity = [this](double by) { see_page_->heatMap().changeOpacity(by); };
    addKey(QKeySequence(Qt::Key_Plus), [changeOpacity] { changeOpacity(kOpacityStep); });
    addKey(QKeySequence(Qt::Key_Equal), [changeOpacity] { changeOpacity(kOpacityStep); });
    addKey(QKeySequence(Qt::Key_Minus), [changeOpacity] { changeOpacity(-kOpacityStep); });
    addKey(QKeySequence(Qt::Key_V), [this] { boxes_page_->nextMerging(); });
    addKey(QKeySequence(Qt::Key_S), [this] { boxes_page_->nextStride(); });
    for (const Page page : {kSeePage, kTeachPage, kBoxesPage, kNetworkPage}) {
        addKey(QKeySequence(static_cast<int>(Qt::Key_F2) + page), [this, page] { openPage(page); });
    }
    addKey(QKeySequence(Qt::CTRL | Qt::Key_F), [this] {
        openPage(kSeePage);
        see_page_->search().focusField();
    });
}

void MainWindow::openFiles(const QString& title, const QString& filter) {
    auto* dialog = new QFileDialog(this, title, QString(), filter);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    openChosen(*dialog, *this);
}

void MainWindow::openFolder() {
    auto* dialog = new QFileDialog(this, tr("Open a folder"));
    dialog->setFileMode(QFileDialog::Directory);
    openChosen(*dialog, *this);
}

void MainWindow::openAddress() {
    auto* dialog = new QInputDialog(this);
    dialog->setWindowTitle(tr("Open address"));
    dialog->setLabelText(tr("Address of a video stream or picture (rtsp://, http://, https://):"));
    dialog->resize(480, dialog->sizeHint().height());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString& text) {
        const QUrl url = QUrl::fromUserInput(text.trimmed());
        if (url.isValid()) {
            emit openRequested({url});
        } else {
            showMessage({.level = MessageLevel::kWarning,
                         .sentence = tr("This is not an address: %1").arg(text.left(120)),
                         .actions = {},
                         .seconds = 8,
                         .subject = QStringLiteral("address")});
        }
    });
    dialog->open();
}

bool MainWindow::focusNextPrevChild(bool next) {
    QWidget* to =
        nextByTab({source_bar_, messages_, messages_->parentWidget(), player_bar_, side_panel_},
                  focusWidget(), next);
    // A whole part that hides leaves the keyboard to the picture.
    if (!to) to = live_view_->isVisible() ? live_view_ : nullptr;
    if (!to) return false;
    focusVisibly(*to, next ? Qt::TabFocusReason : Qt::BacktabFocusReason);
    return true;
}

bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        // The window's Space must not take it away from a button that has the keyboard, nor Home
        // and End from a list.
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool pressable =
            qobject_cast<QAbstractButton*>(watched) || qobject_cast<QComboBox*>(watched);
        const bool has_ends =
            qobject_cast<QAbstractItemView*>(watched) || qobject_cast<QComboBox*>(watched) ||
            qobject_cast<QAbstractSlider*>(watched) || qobject_cast<QAbstractSpinBox*>(watched);
        const bool wanted = (pressable && key->key() == Qt::Key_Space) ||
                            (has_ends && (key->key() == Qt::Key_Home || key->key() == Qt::Key_End));
        if (wanted && key->modifiers() == Qt::NoModifier) {
            event->accept();
            return true;
        }
    }
    return QMainWindow::eventFilter(watched, event);
}

}  // namespace overfeat::ui
