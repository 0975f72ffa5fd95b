// SPDX-License-Identifier: Apache-2.0
#include "app/live/source/source_controller.h"

#include <QGuiApplication>
#include <QScreen>
#include <algorithm>
#include <chrono>
#include <utility>

#include "app/capture/frame_pool.h"
#include "app/live/base/messages.h"
#include "app/live/base/settings.h"
#include "app/live/base/text.h"
#include "app/live/base/view_conversions.h"
#include "app/live/source/pasted_picture.h"
#include "engine/core/error.h"

namespace overfeat::app {
namespace {

using capture::SourceKind;
using capture::SourceSpec;
using capture::SourceState;

constexpr int kPollMs = 200;
constexpr int kSayOpeningAfterMs = 1000;
constexpr std::chrono::milliseconds kPatienceAtEnd{100};  // nobody waits for these answers any more
constexpr const char* kDemo = "demo";

// More pictures than the screen shows would only cost time.
int displayIntervalMs() {
    const QScreen* screen = QGuiApplication::primaryScreen();
    const double rate = screen != nullptr ? screen->refreshRate() : 60.0;
    return static_cast<int>(1000.0 / std::clamp(rate, 24.0, 240.0)) - 1;
}

// A camera can be plugged in, and a server be started; a file stays as it is.
bool mayComeBack(const std::string& target) {
    return target.starts_with("camera:") || target.find("://") != std::string::npos;
}

bool isFileLike(SourceKind kind) {
    return kind == SourceKind::kVideo || kind == SourceKind::kPicture ||
           kind == SourceKind::kFolder;
}

// Each about its own subject: what is said of the one leaves the others.
ui::MessageView about(const char* subject, ui::MessageView message) {
    message.subject = QLatin1String(subject);
    return message;
}
constexpr const char* kOpening = "opening";
constexpr const char* kRemark = "remark";

// What parseSource will read as the same source again, from whatever folder.
std::string targetText(const SourceSpec& spec) {
    if (spec.kind == SourceKind::kDemo) return kDemo;
    if (spec.kind == SourceKind::kCamera) return "camera:" + spec.target;
    return spec.target;
}

// So that it means the same from whatever folder the program is started next time.
SourceSpec madeAbsolute(SourceSpec spec) {
    if (isFileLike(spec.kind)) spec.target = std::filesystem::absolute(spec.target).string();
    return spec;
}

}  // namespace

SourceController::SourceController(const Parts& parts, Worker& worker,
                                   std::function<void(FramePtr)> to_network)
    : parts_(parts),
      worker_(worker),
      to_network_(std::move(to_network)),
      frames_nudge_([this] { showFrames(); }),
      cameras_nudge_([this] { lookForCameras(); }),
      frame_interval_ms_(displayIntervalMs()) {
    if (const auto clip = store::findResource(parts.places, "demo/demo.mkv")) {
        options_.demo_clip = *clip;
    }
    frame_timer_.setSingleShot(true);
    connect(&frame_timer_, &QTimer::timeout, this, &SourceController::showFrames);
    connect(&poll_timer_, &QTimer::timeout, this, &SourceController::poll);
}

SourceController::~SourceController() {
    stop();
}

void SourceController::start(const std::optional<std::string>& wanted,
                             const std::string& remembered, std::vector<std::string> recent) {
    recent_ = std::move(recent);
    chosen_ = remembered;
    poll_timer_.start(kPollMs);
    camera_watch_ = parts_.watch_cameras(cameras_nudge_.handle());
    lookForCameras();
    if (wanted) {
        open(*wanted);
    } else if (!remembered.empty()) {
        open(remembered);
    } else {
        openFirstCamera();
    }
}

// Cameras are listed once more, in the job's own time: the list may not have arrived yet.
void SourceController::openFirstCamera() {
    const int request = ++requests_;
    candidate_.reset();
    endOpening();
    worker_.run("cameras", [this, request, list = parts_.list_cameras]() -> Worker::Completion {
        const auto cameras = list();
        const auto usable = std::ranges::find_if(
            cameras, [](const capture::CameraInfo& camera) { return camera.problem.empty(); });
        std::optional<SourceSpec> camera;
        if (usable != cameras.end()) camera = {SourceKind::kCamera, usable->id};
        return [this, request, camera] {
            if (request != requests_) return;
            if (camera) {
                take(*camera, targetText(*camera), false);
                return;
            }
            QString sentence =
                "No camera was found: plug one in, or drop a video, a picture or a "
                "folder here.";
            if (!running_.source) {
                sentence += " This is the demo clip.";
                take({SourceKind::kDemo, {}}, kDemo, false);
            }
            refused_.clear();
            emit messageWanted(withAction(messageView(ui::MessageLevel::kInfo, sentence, 0),
                                          kTryAgain, "Try again"));
        };
    });
}

void SourceController::open(const std::string& target) {
    const int request = ++requests_;
    candidate_.reset();  // asked for before
    endOpening();
    opening_ = Opening{target, {}, false};
    opening_->age.start();
    paths_.run(target,
               [this, request, target, parse = parts_.parse_source]() -> Worker::Completion {
                   QString sentence;
                   try {
                       const SourceSpec spec = madeAbsolute(parse(target));
                       return [this, request, spec] {
                           if (request == requests_) take(spec, targetText(spec), true);
                       };
                   } catch (const std::exception& error) {
                       sentence = shown(error.what());
                   }
                   return [this, request, sentence, target] {
                       if (request == requests_) refuse(sentence, target);
                   };
               });
}

void SourceController::openPicture(Image picture) {
    ++requests_;
    endOpening();
    Running pasted = makeRunning({});
    auto frame = std::make_shared<Frame>();
    frame->source = pasted.number;
    frame->id = capture::nextFrameId();
    frame->captured = std::chrono::steady_clock::now();
    frame->image = std::move(picture);
    frame->name = "Pasted picture";
    frame->still = true;
    pasted.source = std::make_unique<PastedPicture>(frame, Feed::sink(pasted.feed));
    candidate_ = std::move(pasted);
    promote();
}

SourceController::Running SourceController::makeRunning(const std::string& target) {
    Running running;
    running.target = target;
    running.feed = std::make_shared<Feed>();
    running.feed->nudge = frames_nudge_.handle();
    running.feed->to_network = to_network_;
    running.number = ++numbers_;
    return running;
}

void SourceController::take(const SourceSpec& spec, const std::string& target, bool chosen) {
    if (stopped_) return;
    candidate_.reset();
    // A device can be opened once: the same one again means closing it first.
    if (running_.source && running_.target == target) running_ = {};
    Running opened = makeRunning(target);
    opened.chosen = chosen;
    capture::SourceOptions options = options_;
    options.number = opened.number;
    opened.source = parts_.open_source(spec, options, Feed::sink(opened.feed));
    candidate_ = std::move(opened);
    if (!opening_) {  // not asked for by name
        opening_ = Opening{target, {}, false};
        opening_->age.start();
    }
    // With nothing worth keeping, its state (opening, retrying) is what there is to see.
    if (!running_.had_frame) promote();
}

void SourceController::promote() {
    running_ = {};  // closes the old source before the new one feeds the network
    running_ = std::move(*candidate_);
    candidate_.reset();
    endOpening();
    emit messageOutdated(kTryAgain);  // of what ran before
    emit changed();
    const SourceSpec& spec = running_.source->spec();
    if (isFileLike(spec.kind) || spec.kind == SourceKind::kStream) {
        if (!running_.target.empty()) remember(recent_, running_.target);
    }
    publishChoices();
    showFrames();
}

void SourceController::refuse(const QString& sentence, const std::string& target) {
    endOpening();
    emit refused(sentence);
    forget(target);
    ui::MessageView message = errorMessage(sentence);
    if (running_.source) {
        publishChoices();  // the chooser shows what really runs
    } else {
        message.sentence += " The demo clip is shown instead.";
        take({SourceKind::kDemo, {}}, kDemo, false);
    }
    refused_ = target;
    if (mayComeBack(target)) message = withAction(message, kTryAgain, "Try again");
    emit messageWanted(message);
}

// A file that cannot be used is not offered again; what was chosen last is, at the next start: its
// disk may be there again.
void SourceController::forget(const std::string& target) {
    if (mayComeBack(target)) return;
    std::error_code unknown;
    const std::string file = std::filesystem::absolute(target, unknown).string();
    if (std::erase(recent_, target) + std::erase(recent_, file) > 0) emit chosenChanged();
}

bool SourceController::act(const QString& action_id) {
    if (action_id == kCancelOpening) {
        cancelOpening();
    } else if (action_id == kTryAgain) {
        if (refused_.empty()) {
            openFirstCamera();
        } else {
            open(refused_);
        }
    } else if (action_id == kShowDemo) {
        open(kDemo);
    } else {
        return false;
    }
    return true;
}

// Once for each time it vanishes; meanwhile it is tried again by itself. While a try opens it, it
// is not back.
void SourceController::sayLost(const capture::SourceStatus& status) {
    if (status.state == SourceState::kOpening) return;
    const bool lost = status.state == SourceState::kLost;
    if (std::exchange(running_.lost, lost) == lost) return;
    if (!lost) {
        emit messageOutdated(kTryAgain);
        return;
    }
    refused_ = running_.target;
    emit messageWanted(
        withAction(withAction(errorMessage(shown(status.sentence)), kTryAgain, "Try again"),
                   kShowDemo, "Demo"));
}

void SourceController::setPaused(bool paused) {
    if (!running_.source) return;
    if (!paused && running_.finished) {  // play after the end: from the start
        const SourceSpec spec = running_.source->spec();
        const std::string target = running_.target;
        if (spec.kind == SourceKind::kPicture) return;
        cancelOpening();  // of another one
        take(spec, target, running_.chosen);
        return;
    }
    running_.source->setPaused(paused);
    poll();
}

void SourceController::step() {
    if (!running_.source) return;
    running_.source->setPaused(true);  // one more frame, and no others after it
    running_.source->step();
    poll();
}

void SourceController::stepBack() {
    if (!running_.source) return;
    running_.source->setPaused(true);
    running_.source->stepBack();
    running_.finished = false;  // its end is before it again
    poll();
}

void SourceController::seek(double media_time_s) {
    if (!running_.source) return;
    running_.source->seek(media_time_s);
    running_.finished = false;
    poll();
}

void SourceController::setSpeed(double factor) {
    if (!running_.source) return;
    running_.source->setSpeed(factor);
    poll();
}

void SourceController::cancelOpening() {
    ++requests_;
    candidate_.reset();
    endOpening();
    publishChoices();
}

void SourceController::sayOpening() {
    if (!opening_ || opening_->age.elapsed() <= kSayOpeningAfterMs) return;
    if (std::exchange(opening_->announced, true)) return;
    const QString sentence = "Opening " + sourceChoice(opening_->target).label + " …";
    emit messageWanted(about(kOpening, withAction(messageView(ui::MessageLevel::kInfo, sentence, 0),
                                                  kCancelOpening, "Cancel")));
}

void SourceController::endOpening() {
    opening_.reset();
    emit messageOutdated(kCancelOpening);
}

bool SourceController::isLast(const FramePtr& frame) const {
    if (!frame || !running_.source || frame->id < running_.feed->newest) return false;
    const SourceKind kind = running_.source->spec().kind;
    const bool picture =
        kind == SourceKind::kPicture || (kind == SourceKind::kStream && frame->still);
    return running_.finished || picture;
}

void SourceController::stop() {
    if (std::exchange(stopped_, true)) return;
    poll_timer_.stop();
    frame_timer_.stop();
    ++requests_;
    paths_.stop(kPatienceAtEnd);
    camera_watch_.reset();
    candidate_.reset();
    running_ = {};
}

void SourceController::lookForCameras() {
    if (stopped_) return;
    worker_.run("cameras", [this, list = parts_.list_cameras]() -> Worker::Completion {
        auto cameras = list();
        return [this, cameras = std::move(cameras)] {
            cameras_ = cameras;
            publishChoices();
        };
    });
}

void SourceController::showFrames() {
    if (stopped_) return;
    pollCandidate();
    if (since_shown_.isValid() && since_shown_.elapsed() < frame_interval_ms_) {
        if (!frame_timer_.isActive()) {
            frame_timer_.start(frame_interval_ms_ - static_cast<int>(since_shown_.elapsed()));
        }
        return;
    }
    showNewest();
}

void SourceController::showNewest() {
    if (stopped_ || !running_.feed) return;
    if (auto frame = running_.feed->preview.tryTake()) {
        since_shown_.start();
        const bool first = !std::exchange(running_.had_frame, true);
        emit frameArrived(*frame);
        if (first) noteThatItWorks();
    }
}

std::string SourceController::chosen() const {
    // Its first picture may still be on the way to the screen.
    const bool works = running_.chosen && running_.source && running_.source->status().frames > 0;
    return works ? running_.target : chosen_;
}

void SourceController::noteThatItWorks() {
    if (running_.chosen && std::exchange(chosen_, running_.target) != running_.target)
        emit chosenChanged();
    publishChoices();  // a camera that gives pictures is ours
}

void SourceController::poll() {
    pollCandidate();
    sayOpening();
    pollRunning();
}

void SourceController::pollCandidate() {
    if (!candidate_) return;
    const capture::SourceStatus status = candidate_->source->status();
    if (status.frames > 0) {
        promote();
        return;
    }
    if (status.state == SourceState::kFailed || status.state == SourceState::kLost ||
        status.state == SourceState::kEnded) {
        const std::string target = candidate_->target;
        candidate_.reset();
        refuse(status.sentence.empty() ? QString("The source ended without a picture.")
                                       : shown(status.sentence),
               target);
        return;
    }
}

void SourceController::pollRunning() {
    if (!running_.source) return;
    const capture::SourceStatus status = running_.source->status();
    emit statusChanged(sourceStatusView(status));
    sayLost(status);
    if (!status.remark.empty() && !std::exchange(running_.remarked, true)) {
        emit messageWanted(about(kRemark, messageView(ui::MessageLevel::kWarning,
                                                      shown(status.remark), kMessageSeconds)));
    }
    const bool failed = status.state == SourceState::kFailed;
    if (!failed && status.state != SourceState::kEnded) return;
    if (std::exchange(running_.finished, true)) return;
    emit exhausted();
    if (failed && !running_.had_frame && running_.target != kDemo) {
        const std::string target = running_.target;
        running_ = {};
        refuse(shown(status.sentence), target);
    } else if (failed) {
        ui::MessageView message = errorMessage(shown(status.sentence));
        refused_ = running_.target;
        if (mayComeBack(refused_)) message = withAction(message, kTryAgain, "Try again");
        emit messageWanted(withAction(message, kShowDemo, "Demo"));
    }
}

void SourceController::publishChoices() {
    // The camera that runs is busy only because of us. For good, not just in this list: after
    // another source has been chosen nobody else has it either.
    if (running_.source && running_.source->spec().kind == SourceKind::kCamera) {
        const std::string& ours = running_.source->spec().target;
        const capture::SourceStatus status = running_.source->status();
        const bool holds_it = running_.had_frame && status.state != SourceState::kLost &&
                              status.state != SourceState::kFailed;
        for (capture::CameraInfo& camera : cameras_) {
            const bool same = ours.empty() ? camera.name == status.name
                                           : camera.id == ours || camera.device == ours;
            if (holds_it && same) camera.problem.clear();
        }
    }
    QList<ui::Choice> choices;
    for (const capture::CameraInfo& camera : cameras_)
        choices.append(cameraChoice(camera));
    choices.append(sourceChoice(kDemo));
    for (const std::string& target : recent_)
        choices.append(sourceChoice(target));
    const QString current = idOf(running_.target);
    const bool listed = std::ranges::any_of(
        choices, [&](const ui::Choice& choice) { return choice.id == current; });
    if (!listed && running_.source) {
        // What was pasted has a name, but is nowhere to be opened again.
        choices.prepend(running_.target.empty()
                            ? makeChoice({}, shown(running_.source->status().name), {})
                            : sourceChoice(running_.target));
    }
    emit choicesChanged(choices, current);
}

}  // namespace overfeat::app
