// SPDX-License-Identifier: Apache-2.0
#include "app/live/headless.h"

#include <filesystem>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <system_error>
#include <utility>

#include "app/live/base/text.h"
#include "app/live/output/annotation.h"
#include "app/report/recognition_json.h"
#include "app/store/load_models.h"
#include "app/store/replaced_input.h"
#include "engine/core/error.h"

namespace overfeat::app {
namespace {

using capture::SourceKind;
using capture::SourceState;

constexpr int kPollMs = 50;
constexpr int kPrintEveryMs = 1000;
constexpr int kPatienceMs = 15'000;  // for a camera or stream that gives nothing
constexpr int kInterrupted = 130;
constexpr std::size_t kTop = 5;

std::string seconds(double value) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(1) << value << " s";
    return text.str();
}

// The file as `overfeat` names it: as it was typed, and in a folder with its own name.
std::string fileOf(const Frame& frame, const capture::SourceSpec& spec) {
    const bool typed = spec.kind == SourceKind::kVideo || spec.kind == SourceKind::kPicture;
    if (typed) return spec.target;
    if (spec.kind == SourceKind::kFolder)
        return (std::filesystem::path(spec.target) / frame.name).string();
    return frame.name;
}

}  // namespace

HeadlessRun::HeadlessRun(Parts parts, const Arguments& arguments, std::ostream& out,
                         std::ostream& log)
    : parts_(std::move(parts)),
      arguments_(arguments),
      out_(out),
      log_(log),
      updates_nudge_([this] { takeUpdates(); }),
      recorder_nudge_([this] {
          if (recorder_) {
              end(exitCode(ErrorCode::kRuntime), recorder_->status().failure);
          }
      }),
      session_(updates_nudge_.handle()) {
    connect(&poll_timer_, &QTimer::timeout, this, &HeadlessRun::poll);
}

HeadlessRun::~HeadlessRun() {
    source_.reset();
    session_.stop();
}

void HeadlessRun::start() {
    std::error_code other;
    if (std::filesystem::equivalent(arguments_.record, arguments_.library, other)) {
        end(exitCode(ErrorCode::kUsage),
            "--record would replace the class library; choose another file.");
        return;
    }
    const std::string replaced =
        store::replacedInput(arguments_.record, arguments_.source.value_or(""),
                             arguments_.model.value_or(""), *parts_.models);
    if (!replaced.empty()) {
        end(exitCode(ErrorCode::kUsage), replaced);
        return;
    }
    if (!arguments_.record.empty()) {
        recorder_ =
            std::make_unique<video::Recorder>([file = arguments_.record] { return file; },
                                              video::WriteOptions(), recorder_nudge_.handle());
    }
    session_.set({.look = {.detection = DetectionOptions()}});
    useNetwork();
}

// The source is opened once the network is ready, so that nothing of a short clip is missed.
void HeadlessRun::useNetwork() {
    const NetworkRequest request{arguments_.model.value_or(""), arguments_.device.value_or("auto")};
    session_.use([make = parts_.make_network, request, file = arguments_.library,
                  models = parts_.models, library = library_](const std::stop_token& stop) {
        if (!file.empty()) {
            // The session's own is made by whoever made the parts; this one only learns.
            detect::Recogniser recogniser(store::loadModels(models->resolve(request.model), stop),
                                          {.device = request.device});
            *library = teach::loadLibrary(file, recogniser, {}, stop);
        }
        return make(request, stop);
    });
}

void HeadlessRun::lookForTaught() {
    for (const std::string& remark : library_->remarks)
        log_ << remark << "\n" << std::flush;
    session_.set({.look = {.detection = DetectionOptions(),
                           .taught = library_->taught,
                           .network_classes = !arguments_.only_taught}});
}

void HeadlessRun::openSource() {
    try {
        const auto spec = parts_.parse_source(arguments_.source.value_or("demo"));
        capture::SourceOptions options;
        options.loop = false;
        options.picture_seconds = 1;
        if (const auto clip = store::findResource(parts_.places, "demo/demo.mkv")) {
            options.demo_clip = *clip;
        }
        since_opened_.start();
        source_ = parts_.open_source(spec, options, [this](FramePtr frame) {
            newest_frame_ = frame->id;
            session_.submit(std::move(frame));
        });
        poll_timer_.start(kPollMs);
    } catch (const Error& error) {
        end(exitCode(error.code()), error.what());
    }
}

void HeadlessRun::takeUpdates() {
    for (const live::Update& update : session_.takeUpdates()) {
        if (ended_) return;
        if (update.failure) {
            end(exitCode(update.failure->code()), update.failure->what());
        } else if (update.model_ready) {
            log_ << "Network on " << update.model_ready->device.sentence() << "\n" << std::flush;
            if (!arguments_.library.empty()) lookForTaught();
            openSource();
        } else if (update.recognition) {
            see(update);
        }
    }
}

