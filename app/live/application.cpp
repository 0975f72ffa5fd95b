// SPDX-License-Identifier: Apache-2.0
#include "app/live/application.h"

#include <QDesktopServices>
#include <QFile>
#include <utility>

#include "app/live/base/messages.h"
#include "app/live/base/text.h"
#include "app/live/base/view_conversions.h"
#include "app/live/output/annotation.h"
#include "app/live/source/dropped.h"
#include "app/store/replaced_input.h"
#include "engine/core/error.h"
#include "ui/frame_image.h"
#include "ui/network_page.h"

namespace overfeat::app {
namespace {

constexpr int kSaveDelayMs = 1000;

}  // namespace

Application::Application(Parts parts, const Arguments& arguments, OutputFolders folders)
    : parts_(std::move(parts)),
      arguments_(arguments),
      settings_file_(std::make_shared<SettingsFile>(parts_.places.config_folder)),
      loaded_(settings_file_->load()),
      updates_nudge_([this] { takeUpdates(); }),
      session_(updates_nudge_.handle()),
      models_(parts_, worker_, session_, scene_),
      servers_(parts_, worker_),
      fetching_(parts_.models),
      comparison_(models_, session_, voting_),
      sources_(parts_, worker_, [this](FramePtr frame) { session_.submit(std::move(frame)); }),
      teaching_(session_, store::libraryFile(parts_.places)),
      output_(worker_, std::move(folders)) {
    connectWindow();
    connectModels();
    connectFetching();
    connectModelsDialog();
    connectServers();
    connectSources();
    connectTeaching();
    connectOutput();
    if (!arguments_.screenshot.empty()) connectScreenshot();
    save_timer_.setSingleShot(true);
    connect(&save_timer_, &QTimer::timeout, this, &Application::saveSettings);
}

Application::~Application() {
    stop();
}

void Application::start() {
    const Settings& settings = loaded_.settings;
    window_.setPreferences(settings.window);
    desktop_colours_.start();
    if (arguments_.window) window_.resize(arguments_.window->width, arguments_.window->height);
    window_.show();
    const Settings defaults;
    window_.setDefaults(defaults.look, defaults.least_fps);
    window_.setDetectionOptions(settings.look.detection.value_or(DetectionOptions()));
    window_.setBudget({.floor_fps = settings.least_fps});
    const std::string replaced =
        store::replacedInput(arguments_.screenshot, arguments_.source.value_or(settings.source),
                             arguments_.model.value_or(settings.model), *parts_.models);
    if (!replaced.empty()) {
        end(overfeat::exitCode(ErrorCode::kUsage), shown(replaced));
        return;
    }
    models_.setSpeeds(settings.speeds);
    models_.start({.model = arguments_.model.value_or(settings.model),
                   .device = arguments_.device.value_or(settings.device)},
                  {.look = settings.look, .least_fps = settings.least_fps},
                  !arguments_.model && !arguments_.device &&
                      (!settings.model.empty() || settings.device != "auto"),
                  settings.recent_models);
    servers_.start(settings.servers);
    teaching_.start();
    sources_.start(arguments_.source, settings.source, settings.recent_sources);
    if (!loaded_.notice.isEmpty()) {
        say("settings", warningMessage(loaded_.notice));
    }
}

void Application::stop() {
    if (std::exchange(stopped_, true)) return;
    save_timer_.stop();
    saveSettings();
    sources_.stop();  // no frame after this
    session_.stop();  // no result after this
    output_.stopRecording();
    fetching_.stop();
    teaching_.stop(parts_.patience_at_end);
    voting_.stop(parts_.patience_at_end);
    worker_.stop(parts_.patience_at_end);  // saves and finishes what was given to it
}

void Application::say(const char* subject, ui::MessageView message) {
    if (message.subject.isEmpty()) message.subject = QLatin1String(subject);
    window_.showMessage(message);
}

// What a part says takes the place of what it said before, unless that was about something else.
template <class Part>
void Application::hear(Part& part, const char* subject) {
    connect(&part, &Part::messageWanted, this,
            [this, subject](const ui::MessageView& message) { say(subject, message); });
}

void Application::connectWindow() {
    connect(&window_, &ui::MainWindow::openRequested, this, &Application::open);
    connect(&window_, &ui::MainWindow::messageActionTriggered, this, &Application::act);
    connect(&window_, &ui::MainWindow::preferencesChanged, this, &Application::saveSettingsSoon);
    connect(&window_, &ui::MainWindow::closing, this, &Application::finished);
    connect(&desktop_colours_, &DesktopColours::changed, &window_,
            &ui::MainWindow::setDesktopIsDark);
}

void Application::connectModels() {
    connect(&window_, &ui::MainWindow::modelChosen, &models_,
            [this](const QString& id) { models_.useModel(bytesOf(id)); });
    connect(&window_, &ui::MainWindow::deviceChosen, &models_,
            [this](const QString& id) { models_.useDevice(bytesOf(id)); });
    connect(&window_, &ui::MainWindow::optionsChanged, &models_, [this](const Look& look) {
        models_.setLook(look);
        lookWhereNeeded();  // at a still picture, too
        comparison_.lookAgain();
        saveSettingsSoon();
    });
    connect(&window_, &ui::MainWindow::detectionOptionsChanged, this,
            [this](const DetectionOptions& options) {
                // What is shown answers at once, without another run of the network.
                models_.setDetection(options);
                showDetections();  // those that pass the score, at once
                findObjects();
                comparison_.refresh();
                saveSettingsSoon();
            });
    connect(&window_, &ui::MainWindow::comparisonRequested, this,
            [this](ui::ComparisonChoice choice) {
                comparison_.show(choice, scene_.recognition(), scene_.recognised());
            });
    connect(&comparison_, &ComparisonController::changed, &window_, &ui::MainWindow::setComparison);
    hear(comparison_, "comparison");
    connect(&window_, &ui::MainWindow::frameRateFloorChanged, this, [this](double fps) {
        models_.setLeastFps(fps);
        saveSettingsSoon();
    });
    ui::NetworkPage& page = window_.networkPage();
    connect(&page, &ui::NetworkPage::profileRequested, &models_, &ModelController::requestProfile);
    connect(&page, &ui::NetworkPage::layerWanted, &models_,
            [this](const std::optional<LayerLook>& layer) {
                models_.setLayer(layer);
                lookWhereNeeded();  // at a still picture, too
            });
    connect(&models_, &ModelController::modelReady, &window_,
            [this](const ui::ModelView& model, const ui::DeviceView& device) {
                window_.clearResults();
                last_failure_.clear();
                window_.setModel(model);
                comparison_.setModel(model);
                window_.setDevice(device);
                saveSettingsSoon();
            });
    connect(&models_, &ModelController::lookChanged, &window_, &ui::MainWindow::setOptions);
    connect(&models_, &ModelController::layerTimingsReady, &page,
            &ui::NetworkPage::setLayerTimings);
    connect(&models_, &ModelController::modelChoicesChanged, &window_, &ui::MainWindow::setModels);
    connect(&models_, &ModelController::deviceChoicesChanged, &window_,
            &ui::MainWindow::setDevices);
    hear(models_, "model");
}

void Application::connectFetching() {
    connect(&models_, &ModelController::fetchWanted, &fetching_,
            [this](const std::string& model) { fetching_.fetch(model); });
    connect(&models_, &ModelController::modelsListed, &fetching_, [this] {
        const std::string& model = models_.current().model;
        const bool chosen = !model.empty() && model != store::ModelStore::kDefaultName;
        if (chosen || !models_.bestIsMissing() || std::exchange(offered_, true)) return;
        fetching_.offer(parts_.models->published().list().front());
    });
    connect(&fetching_, &FetchController::fetched, &models_,
            [this](const QString& name, bool use) { models_.noteFetched(bytesOf(name), use); });
    hear(fetching_, "fetching");
    connect(&fetching_, &FetchController::messageOutdated, &window_,
            &ui::MainWindow::dismissMessage);
}

void Application::connectModelsDialog() {
    connect(&window_, &ui::MainWindow::moreModelsRequested, &models_dialog_, [this] {
        models_dialog_.show();
        models_dialog_.raise();
        models_dialog_.activateWindow();
    });
    connect(&models_dialog_, &ui::ModelsDialog::opened, &models_, &ModelController::measureSpeed);
    connect(&models_dialog_, &ui::ModelsDialog::useWanted, &models_,
            [this](const QStringList& ids) {
                std::vector<std::string> models;
                for (const QString& id : ids)
                    models.push_back(bytesOf(id));
                models_.useModels(models);
            });
    connect(&models_dialog_, &ui::ModelsDialog::fetchWanted, &fetching_,
            [this](const QString& id) { fetching_.fetch(bytesOf(id), false); });
    connect(&models_dialog_, &ui::ModelsDialog::cancelWanted, &fetching_, &FetchController::cancel);
    connect(&models_dialog_, &ui::ModelsDialog::removeWanted, &models_,
            [this](const QString& id) { models_.removeModel(bytesOf(id)); });
    connect(&models_, &ModelController::modelRowsChanged, &models_dialog_,
            &ui::ModelsDialog::setRows);
    connect(&models_, &ModelController::modelReady, &models_dialog_, [this] {
        if (models_dialog_.isVisible()) models_.measureSpeed();
    });
    connect(&models_, &ModelController::speedsChanged, this, &Application::saveSettingsSoon);
    connect(&fetching_, &FetchController::progressed, &models_dialog_,
            &ui::ModelsDialog::setProgress);
}

void Application::connectServers() {
    connect(&window_, &ui::MainWindow::serverRequested, &server_dialog_, &ui::ServerDialog::open);
    connect(&server_dialog_, &ui::ServerDialog::useWanted, &servers_, &ServerController::use);
    connect(&server_dialog_, &ui::ServerDialog::cancelled, &servers_, &ServerController::cancel);
    connect(&servers_, &ServerController::answered, &server_dialog_, &ui::ServerDialog::answer);
    connect(&servers_, &ServerController::found, &models_, &ModelController::useDevice);
    connect(&servers_, &ServerController::found, this, &Application::saveSettingsSoon);
    connect(&servers_, &ServerController::serversChanged, &models_, [this] {
        models_.setServers(servers_.servers());
        const auto [address, grpc] = servers_.newest();
        server_dialog_.setServer(address, grpc);
    });
}

void Application::connectSources() {
    connect(&window_, &ui::MainWindow::sourceChosen, &sources_, [this](const QString& id) {
        if (id.isEmpty()) {
            sources_.cancelOpening();  // the pasted picture, again: it is what runs
        } else {
            sources_.open(bytesOf(id));
        }
    });
    connect(&window_, &ui::MainWindow::playPauseToggled, &sources_, &SourceController::setPaused);
    connect(&window_, &ui::MainWindow::stepRequested, &sources_, &SourceController::step);
    connect(&window_, &ui::MainWindow::stepBackRequested, &sources_, &SourceController::stepBack);
    connect(&window_, &ui::MainWindow::seekRequested, &sources_, &SourceController::seek);
    connect(&window_, &ui::MainWindow::speedChanged, &sources_, &SourceController::setSpeed);
    connect(&window_, &ui::MainWindow::imagePasted, &sources_, [this](const QImage& image) {
        try {
            sources_.openPicture(ui::imageFrom(image));
        } catch (const Error& error) {
            say("source", errorMessage(shown(error.what())));
        }
    });
    connect(&sources_, &SourceController::frameArrived, this, &Application::showFrame);
    connect(&sources_, &SourceController::changed, &window_, [this] {
        models_.watch(sources_.number());
        window_.clear();
        last_failure_.clear();
        saveSettingsSoon();
    });
    connect(&sources_, &SourceController::chosenChanged, this, &Application::saveSettingsSoon);
    connect(&sources_, &SourceController::statusChanged, &window_,
            &ui::MainWindow::setSourceStatus);
    connect(&sources_, &SourceController::statusChanged, this, &Application::noteSourceStatus);
    connect(&sources_, &SourceController::choicesChanged, &window_, &ui::MainWindow::setSources);
    hear(sources_, "source");
    connect(&sources_, &SourceController::messageOutdated, &window_,
            &ui::MainWindow::dismissMessage);
}

void Application::connectTeaching() {
    teaching_.connectTo(window_.teachRequests());
    connect(&models_, &ModelController::networkReady, &teaching_, &TeachController::setNetwork);
    connect(&teaching_, &TeachController::taughtChanged, this,
            [this](const std::shared_ptr<const TaughtClasses>& taught, bool only_taught) {
                models_.setTaught(taught, only_taught);
                lookWhereNeeded();  // at a still picture, too
                if (scene_.isAnswered()) teaching_.lookCloser();
            });
    connect(&teaching_, &TeachController::viewChanged, &window_, &ui::MainWindow::setTeach);
    connect(&teaching_, &TeachController::similaritiesChanged, &window_,
            &ui::MainWindow::setTaughtSimilarities);
    connect(&teaching_, &TeachController::suggestedBoxChanged, &window_,
            &ui::MainWindow::setSuggestedBox);
    connect(&teaching_, &TeachController::freezeRequested, &sources_, &SourceController::setPaused);
    hear(teaching_, "teaching");
}

void Application::connectOutput() {
    connect(&window_, &ui::MainWindow::snapshotRequested, &output_,
            [this](bool with_overlay) { output_.saveSnapshot(window_.snapshot(with_overlay)); });
    connect(&window_, &ui::MainWindow::recordToggled, &output_, [this](bool recording) {
        if (!recording) {
            output_.stopRecording();
            return;
        }
        output_.startRecording(window_.preferences().recording);
        // A picture at rest is all there may be to record.
        record(scene_.shown(), std::chrono::steady_clock::now());
    });
    connect(&output_, &OutputController::recordingChanged, &window_, &ui::MainWindow::setRecording);
    hear(output_, "output");
}

void Application::connectScreenshot() {
    screenshot_ =
        std::make_unique<Screenshot>(window_, arguments_.screenshot, arguments_.after_frames);
    connect(screenshot_.get(), &Screenshot::finished, this, &Application::end);
    connect(&sources_, &SourceController::refused, screenshot_.get(),
            [this](const QString& sentence) {
                screenshot_->giveUp(sentence, overfeat::exitCode(ErrorCode::kInput));
            });
    connect(&sources_, &SourceController::exhausted, this, &Application::endScreenshotWithSource);
    connect(&models_, &ModelController::refused, screenshot_.get(),
            [this](const QString& sentence) {
                screenshot_->giveUp(sentence, overfeat::exitCode(ErrorCode::kModel));
            });
}

void Application::takeUpdates() {
    if (stopped_) return;
    sources_.showFrames();  // a result may have overtaken its picture on the way here
    for (const live::Update& update : session_.takeUpdates()) {
        if (update.device_changed) {
            models_.noteDevice(*update.device_changed);
        } else if (update.command == 0) {
            take(update);
        } else if (models_.handleSpeed(update)) {
            continue;
        } else if (!comparison_.handle(update) && !teaching_.handle(update)) {
            models_.handle(update);
        }
    }
    lookWhereNeeded();
    if (scene_.isAnswered()) teaching_.lookCloser();
}

void Application::take(const live::Update& update) {
    if (!scene_.take(update)) return;
    window_.setNetworkStatus(networkStatusView(update.statistics));
    if (update.failure) {
        const QString failure = shown(update.failure->what());
        sayOnce(failure);
        if (screenshot_) screenshot_->giveUp(failure, overfeat::exitCode(update.failure->code()));
        return;
    }
    last_failure_.clear();
    window_.setRecognition(scene_.recognition(), scene_.recognised());
    teaching_.noteRecognition(scene_.recognition());
    const LeftOut& left_out = scene_.recognition()->left_out;
    window_.setBudget({.floor_fps = models_.settings().least_fps,
                       .dropped_scales = left_out.scales,
                       .dropped_fine_steps = left_out.fine_steps});
    showDetections();
    findObjects();
    // No other picture follows one at rest, so its result makes a picture of its own.
    if (scene_.fits() && scene_.rests()) record(scene_.shown(), std::chrono::steady_clock::now());
    if (screenshot_) screenshot_->noteResult();
    endScreenshotWithSource();
}

// A still picture, or the end of a video, gives no other result however many are wanted.
void Application::endScreenshotWithSource() {
    if (screenshot_ && sources_.isLast(scene_.recognised())) screenshot_->noteEnd();
}

// A network that cannot look at a frame will fail at the next ones as well.
void Application::sayOnce(const QString& failure) {
    if (failure == last_failure_) return;
    last_failure_ = failure;
    say("network", errorMessage(failure));
}

void Application::noteSourceStatus(const ui::SourceStatusView& status) {
    teaching_.setSourceName(status.item.isEmpty() ? status.name : status.item);
    const bool moving =
        status.phase != ui::SourcePhase::kPaused && status.phase != ui::SourcePhase::kEnded;
    if (models_.settings().moving != moving) {
        // Every frame the network got while the video ran is in the preview by now.
        if (!moving) sources_.showNewest();
        models_.setMoving(moving);
        lookWhereNeeded();
    }
    // Also while no result comes: a rate of 17 beside a paused picture would be a lie.
    window_.setNetworkStatus(networkStatusView(session_.statistics()));
}

void Application::lookWhereNeeded() {
    if (FramePtr frame = scene_.toLookAt()) session_.submit(std::move(frame));
}

void Application::showFrame(const FramePtr& frame) {
    if (!scene_.show(frame)) return;
    window_.setFrame(frame);
    lookWhereNeeded();
    record(frame, frame->captured);
}

// The picture on the screen with what is known of it: names of another picture are not.
void Application::record(const FramePtr& frame, std::chrono::steady_clock::time_point when) {
    if (!output_.recording() || !frame) return;
    output_.record(
        recordedPicture(window_.livePicture(), scene_.applies() ? scene_.recognition() : nullptr),
        when);
}

// Those of other options than the result's own; it brings its own by itself.
void Application::showDetections() {
    if (!scene_.recognition()) return;
    if (scene_.detections().get() != &scene_.recognition()->detections)
        window_.setDetections(scene_.detections());
}

// One after the other: a slider asks more often than thousands of boxes can be counted.
void Application::findObjects() {
    const auto wanted = scene_.wantedObjects();
    if (!wanted || std::exchange(finding_, true)) return;
    voting_.run([this, wanted = *wanted]() -> Worker::Completion {
        std::shared_ptr<const Detections> objects;
        try {
            objects = std::make_shared<const Detections>(wanted.find());
        } catch (const std::exception&) {  // options outside their limits, or no memory
            objects = std::make_shared<const Detections>();
        }
        return [this, wanted, objects] {
            finding_ = false;
            if (scene_.setObjects(wanted, objects)) showDetections();
            findObjects();
        };
    });
}

void Application::open(const QList<QUrl>& urls) {
    const Dropped dropped = sortDropped(urls);
    if (!dropped.model.empty()) models_.useModel(dropped.model);
    if (!dropped.source.empty()) sources_.open(dropped.source);
    if (!dropped.remark.isEmpty()) {
        say("dropped", infoMessage(dropped.remark));
    }
}

void Application::act(const QString& action_id) {
    if (fetching_.act(action_id)) return;
    if (sources_.act(action_id)) return;
    if (action_id == OutputController::kOpenFolder) {
        QDesktopServices::openUrl(
            QUrl::fromLocalFile(QFile::decodeName(output_.newestFolder().c_str())));
    }
}

void Application::saveSettingsSoon() {
    if (!stopped_) save_timer_.start(kSaveDelayMs);
}

void Application::saveSettings() {
    // A picture of the window is taken for others; it should not change what the user has set.
    if (!arguments_.screenshot.empty()) return;
    Settings settings;
    settings.source = sources_.chosen();
    settings.recent_sources = sources_.recent();
    settings.model = models_.current().model;
    settings.recent_models = models_.recent();
    settings.servers = servers_.servers();
    settings.speeds = models_.speeds();
    settings.device = models_.current().device;
    settings.look = models_.settings().look;
    settings.least_fps = models_.settings().least_fps;
    settings.window = window_.preferences();
    worker_.run("settings", [this, file = settings_file_, settings]() -> Worker::Completion {
        const QString failure = file->save(settings);
        if (failure.isEmpty()) return {};
        return [this, failure] {
            if (std::exchange(save_failure_said_, true)) return;
            say("settings", warningMessage(failure));
        };
    });
}

void Application::end(int exit_code, const QString& sentence) {
    exit_code_ = exit_code;
    last_sentence_ = sentence;
    emit finished();
}

}  // namespace overfeat::app
