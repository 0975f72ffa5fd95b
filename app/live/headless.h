// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <atomic>
#include <iosfwd>
#include <memory>
#include <optional>

#include "app/live/arguments.h"
#include "app/live/base/nudge.h"
#include "app/live/base/parts.h"
#include "app/teach/teacher.h"
#include "app/video/recorder.h"
#include "engine/live/session.h"
#include "ui/live_view.h"

namespace overfeat::app {

// overfeat-live without a window: the same source, session and drawing, but what is seen is printed
// and, on request, written into an annotated video. Ends with the source, after a number of frames,
// or when it is interrupted.
// Threads: the thread of the event loop only.
class HeadlessRun : public QObject {
    Q_OBJECT
public:
    // Results go to `out`, remarks to `log`; both must outlive this.
    HeadlessRun(Parts parts, const Arguments& arguments, std::ostream& out, std::ostream& log);
    ~HeadlessRun() override;

    void start();
    // Ends with exit code 130, with everything recorded so far in place.
    void interrupt();

signals:
    void finished(int exit_code);

private:
    void useNetwork();
    void lookForTaught();
    void openSource();
    void takeUpdates();
    void see(const live::Update& update);
    void printText(const live::Update& update);
    void printJson(const live::Update& update);
    void record(const live::Update& update);
    void sayRemark(const capture::SourceStatus& status);
    void poll();
    void end(int exit_code, const std::string& sentence);

    const Parts parts_;
    const Arguments arguments_;
    std::ostream& out_;
    std::ostream& log_;
    ui::LiveView view_;  // never shown; draws the video's pictures
    Nudge updates_nudge_;
    Nudge recorder_nudge_;
    live::Session session_;
    std::atomic<std::uint64_t> newest_frame_ = 0;
    // Written on the inference thread before the network is said to be ready, read afterwards.
    std::shared_ptr<teach::LoadedLibrary> library_ = std::make_shared<teach::LoadedLibrary>();
    std::unique_ptr<capture::Source> source_;
    std::unique_ptr<video::Recorder> recorder_;
    QTimer poll_timer_;
    QElapsedTimer since_opened_;  // or since the newest file that was passed over
    QElapsedTimer since_printed_;

    std::string last_sentence_;
    std::string last_remark_;
    std::uint64_t skipped_files_ = 0;
    std::optional<std::size_t> printed_class_;
    std::uint64_t newest_result_ = 0;
    std::chrono::steady_clock::time_point first_captured_;
    int seen_ = 0;
    bool ended_ = false;
};

}  // namespace overfeat::app