void HeadlessRun::see(const live::Update& update) {
    newest_result_ = update.frame->id;
    if (++seen_ == 1) first_captured_ = update.frame->captured;
    arguments_.json ? printJson(update) : printText(update);
    if (recorder_) record(update);
    const bool enough = arguments_.after_frames > 0 && seen_ >= arguments_.after_frames;
    if (enough || (source_ && source_->spec().kind == SourceKind::kPicture)) end(0, {});
}

// One line when something else is seen, and one per second to show that it goes on.
void HeadlessRun::printText(const live::Update& update) {
    const Recognition& seen = *update.recognition;
    const auto top = topClasses(seen.scores, *seen.labels, kTop);
    if (top.empty()) return;
    const bool same = printed_class_ == top.front().index;
    if (same && since_printed_.isValid() && since_printed_.elapsed() < kPrintEveryMs) return;
    printed_class_ = top.front().index;
    since_printed_.start();
    const std::chrono::duration<double> time = update.frame->captured - first_captured_;
    out_ << std::setw(9) << seconds(time.count()) << "  ";
    const char* separator = "";
    for (const ScoredClass& scored : top) {
        out_ << separator << (*seen.labels)[scored.index].label << ' ' << std::fixed
             << std::setprecision(3) << scored.score;
        separator = ", ";
    }
    separator = " | objects: ";
    for (const Detection& object : seen.detections.objects) {
        out_ << separator << (*seen.labels)[object.class_index].label << ' ' << object.score;
        separator = ", ";
    }
    out_ << "\n" << std::flush;
}

void HeadlessRun::printJson(const live::Update& update) {
    const Recognition& seen = *update.recognition;
    const Frame& frame = *update.frame;
    report::Json line = report::frameJson(source_ ? fileOf(frame, source_->spec()) : frame.name,
                                          frame.still ? 0 : frame.index, frame.media_time_s);
    line["classes"] = report::classesJson(seen, kTop);
    report::addDetections(line, seen);
    line["timings_ms"] = report::timingsJson(seen.timings);
    out_ << report::lineOf(line) << "\n" << std::flush;
}

void HeadlessRun::record(const live::Update& update) {
    const auto top = topClasses(update.recognition->scores, *update.recognition->labels, 1);
    view_.setFrame(update.frame);
    view_.setRecognition(update.recognition, update.frame);
    if (!top.empty()) view_.setClass(top.front().index);
    const std::chrono::duration<double> time = update.frame->captured - first_captured_;
    recorder_->add(recordedPicture(view_.annotated(), update.recognition), time.count());
}

void HeadlessRun::sayRemark(const capture::SourceStatus& status) {
    if (status.remark.empty() || status.remark == last_remark_) return;
    last_remark_ = status.remark;
    log_ << status.remark << "\n" << std::flush;
}

void HeadlessRun::poll() {
    if (!source_ || ended_) return;
    const capture::SourceStatus status = source_->status();
    if (!status.sentence.empty() && status.sentence != last_sentence_) {
        last_sentence_ = status.sentence;
        log_ << status.sentence << "\n" << std::flush;
    }
    sayRemark(status);
    // A folder may begin with a million files that are no pictures.
    if (std::exchange(skipped_files_, status.skipped_files) != status.skipped_files) {
        since_opened_.restart();
    }
    const std::string refusal =
        status.sentence.empty() ? std::string("The source gives no picture.") : status.sentence;
    const bool at_end = status.state == SourceState::kEnded || status.state == SourceState::kFailed;
    if (status.frames == 0) {
        const bool gave_up = since_opened_.elapsed() > kPatienceMs;
        if (at_end || gave_up) end(exitCode(ErrorCode::kInput), refusal);
    } else if (at_end && newest_result_ >= newest_frame_) {
        end(status.state == SourceState::kEnded ? 0 : exitCode(ErrorCode::kInput), {});
    }
}

void HeadlessRun::interrupt() {
    end(kInterrupted, {});
}

void HeadlessRun::end(int exit_code, const std::string& sentence) {
    if (std::exchange(ended_, true)) return;
    poll_timer_.stop();
    if (source_) sayRemark(source_->status());
    source_.reset();
    session_.stop();
    if (!sentence.empty() && sentence != last_sentence_) log_ << sentence << "\n";
    if (seen_ > 0) {
        log_ << seen_ << " frames recognised, " << session_.statistics().dropped
             << " passed over while the network was busy.\n";
    }
    if (const auto recorder = std::move(recorder_)) {
        const video::RecorderStatus status = recorder->finish();
        if (!status.failure.empty()) {
            if (status.failure != sentence) log_ << status.failure << "\n";
            if (exit_code == 0) exit_code = exitCode(ErrorCode::kRuntime);
        } else if (status.pictures > 0) {
            if (status.dropped > 0) {
                log_ << status.dropped
                     << " pictures are not in the video, because this machine was too slow.\n";
            }
            log_ << "The annotated video is in " << sanitisedLabel(arguments_.record) << ".\n";
        }
    }
    log_ << std::flush;
    emit finished(exit_code);
}

}  // namespace overfeat::app
