// SPDX-License-Identifier: Apache-2.0
#include "app/live/output/output_controller.h"

#include <QDateTime>
#include <QFile>
#include <QStandardPaths>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "app/live/base/messages.h"
#include "app/live/base/text.h"
#include "app/live/output/picture_output.h"
#include "engine/core/error.h"

namespace overfeat::app {
namespace {

namespace fs = std::filesystem;

constexpr int kProgressMs = 500;

double secondsOf(OutputController::Clock::time_point time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

fs::path standardFolder(QStandardPaths::StandardLocation location) {
    // Without HOME Qt would name the root folder.
    if (std::getenv("HOME") == nullptr) return fs::path(".");
    const QString folder = QStandardPaths::writableLocation(location);
    return folder.isEmpty() ? fs::path(".") : fs::path(QFile::encodeName(folder).toStdString());
}

std::string fileName(const char* extension) {
    return "overfeat-" + QDateTime::currentDateTime().toString("yyyy-MM-dd-HHmmss").toStdString() +
           extension;
}

fs::path unusedFile(const fs::path& folder, const std::string& name) {
    fs::path file = folder / name;
    std::error_code unreadable;
    for (int i = 2; fs::exists(file, unreadable); ++i) {
        file = folder / (fs::path(name).stem().string() + "-" + std::to_string(i) +
                         fs::path(name).extension().string());
    }
    return file;
}

}  // namespace

OutputFolders outputFolders() {
    return {standardFolder(QStandardPaths::PicturesLocation),
            standardFolder(QStandardPaths::MoviesLocation)};
}

OutputController::OutputController(Worker& worker, OutputFolders folders)
    : worker_(worker), folders_(std::move(folders)), failed_nudge_([this] { stopRecording(); }) {
    connect(&progress_timer_, &QTimer::timeout, this, &OutputController::sayProgress);
}

OutputController::~OutputController() {
    if (recorder_) recorder_->finish();
}

void OutputController::saveSnapshot(const QImage& picture) {
    if (picture.isNull()) {
        emit messageWanted(infoMessage("There is no picture to save yet."));
        return;
    }
    worker_.run("pictures", [this, picture, folder = folders_.pictures]() -> Worker::Completion {
        try {
            std::error_code problem;  // the write says it with the file's name
            fs::create_directories(folder, problem);
            const fs::path file = unusedFile(folder, fileName(".png"));
            writePng(picture, file);
            return [this, file] { saved("The picture is saved as ", file); };
        } catch (const Error& error) {
            return [this, sentence = shown(error.what())] {
                emit messageWanted(errorMessage(sentence));
            };
        }
    });
}

void OutputController::startRecording(ui::RecordingFormat format) {
    if (recorder_) return;
    const char* extension = format == ui::RecordingFormat::kMkv ? ".mkv" : ".mp4";
    const auto choose = [folder = folders_.videos, name = fileName(extension)] {
        std::error_code problem;  // the write says it with the file's name
        fs::create_directories(folder, problem);
        return unusedFile(folder, name);
    };
    recorder_ =
        std::make_shared<video::Recorder>(choose, video::WriteOptions(), failed_nudge_.handle());
    started_ = Clock::now();
    progress_timer_.start(kProgressMs);
    sayProgress();
}

void OutputController::stopRecording() {
    if (!recorder_) return;
    progress_timer_.stop();
    worker_.run(
        "videos",
        [this, recorder = std::exchange(recorder_, nullptr),
         end_s = secondsOf(Clock::now())]() -> Worker::Completion {
            const video::RecorderStatus status = recorder->finish(end_s);
            return [this, status] {
                if (!status.failure.empty()) {
                    emit messageWanted(errorMessage(shown(status.failure)));
                } else if (status.pictures == 0) {
                    emit messageWanted(infoMessage("Nothing was recorded: there was no picture."));
                } else if (status.dropped > 0) {
                    saved(QString(
                              "The recording lacks %1 of %2 pictures, because this machine was too "
                              "slow; it is saved as ")
                              .arg(status.dropped)
                              .arg(status.dropped + status.pictures),
                          status.file);
                } else {
                    saved("The recording is saved as ", status.file);
                }
            };
        });
    emit recordingChanged({});
}

void OutputController::record(video::Recorder::Draw draw, Clock::time_point captured) {
    if (recorder_) recorder_->add(std::move(draw), secondsOf(captured));
}

void OutputController::sayProgress() {
    const std::chrono::duration<double> elapsed = Clock::now() - started_;
    emit recordingChanged(
        {.on = true, .seconds = elapsed.count(), .bytes = recorder_->status().bytes});
}

void OutputController::saved(const QString& what, const fs::path& file) {
    newest_folder_ = file.parent_path();
    emit messageWanted(
        withAction(infoMessage(what + shown(file.string()) + "."), kOpenFolder, "Open folder"));
}

}  // namespace overfeat::app
