// SPDX-License-Identifier: Apache-2.0
#include "app/live/output_controller.h"

#include <QDateTime>
#include <QFile>
#include <QStandardPaths>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "app/live/messages.h"
#include "app/live/picture_output.h"
#include "app/live/text.h"
#include "engine/core/error.h"

namespace overfeat::app {
namespace {

namespace fs = std::filesystem;

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
    : worker_(worker), folders_(std::move(folders)), failed_nudge_([this] { stopRecording(); }) {}

OutputController::~OutputController() {
    if (recorder_) recorder_->finish();
}

void OutputController::saveSnapshot(const QImage& picture) {
    if (picture.isNull()) {
        emit messageWanted(infoMessage("There is no picture to save yet."));
        return;
    }
    worker_.run([this, picture, folder = folders_.pictures]() -> Worker::Completion {
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

void OutputController::startRecording() {
    if (recorder_) return;
    // The folder is made by the job below, which runs before the recorder is fed.
    worker_.run([this, folder = folders_.videos]() -> Worker::Completion {
        std::error_code problem;  // the recorder says it with the file's name
        fs::create_directories(folder, problem);
        return [this, file = unusedFile(folder, fileName(".mkv"))] {
            if (recorder_) return;
            video_ = file;
            recorder_ = std::make_shared<Recorder>(file, RecorderOptions{}, failed_nudge_.handle());
            emit recordingChanged(true);
        };
    });
}

void OutputController::stopRecording() {
    if (!recorder_) return;
    emit recordingChanged(false);
    worker_.run([this, recorder = std::exchange(recorder_, nullptr),
                 file = video_]() -> Worker::Completion {
        const RecorderStatus status = recorder->finish();
        return [this, status, file] {
            if (!status.failure.empty()) {
                emit messageWanted(errorMessage(shown(status.failure)));
            } else if (status.written == 0) {
                emit messageWanted(infoMessage("Nothing was recorded: there was no picture."));
            } else {
                saved("The recording is saved as ", file);
            }
        };
    });
}

void OutputController::record(const QImage& picture, Recorder::Clock::time_point captured) {
    if (recorder_) recorder_->add(picture, captured);
}

void OutputController::saved(const QString& what, const fs::path& file) {
    newest_folder_ = file.parent_path();
    emit messageWanted(
        withAction(infoMessage(what + shown(file.string()) + "."), kOpenFolder, "Open folder"));
}

}  // namespace overfeat::app
