// SPDX-License-Identifier: Apache-2.0
#include "ui/main_window.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QCloseEvent>
#include <QComboBox>
#include <QDropEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMimeData>
#include <QShortcut>
#include <QVBoxLayout>
#include <utility>

#include "ui/boxes_page.h"
#include "ui/class_search.h"
#include "ui/heat_map_controls.h"
#include "ui/layer_inspector.h"
#include "ui/live_view.h"
#include "ui/message_stack.h"
#include "ui/network_page.h"
#include "ui/objects_list.h"
#include "ui/player_bar.h"
#include "ui/see_page.h"
#include "ui/side_panel.h"
#include "ui/source_bar.h"
#include "ui/status_strip.h"
#include "ui/teach_page.h"
#include "ui/teach_requests.h"
#include "ui/teaching.h"
#include "ui/theme.h"
#include "ui/top_list.h"

namespace overfeat::ui {

MainWindow::MainWindow(QWidget* parent) : QMainWindow(parent) {
    setWindowTitle(tr("OverFeat Live"));
    setAcceptDrops(true);
    createLayout();
    createMenu();
    createKeys();
    connectWidgets();
    connectBoxes();
    connectTeaching();
    qApp->installEventFilter(this);
    resize(1280, 720);
    setMinimumSize(480, 360);
    live_view_->setFocus();
}

MainWindow::~MainWindow() {
    qApp->removeEventFilter(this);
}

void MainWindow::createLayout() {
    auto* centre = new QWidget(this);
    source_bar_ = new SourceBar(centre);
    auto* stage = new QWidget(centre);
    live_view_ = new LiveView(stage);
    side_panel_ = new SidePanel(centre);
    status_strip_ = new StatusStrip(centre);
    see_page_ = new SeePage(side_panel_);
    teach_requests_ = new TeachRequests(this);
    teach_page_ = new TeachPage(*teach_requests_, side_panel_);
    boxes_page_ = new BoxesPage(side_panel_);
    network_page_ = new NetworkPage(side_panel_);
    panes_ = new ComparisonPanes(stage);
    panes_->hide();
    messages_ = new MessageStack(stage);  // over whichever is there
    side_panel_->addPage(tr("See"), see_page_);
    side_panel_->addPage(tr("Teach"), teach_page_);
    side_panel_->addPage(tr("Boxes"), boxes_page_);
    side_panel_->addPage(tr("Network"), network_page_);

    auto* middle = new QHBoxLayout;
    middle->setSpacing(0);
    auto* on_stage = new QHBoxLayout(stage);
    on_stage->setContentsMargins(0, 0, 0, 0);
    on_stage->setSpacing(0);
    on_stage->addWidget(live_view_, 1);
    on_stage->addWidget(panes_, 1);
    player_bar_ = new PlayerBar(centre);
    auto* picture = new QVBoxLayout;
    picture->setSpacing(0);
    picture->addWidget(stage, 1);
    picture->addWidget(player_bar_);
    middle->addLayout(picture, 1);
    middle->addWidget(side_panel_);
    auto* layout = new QVBoxLayout(centre);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(source_bar_);
    layout->addLayout(middle, 1);
    layout->addWidget(status_strip_);
    setCentralWidget(centre);
}

void MainWindow::connectWidgets() {
    connect(source_bar_, &SourceBar::sourceChosen, this, &MainWindow::sourceChosen);
    connect(source_bar_, &SourceBar::modelChosen, this, &MainWindow::modelChosen);
    connect(source_bar_, &SourceBar::deviceChosen, this, &MainWindow::deviceChosen);
    connect(source_bar_, &SourceBar::playPauseToggled, this, &MainWindow::playPauseToggled);
    connect(source_bar_, &SourceBar::stepRequested, this, &MainWindow::stepRequested);
    connect(source_bar_, &SourceBar::recordToggled, this, &MainWindow::recordToggled);
    connect(source_bar_, &SourceBar::snapshotRequested, this,
            [this] { emit snapshotRequested(true); });
    connect(player_bar_, &PlayerBar::seekRequested, this, &MainWindow::seekRequested);
    connect(player_bar_, &PlayerBar::stepBackRequested, this, &MainWindow::stepBackRequested);
    connect(player_bar_, &PlayerBar::stepRequested, this, &MainWindow::stepRequested);
    connect(player_bar_, &PlayerBar::speedChanged, this, &MainWindow::speedChanged);
    connect(network_page_, &NetworkPage::optionsChanged, this, &MainWindow::optionsChanged);
    connect(network_page_, &NetworkPage::channelChosen, live_view_, &LiveView::setChannel);
    connect(messages_, &MessageStack::actionTriggered, this, &MainWindow::messageActionTriggered);
    connect(side_panel_, &SidePanel::pageChanged, this, &MainWindow::preferencesChanged);
    connect(&see_page_->topList(), &TopList::smoothChanged, this, &MainWindow::preferencesChanged);
    connect(see_page_, &SeePage::chosenClassChanged, this, &MainWindow::selectedClassChanged);
    connect(see_page_, &SeePage::shownClassChanged, this, [this] {
        live_view_->setClass(see_page_->shownClass());
        panes_->setClass(see_page_->shownClass());
    });
    connect(&see_page_->heatMap(), &HeatMapControls::optionsChanged, this,
            [this](const HeatMapOptions& options) {
                live_view_->setHeatMapOptions(options);
                panes_->setHeatMapOptions(options);
                heat_map_action_->setChecked(options.visible);
                boxes_page_->setHeatMapVisible(options.visible);
                emit preferencesChanged();
            });
}

void MainWindow::connectBoxes() {
    boxes_page_->setHeatMapVisible(heat_map_action_->isChecked());
    connect(boxes_page_, &BoxesPage::detectionOptionsChanged, this,
            &MainWindow::detectionOptionsChanged);
    connect(boxes_page_, &BoxesPage::frameRateFloorChanged, this,
            &MainWindow::frameRateFloorChanged);
    connect(boxes_page_, &BoxesPage::comparisonRequested, this, &MainWindow::requestComparison);
    connect(boxes_page_, &BoxesPage::heatMapToggled, this, &MainWindow::setHeatMapVisible);
    connect(boxes_page_, &BoxesPage::optionsChanged, this, [this](const Look& options) {
        network_page_->setOptions(options);
        emit optionsChanged(options);
    });
    connect(network_page_, &NetworkPage::optionsChanged, boxes_page_, &BoxesPage::setOptions);
    connect(boxes_page_, &BoxesPage::layersChanged, this, [this](const BoxLayers& layers) {
        showBoxLayers(layers);
        listObjects();  // their names may be others
        emit preferencesChanged();
    });
    connect(&boxes_page_->list(), &ObjectsList::objectLookedAt, this,
            [this](std::optional<std::size_t> object) { lookedAt().setCurrentObject(object); });
    connect(&boxes_page_->list(), &ObjectsList::ballotWanted, this,
            [this](std::optional<std::size_t> object) { lookedAt().openBallot(object); });
    connect(&boxes_page_->list(), &ObjectsList::windowLookedAt, this,
            [this](const RawBox& raw) { lookedAt().pinProbe(raw); });
    const auto openPage = [this] { side_panel_->setCurrentPage(kBoxesPage); };
    connect(live_view_, &LiveView::objectsChanged, this, &MainWindow::listObjects);
    connect(live_view_, &LiveView::ballotOpened, this, openPage);
    connect(panes_, &ComparisonPanes::objectsChanged, this, &MainWindow::listObjects);
    connect(panes_, &ComparisonPanes::ballotOpened, this, openPage);
}

// The picture that list, ballot and keys are about.
LiveView& MainWindow::lookedAt() {
    return panes_->isHidden() ? *live_view_ : panes_->lookedAt();
}

void MainWindow::listObjects() {
    const LiveView& view = lookedAt();
    const LiveObjects& objects = view.objects();
    boxes_page_->setResult(view.recognition(), objects.get(), objects.current(), objects.ballot());
    boxes_page_->list().setSide(panes_->isHidden() ? QString() : view.title());
}

void MainWindow::setDropHint(bool on) {
    live_view_->setDropHint(on);
    panes_->setDropHint(on);
}

void MainWindow::setHeatMapVisible(bool visible) {
    HeatMapOptions options = see_page_->heatMap().options();
    options.visible = visible;
    see_page_->heatMap().setOptions(options);
    live_view_->setHeatMapOptions(options);
    panes_->setHeatMapOptions(options);
    heat_map_action_->setChecked(visible);
    boxes_page_->setHeatMapVisible(visible);
    emit preferencesChanged();
}

void MainWindow::showBoxLayers(const BoxLayers& layers) {
    boxes_page_->setLayers(layers);
    live_view_->setBoxLayers(layers);
    panes_->setBoxLayers(layers);
    const bool on[] = {layers.objects, layers.raw_boxes, layers.window_grid};
    for (std::size_t i = 0; i < std::size(on); ++i)
        layer_actions_[i]->setChecked(on[i]);
}

void MainWindow::requestComparison(ComparisonChoice choice) {
    boxes_page_->setComparison(choice);
    if (choice == ComparisonChoice::kNone) setComparison(nullptr);
    emit comparisonRequested(choice);
}

QImage MainWindow::snapshot(bool with_overlay) const {
    return panes_->isHidden() ? live_view_->snapshot(with_overlay) : panes_->snapshot(with_overlay);
}

AnnotatedPicture MainWindow::livePicture() const {
    return live_view_->annotated();
}

std::optional<std::size_t> MainWindow::selectedClass() const {
    return see_page_->chosenClass();
}

WindowPreferences MainWindow::preferences() const {
    return {.theme = theme_,
            .heat_map = see_page_->heatMap().options(),
            .boxes = boxes_page_->layers(),
            .smooth = see_page_->topList().isSmooth(),
            .recording =
                static_cast<RecordingFormat>(recording_actions_->checkedAction()->data().toInt()),
            .panel_open = isFullScreen() ? panel_before_full_screen_ : panel_action_->isChecked(),
            .panel_page = side_panel_->currentPage(),
            .geometry = saveGeometry()};
}

void MainWindow::setPreferences(const WindowPreferences& preferences) {
    const QSignalBlocker quiet(this);
    see_page_->heatMap().setOptions(preferences.heat_map);
    live_view_->setHeatMapOptions(see_page_->heatMap().options());
    panes_->setHeatMapOptions(see_page_->heatMap().options());
    heat_map_action_->setChecked(preferences.heat_map.visible);
    boxes_page_->setHeatMapVisible(preferences.heat_map.visible);
    showBoxLayers(preferences.boxes);
    see_page_->topList().setSmooth(preferences.smooth);
    setRecordingFormat(preferences.recording);
    side_panel_->setCurrentPage(preferences.panel_page);
    panel_action_->setChecked(preferences.panel_open);
    setTheme(preferences.theme);
    if (!preferences.geometry.isEmpty()) restoreGeometry(preferences.geometry);
    // The geometry remembers full screen, but bars and panel would not know of it.
    setWindowState(windowState() & ~Qt::WindowFullScreen);
}

void MainWindow::setFrame(const FramePtr& frame) {
    live_view_->setFrame(frame);
    teaching_->pictureChanged();
}

void MainWindow::setRecognition(const std::shared_ptr<const Recognition>& recognition,
                                const FramePtr& frame) {
    see_page_->setRecognition(recognition, frame);
    live_view_->setRecognition(recognition, frame);
    network_page_->setLayerMaps(recognition ? recognition->layer : nullptr);
    live_view_->setClass(see_page_->shownClass());
}

void MainWindow::clear() {
    if (!panes_->isHidden()) requestComparison(ComparisonChoice::kNone);
    see_page_->clear();
    network_page_->setLayerMaps(nullptr);
    live_view_->clear();
}

void MainWindow::clearResults() {
    if (!panes_->isHidden()) requestComparison(ComparisonChoice::kNone);
    see_page_->clear();
    network_page_->setLayerMaps(nullptr);
    live_view_->clearResults();
}

void MainWindow::setSources(const QList<Choice>& sources, const QString& current) {
    source_bar_->setSources(sources, current);
}

void MainWindow::setModels(const QList<Choice>& models, const QString& current) {
    source_bar_->setModels(models, current);
}

void MainWindow::setDevices(const QList<Choice>& devices, const QString& current) {
    source_bar_->setDevices(devices, current);
}

void MainWindow::setSourceStatus(const SourceStatusView& status) {
    const bool runs = status.phase == SourcePhase::kLive || status.phase == SourcePhase::kPaused ||
                      status.phase == SourcePhase::kStalled || status.phase == SourcePhase::kEnded;
    const bool paused = status.phase == SourcePhase::kPaused;
    source_bar_->setPaused(paused);
    source_bar_->setCanStep(runs);
    pause_action_->setText(paused ? tr("Play") : tr("Pause"));
    status_strip_->setSource(status);
    player_bar_->setSourceStatus(status);
    live_view_->setSourceStatus(status);
    teaching_->setSourceStatus(status);
    setWindowTitle(status.name.isEmpty() ? tr("OverFeat Live")
                                         : tr("%1 - OverFeat Live").arg(status.name));
}

void MainWindow::setNetworkStatus(const NetworkStatusView& status) {
    status_strip_->setNetwork(status, live_view_->latency_ms());
}

void MainWindow::setDevice(const DeviceView& device) {
    status_strip_->setDevice(device);
}

void MainWindow::setModel(const ModelView& model) {
    network_page_->setModel(model);
    live_view_->setNetworkWindow(model.window_px);
    panes_->setNetworkWindow(model.window_px);
    boxes_page_->setModel(model);
}

void MainWindow::setOptions(const Look& options) {
    network_page_->setOptions(options);
    boxes_page_->setOptions(options);
}

void MainWindow::setDefaults(const Look& look, double floor_fps) {
    network_page_->setDefaults(look);
    boxes_page_->setDefaults(look, floor_fps);
}

void MainWindow::setDetections(const std::shared_ptr<const Detections>& detections) {
    live_view_->setDetections(detections);
}

void MainWindow::setDetectionOptions(const DetectionOptions& options) {
    boxes_page_->setDetectionOptions(options);
}

void MainWindow::setComparison(const std::shared_ptr<const Comparison>& comparison) {
    const bool on = comparison != nullptr;
    const bool was_on = !panes_->isHidden();
    const QWidget* focused = QApplication::focusWidget();
    const bool has_focus = focused && (focused == live_view_ || panes_->isAncestorOf(focused));
    if (on) {
        panes_->setClass(see_page_->shownClass());
        panes_->setComparison(*comparison);
    } else {
        panes_->clear();
        boxes_page_->setComparison(ComparisonChoice::kNone);
    }
    panes_->setVisible(on);
    live_view_->setVisible(!on);
    if (has_focus && live_view_->isHidden() != was_on) lookedAt().setFocus();
    listObjects();
}

void MainWindow::setBudget(const BudgetView& budget) {
    boxes_page_->setBudget(budget);
    status_strip_->setBudget(budget);
}

void MainWindow::setRecording(const RecordingView& recording) {
    source_bar_->setRecording(recording.on);
    status_strip_->setRecording(recording);
    record_action_->setChecked(recording.on);
}

void MainWindow::showMessage(const MessageView& message) {
    messages_->show(message);
}

void MainWindow::dismissMessage(const QString& action_id) {
    messages_->dismiss(action_id);
}

void MainWindow::setTheme(ThemeMode mode) {
    theme_ = mode;
    for (QAction* action : theme_actions_->actions()) {
        action->setChecked(action->data().toInt() == static_cast<int>(mode));
    }
    applyTheme(*qApp, mode, desktop_is_dark_);
}

void MainWindow::setRecordingFormat(RecordingFormat format) {
    for (QAction* action : recording_actions_->actions())
        action->setChecked(action->data().toInt() == static_cast<int>(format));
}

void MainWindow::setDesktopIsDark(std::optional<bool> dark) {
    desktop_is_dark_ = dark;
    if (theme_ == ThemeMode::kSystem) setTheme(theme_);
}

void MainWindow::setFullScreen(bool on) {
    if (on == isFullScreen()) return;
    if (on) panel_before_full_screen_ = panel_action_->isChecked();
    panel_action_->setChecked(!on && panel_before_full_screen_);
    source_bar_->setVisible(!on);
    status_strip_->setVisible(!on);
    setWindowState(windowState().setFlag(Qt::WindowFullScreen, on));
    full_screen_action_->setChecked(on);
}

// Escape takes back the last thing first: message, comparison, box, channel of a layer, ballot,
// probe, zoom, chosen class, full screen.
void MainWindow::leaveSomething() {
    if (messages_->dismissNewest()) return;
    if (panes_->isVisible()) {
        requestComparison(ComparisonChoice::kNone);
        return;
    }
    if (teaching_->leave()) return;
    if (network_page_->inspector().letGo()) return;
    if (live_view_->objects().ballot()) {
        live_view_->openBallot(std::nullopt);
        return;
    }
    if (live_view_->releaseProbe()) return;
    if (live_view_->zoom().factor > 1) {
        live_view_->setZoom({});
    } else if (see_page_->chosenClass()) {
        see_page_->choose(std::nullopt);
    } else {
        setFullScreen(false);
    }
}

void MainWindow::paste() {
    const QMimeData* copied = QApplication::clipboard()->mimeData();
    if (!copied) return;
    if (copied->hasUrls()) {
        emit openRequested(copied->urls());
    } else if (copied->hasImage()) {
        emit imagePasted(qvariant_cast<QImage>(copied->imageData()));
    } else if (copied->hasText()) {
        const QUrl url(copied->text().trimmed(), QUrl::StrictMode);
        if (url.isValid() && !url.scheme().isEmpty()) emit openRequested({url});
    }
}

void MainWindow::closeEvent(QCloseEvent* event) {
    emit closing();
    QMainWindow::closeEvent(event);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls() || event->mimeData()->hasImage()) {
        event->setDropAction(Qt::CopyAction);
        event->accept();
        setDropHint(true);
    }
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent* event) {
    setDropHint(false);
    QMainWindow::dragLeaveEvent(event);
}

bool MainWindow::event(QEvent* event) {
    // The desktop has another theme now; Qt says so to every window.
    if (event->type() == QEvent::ThemeChange && theme_ == ThemeMode::kSystem) setTheme(theme_);
    return QMainWindow::event(event);
}

void MainWindow::dropEvent(QDropEvent* event) {
    setDropHint(false);
    if (event->mimeData()->hasUrls()) {
        event->setDropAction(Qt::CopyAction);
        event->accept();
        emit openRequested(event->mimeData()->urls());
    } else if (event->mimeData()->hasImage()) {
        event->setDropAction(Qt::CopyAction);
        event->accept();
        emit imagePasted(qvariant_cast<QImage>(event->mimeData()->imageData()));
    }
}

void MainWindow::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) {
        leaveSomething();
        return;
    }
    QMainWindow::keyPressEvent(event);
}

}  // namespace overfeat::ui
