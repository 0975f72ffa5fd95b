// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QImage>
#include <QObject>
#include <QTimer>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include "app/live/base/nudge.h"
#include "app/live/base/worker.h"
#include "app/video/recorder.h"
#include "ui/view_models.h"

namespace overfeat::app {

// Folders for what a person keeps.
struct OutputFolders {
    std::filesystem::path pictures;
    std::filesystem::path videos;
};
// The user's folders for pictures and videos; the current folder where there is no home.
OutputFolders outputFolders();

// Snapshots and recordings: names the files, writes them on other threads, and says where they are.
// Threads: GUI thread only.
class OutputController : public QObject {
    Q_OBJECT
public:
    OutputController(Worker& worker, OutputFolders folders);
    ~OutputController() override;

    // Writes a PNG. Null images are answered with a sentence.
    void saveSnapshot(const QImage& picture);

    using Clock = std::chrono::steady_clock;
    void startRecording(ui::RecordingFormat format);
    void stopRecording();
    bool recording() const { return recorder_ != nullptr; }
    // One picture of the recording; nothing while not recording.
    void record(video::Recorder::Draw draw, Clock::time_point captured);

    // The folder of the newest file, for "Open folder".
    const std::filesystem::path& newestFolder() const { return newest_folder_; }
    static constexpr const char* kOpenFolder = "open-output-folder";

signals:
    void messageWanted(const overfeat::ui::MessageView& message);
    // It has begun, goes on or has ended.
    void recordingChanged(const overfeat::ui::RecordingView& recording);

private:
    void saved(const QString& what, const std::filesystem::path& file);
    void sayProgress();

    Worker& worker_;
    OutputFolders folders_;
    Nudge failed_nudge_;
    std::shared_ptr<video::Recorder> recorder_;
    Clock::time_point started_;
    QTimer progress_timer_;
    std::filesystem::path newest_folder_;
};

}  // namespace overfeat::app
