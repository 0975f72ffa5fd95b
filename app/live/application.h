// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QTimer>
#include <chrono>
#include <memory>

#include "app/live/arguments.h"
#include "app/live/base/desktop_colours.h"
#include "app/live/base/nudge.h"
#include "app/live/base/parts.h"
#include "app/live/base/settings.h"
#include "app/live/base/worker.h"
#include "app/live/network/comparison_controller.h"
#include "app/live/network/fetch_controller.h"
#include "app/live/network/model_controller.h"
#include "app/live/network/server_controller.h"
#include "app/live/output/output_controller.h"
#include "app/live/output/screenshot.h"
#include "app/live/source/source_controller.h"
#include "app/live/teaching/teach_controller.h"
#include "engine/live/scene.h"
#include "engine/live/session.h"
#include "ui/main_window.h"
#include "ui/models_dialog.h"
#include "ui/server_dialog.h"

namespace overfeat::app {

// The composition root of the window: makes the long-lived objects, connects them, and starts and
// stops them in one written order. It decides nothing itself.
//
// The way of a frame: capture thread -> Feed -> { Session (inference thread) -> Update,
// preview slot } -> one nudge each -> here, on the GUI thread -> Scene -> MainWindow.
// Threads: GUI thread only.
class Application : public QObject {
    Q_OBJECT
public:
    Application(Parts parts, const Arguments& arguments, OutputFolders folders = outputFolders());
    ~Application() override;

    void start();
    // Remembers the settings and stops everything, within two seconds unless a driver or a drive
    // hangs. Nothing happens afterwards. Called by the destructor, too.
    void stop();

    // What the process should return, and what to print on stderr if that is not 0.
    int exitCode() const { return exit_code_; }
    const QString& lastSentence() const { return last_sentence_; }

    ui::MainWindow& window() { return window_; }
    ui::ModelsDialog& modelsDialog() { return models_dialog_; }

signals:
    // The program should end, e.g. by leaving the event loop.
    void finished();

private:
    void connectWindow();
    void connectSources();
    void connectModels();
    void connectFetching();
    void connectModelsDialog();
    void connectServers();
    void connectTeaching();
    void connectOutput();
    void connectScreenshot();
    void takeUpdates();
    void endScreenshotWithSource();
    void take(const live::Update& update);
    void noteSourceStatus(const ui::SourceStatusView& status);
    void lookWhereNeeded();
    void showFrame(const FramePtr& frame);
    void record(const FramePtr& frame, std::chrono::steady_clock::time_point when);
    void showDetections();
    void findObjects();
    void say(const char* subject, ui::MessageView message);
    template <class Part>
    void hear(Part& part, const char* subject);
    void sayOnce(const QString& failure);
    void open(const QList<QUrl>& urls);
    void act(const QString& action_id);
    void saveSettingsSoon();
    void saveSettings();
    void end(int exit_code, const QString& sentence);

    // Constructed from top to bottom, destroyed the other way round; stop() follows it.
    const Parts parts_;
    const Arguments arguments_;
    std::shared_ptr<SettingsFile> settings_file_;
    SettingsFile::Loaded loaded_;
    Worker worker_;
    Worker voting_;  // a drive that hangs must not keep a slider waiting
    ui::MainWindow window_;
    ui::ModelsDialog models_dialog_{&window_};
    ui::ServerDialog server_dialog_{&window_};
    DesktopColours desktop_colours_;
    Nudge updates_nudge_;
    live::Session session_;
    live::Scene scene_;  // what is on the screen, and what belongs to it
    ModelController models_;
    ServerController servers_;
    FetchController fetching_;
    ComparisonController comparison_;
    SourceController sources_;
    TeachController teaching_;
    OutputController output_;
    std::unique_ptr<Screenshot> screenshot_;
    QTimer save_timer_;

    QString last_failure_;
    bool save_failure_said_ = false;
    bool offered_ = false;  // the best model, once
    bool finding_ = false;  // objects by other options
    bool stopped_ = false;
    int exit_code_ = 0;
    QString last_sentence_;
};

}  // namespace overfeat::app
