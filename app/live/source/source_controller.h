// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QList>
#include <QObject>
#include <QTimer>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/live/base/nudge.h"
#include "app/live/base/parts.h"
#include "app/live/base/worker.h"
#include "app/live/source/feed.h"
#include "ui/view_models.h"

namespace overfeat::app {

// Which source runs, and what a person may choose instead.
//
// A new source is opened beside the running one and takes its place with its first frame; if it
// cannot be used, the running one goes on and a sentence says why. Looking at paths and listing
// cameras happens on the worker, opening and reading on the sources' own threads.
// Threads: GUI thread only.
class SourceController : public QObject {
    Q_OBJECT
public:
    // `to_network` is called on capture threads.
    SourceController(const Parts& parts, Worker& worker, std::function<void(FramePtr)> to_network);
    ~SourceController() override;

    // Opens `wanted` if it is set, else `remembered` if it is not empty, else the first camera that
    // can be used; where that fails, the demo clip, saying so.
    void start(const std::optional<std::string>& wanted, const std::string& remembered,
               std::vector<std::string> recent);
    void open(const std::string& target);
    void openPicture(Image picture);
    // What is being opened is given up; what runs goes on.
    void cancelOpening();
    void setPaused(bool paused);
    void step();
    // As capture::Source has them; after the end of a video too.
    void stepBack();
    void seek(double media_time_s);
    void setSpeed(double factor);
    void lookForCameras();
    // What a message of this offered; false if it was another's.
    bool act(const QString& action_id);
    // Says frameArrived() for a frame that is waiting; also happens by itself, as often as the
    // screen can show.
    void showFrames();
    // The same without waiting for the screen: what rests is shown as far as it came.
    void showNewest();
    // Closes everything; no frame arrives afterwards.
    void stop();

    // Frame::source of the running source's frames; changes with changed(). 0 = no source yet.
    std::uint64_t number() const { return running_.number; }
    // Whether this frame was the last one: the source is a picture, or has come to its end.
    bool isLast(const FramePtr& frame) const;
    // What a person has chosen and what gave a picture; not the demo clip that stands in for it,
    // nor the first camera, nor an address that never answered. Empty = nothing yet.
    std::string chosen() const;
    const std::vector<std::string>& recent() const { return recent_; }

    static constexpr const char* kCancelOpening = "cancel-opening";
    static constexpr const char* kTryAgain = "try-source-again";
    static constexpr const char* kShowDemo = "show-demo";

signals:
    void frameArrived(const overfeat::FramePtr& frame);
    // Another source runs; frames and results of the old one are history.
    void changed();
    void chosenChanged();
    void statusChanged(const overfeat::ui::SourceStatusView& status);
    void choicesChanged(const QList<overfeat::ui::Choice>& choices, const QString& current);
    void messageWanted(const overfeat::ui::MessageView& message);
    void messageOutdated(const QString& action_id);
    // What was asked for cannot be used; also said by a message.
    void refused(const QString& sentence);
    // The source has come to its end, or has failed and will not be tried again.
    void exhausted();

private:
    struct Running {
        std::unique_ptr<capture::Source> source;
        std::shared_ptr<Feed> feed;
        std::string target;
        std::uint64_t number = 0;
        bool chosen = false;  // by a person, rather than by us
        bool had_frame = false;
        bool finished = false;  // its end or failure has been said
        bool lost = false;      // that too
        bool remarked = false;  // what a picture lacks: once, a folder may be full of such
    };

    // What was asked for and has given no picture yet, from the first look at its path on.
    struct Opening {
        std::string target;
        QElapsedTimer age;
        bool announced = false;  // "Opening ..." has been said
    };

    void openFirstCamera();
    void sayOpening();
    void endOpening();
    void take(const capture::SourceSpec& spec, const std::string& target, bool chosen);
    Running makeRunning(const std::string& target);
    void promote();
    void noteThatItWorks();
    // `target`: what cannot be used, as it was given.
    void refuse(const QString& sentence, const std::string& target);
    void forget(const std::string& target);
    void poll();
    void pollCandidate();
    void pollRunning();
    void sayLost(const capture::SourceStatus& status);
    void publishChoices();

    const Parts& parts_;
    Worker& worker_;
    Worker paths_;  // one of its own: dead drives that were tried hold up nothing else
    std::function<void(FramePtr)> to_network_;
    std::uint64_t numbers_ = 0;
    capture::SourceOptions options_;

    Nudge frames_nudge_;
    Nudge cameras_nudge_;
    std::shared_ptr<void> camera_watch_;
    QTimer poll_timer_;
    QTimer frame_timer_;
    QElapsedTimer since_shown_;
    int frame_interval_ms_;

    Running running_;
    std::optional<Running> candidate_;
    std::optional<Opening> opening_;
    std::string chosen_;
    std::string refused_;  // for "Try again"; empty = the first camera
    int requests_ = 0;     // a later open() overtakes an earlier one that is still being looked at
    std::vector<capture::CameraInfo> cameras_;
    std::vector<std::string> recent_;
    bool stopped_ = false;
};

}  // namespace overfeat::app
