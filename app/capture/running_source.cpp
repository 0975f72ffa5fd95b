// SPDX-License-Identifier: Apache-2.0
#include "app/capture/running_source.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "app/capture/pacer.h"
#include "app/capture/source_monitor.h"
#include "engine/core/error.h"

namespace overfeat::capture {
namespace {

using namespace std::chrono_literals;

constexpr auto kReadSlice = 500ms;   // the longest single wait of a reader
constexpr auto kRetrySlice = 250ms;  // how often a lost device is looked for
constexpr int kMostSteps = 8;        // a key held down does not run ahead for minutes
constexpr double kSlowest = 0.25;
constexpr double kFastest = 4;
constexpr auto kStopWait = 150ms;  // then the thread is left to itself

// Everything the reading thread touches. It is owned by the thread too, so that a thread stuck in a
// driver finds its things in order when it wakes up after the Source is gone.
struct Shared {
    Shared(std::string name, const SourceOptions& options, FrameSink frame_sink)
        : number(options.number),
          monitor(std::move(name), options.stall_seconds),
          sink(std::move(frame_sink)) {}

    const std::uint64_t number;  // Frame::source
    std::stop_source stop;

    mutable std::mutex mutex;  // guards the next block
    std::condition_variable_any changed;
    SourceMonitor monitor;
    bool paused = false;
    int steps = 0;
    std::optional<double> seek_to;
    int steps_back = 0;
    double speed = 1;
    bool finished = false;

    bool wantsToJump() const noexcept { return seek_to || steps_back > 0; }  // with the lock held

    std::mutex delivery;  // held while the sink runs, so that closing waits for it
    FrameSink sink;       // empty once closed
};

class ReadingThread {
public:
    ReadingThread(std::shared_ptr<Shared> shared, std::unique_ptr<FrameReader> reader, bool paced)
        : shared_(std::move(shared)),
          stop_(shared_->stop.get_token()),
          reader_(std::move(reader)),
          paced_(paced) {}

    void run() {
        while (!stop_.stop_requested() && openAndRead())
            waitForRetry();
        reader_.reset();  // a device may take its time to close
        const std::scoped_lock lock(shared_->mutex);
        shared_->finished = true;
        shared_->changed.notify_all();
    }

private:
    // One life of the device. False if there shall be no other.
    bool openAndRead() {
        tell([](SourceMonitor& monitor) { monitor.opening(Clock::now()); });
        try {
            auto result = reader_->open(stop_);
            if (const auto* trouble = std::get_if<Trouble>(&result)) return report(*trouble);
            const auto& facts = std::get<Opened>(result);
            live_ = facts.live;
            can_seek_ = facts.can_seek;
            held_ = false;
            tell([&](SourceMonitor& monitor) { monitor.opened(Clock::now(), facts); });
            const bool again = readUntilItStops();
            reader_->close();
            return again;
        } catch (const Error& error) {
            reader_->close();
            return report({error.what(), Retry::kNever});
        } catch (const std::exception& error) {
            reader_->close();
            return report({"The source stopped because of an unexpected error (" +
                               std::string(error.what()) + "); it is opened again by itself.",
                           Retry::kBackOff});
        }
    }

    bool readUntilItStops() {
        while (!stop_.stop_requested()) {
            if (!live_ && !waitWhilePaused()) return false;
            if (!jump()) continue;
            tell([](SourceMonitor& monitor) { monitor.waiting(Clock::now()); });
            const Reading reading = reader_->read(pool_, Clock::now() + kReadSlice, stop_);
            if (reading.newly_skipped > 0) {
                tell(
                    [&](SourceMonitor& m) { m.skippedFiles(Clock::now(), reading.newly_skipped); });
            }
            switch (reading.outcome) {
                case Reading::Outcome::kFrame:
                    if (!show(reading)) return false;
                    break;
                case Reading::Outcome::kDamaged:
                    tell([](SourceMonitor& monitor) { monitor.damaged(Clock::now()); });
                    [[fallthrough]];
                case Reading::Outcome::kNothingYet:
                    if (live_ && resetIfStalled()) return true;
                    break;
                case Reading::Outcome::kEnd:
                    tell([&](SourceMonitor& m) { m.ended(reading.trouble.sentence); });
                    if (!can_seek_ || !waitForJump()) return false;
                    break;
                case Reading::Outcome::kRest:
                    rest();
                    break;
                case Reading::Outcome::kTrouble:
                    return report(reading.trouble);
            }
        }
        return false;
    }

    // Waits until the frame is due and hands it over. False if stopped meanwhile.
    bool show(const Reading& reading) {
        bool wanted = true;
        {
            std::unique_lock lock(shared_->mutex);
            shared_->monitor.arrived();
            if (live_) {
                wanted = !shared_->paused || takeStep();
            } else {
                wanted = waitUntilDue(lock, reading);
                // Another one is asked for instead.
                held_ = !wanted;
                if (stop_.stop_requested()) return false;
            }
        }
        if (!wanted) return true;
        reading.frame->source = shared_->number;
        if (!live_) reading.frame->captured = Clock::now();  // a camera's reader knows better
        {
            const std::scoped_lock lock(shared_->mutex);
            shared_->monitor.frame(Clock::now(), *reading.frame, reading.length,
                                   std::move(reading.remark));
        }
        const std::scoped_lock lock(shared_->delivery);
        if (shared_->sink) shared_->sink(reading.frame);
        return true;
    }

    // False if the frame is not to be shown.
    bool waitUntilDue(std::unique_lock<std::mutex>& lock, const Reading& reading) {
        if (stepping_) {
            stepping_ = false;
            if (reading.due_s) startHere(*reading.due_s);
            return !stop_.stop_requested();
        }
        if (!paced_ || !reading.due_s) return !stop_.stop_requested();
        const auto disturbed = [this] {
            return shared_->paused || shared_->wantsToJump() || shared_->speed != pacer_.speed();
        };
        Clock::time_point at;
        do {
            followSpeed();
            at = pacer_.showAt(*reading.due_s, Clock::now());
            shared_->changed.wait_until(lock, stop_, at, disturbed);
        } while (!stop_.stop_requested() && shared_->speed != pacer_.speed());
        if (shared_->paused && !isFirst()) {
            // Held back until somebody resumes or steps; time goes on from there.
            waitForOrders(lock);
            if (shared_->wantsToJump()) return false;
            if (shared_->paused) takeStep();
            startHere(*reading.due_s);
            return !stop_.stop_requested();
        }
        if (shared_->wantsToJump() && !isFirst()) return false;
        last_due_s_ = *reading.due_s;
        last_shown_ = at;
        return !stop_.stop_requested();
    }

    void waitForOrders(std::unique_lock<std::mutex>& lock) {
        shared_->changed.wait(lock, stop_, [this] {
            return !shared_->paused || shared_->steps > 0 || shared_->wantsToJump();
        });
    }

    void startHere(double due_s) {
        last_due_s_ = due_s;
        last_shown_ = Clock::now();
        pacer_.startHere(due_s, last_shown_);
    }

    void followSpeed() {  // with the lock held
        if (shared_->speed == pacer_.speed()) return;
        pacer_.setSpeed(shared_->speed, last_due_s_, last_shown_);
    }

    // Does what was asked for since the last frame; the frame after it is shown at once. False if
    // this source cannot do it.
    bool jump() {
        std::optional<double> to;
        bool back = false;
        {
            const std::scoped_lock lock(shared_->mutex);
            if (!shared_->wantsToJump()) return true;
            to = std::exchange(shared_->seek_to, std::nullopt);
            back = !to;
            if (back) --shared_->steps_back;
            if (to) shared_->steps = 0;
        }
        const bool was_held = std::exchange(held_, false);
        if (back && was_held && reader_->seekBack()) {
            // The reader is one frame further than what is on screen.
            reader_->read(pool_, Clock::now() + kReadSlice, stop_);
        }
        const bool done = to ? reader_->seek(*to) : reader_->seekBack();
        stepping_ = stepping_ || done;
        return done;
    }

    // After the end. False if stopped meanwhile.
    bool waitForJump() {
        std::unique_lock lock(shared_->mutex);
        return shared_->changed.wait(lock, stop_, [this] { return shared_->wantsToJump(); });
    }

    // Files are not read ahead of a pause. False if stopped meanwhile.
    bool waitWhilePaused() {
        std::unique_lock lock(shared_->mutex);
        if (!shared_->paused || isFirst()) return true;
        if (shared_->wantsToJump()) return true;
        waitForOrders(lock);
        stepping_ = true;  // also after resuming: the next frame is shown at once
        if (shared_->paused && !shared_->wantsToJump()) takeStep();
        return !stop_.stop_requested();
    }

    void rest() {
        std::unique_lock lock(shared_->mutex);
        shared_->monitor.arrived();
        // The step is taken by waitWhilePaused(), which comes before the next reading.
        shared_->changed.wait(lock, stop_, [this] { return shared_->steps > 0; });
    }

    // The first frame comes even if paused, so that there is something to look at.
    bool isFirst() const {  // with the lock held
        return shared_->monitor.status(Clock::now()).frames == 0;
    }

    bool takeStep() {  // with the lock held
        if (shared_->steps == 0) return false;
        --shared_->steps;
        return true;
    }

    bool resetIfStalled() {
        const std::scoped_lock lock(shared_->mutex);
        if (!shared_->monitor.stalled(Clock::now())) return false;
        shared_->monitor.resetAfterStall(Clock::now());
        return true;
    }

    bool report(const Trouble& trouble) {
        tell([&](SourceMonitor& monitor) { monitor.trouble(Clock::now(), trouble); });
        return trouble.retry != Retry::kNever;
    }

    void waitForRetry() {
        for (;;) {
            {
                std::unique_lock lock(shared_->mutex);
                const auto at = shared_->monitor.retryAt();
                if (Clock::now() >= at) return;
                shared_->changed.wait_until(lock, stop_, std::min(at, Clock::now() + kRetrySlice),
                                            [] { return false; });
            }
            if (stop_.stop_requested() || reader_->worthRetryingNow()) return;
        }
    }

    template <class Action>
    void tell(Action action) {
        const std::scoped_lock lock(shared_->mutex);
        action(shared_->monitor);
    }

    std::shared_ptr<Shared> shared_;
    std::stop_token stop_;
    std::unique_ptr<FrameReader> reader_;
    FramePool pool_;
    Pacer pacer_;
    bool paced_;
    bool live_ = false;
    bool can_seek_ = false;
    bool stepping_ = false;
    bool held_ = false;  // a frame was read that is not shown
    double last_due_s_ = 0;
    Clock::time_point last_shown_;
};

class RunningSource final : public Source {
public:
    RunningSource(SourceSpec spec, const SourceOptions& options, std::string name,
                  std::unique_ptr<FrameReader> reader, FrameSink sink)
        : spec_(std::move(spec)),
          shared_(std::make_shared<Shared>(std::move(name), options, std::move(sink))),
          thread_([work = std::make_unique<ReadingThread>(shared_, std::move(reader),
                                                          options.own_pace)] { work->run(); }) {}

    ~RunningSource() override {
        shared_->stop.request_stop();
        FrameSink sink;  // destroyed outside the lock
        {
            const std::scoped_lock lock(shared_->delivery);
            sink.swap(shared_->sink);
        }
        bool finished = false;
        {
            std::unique_lock lock(shared_->mutex);
            finished =
                shared_->changed.wait_for(lock, kStopWait, [this] { return shared_->finished; });
        }
        if (finished) {
            thread_.join();
        } else {
            thread_.detach();
        }
    }
    RunningSource(const RunningSource&) = delete;
    RunningSource& operator=(const RunningSource&) = delete;

    const SourceSpec& spec() const noexcept override { return spec_; }

    SourceStatus status() const override {
        const std::scoped_lock lock(shared_->mutex);
        return shared_->monitor.status(Clock::now());
    }

    void setPaused(bool paused) override {
        const std::scoped_lock lock(shared_->mutex);
        shared_->paused = paused;
        shared_->steps = 0;
        shared_->monitor.paused(paused);
        shared_->changed.notify_all();
    }

    void step() override {
        const std::scoped_lock lock(shared_->mutex);
        if (!shared_->paused) return;
        shared_->steps = std::min(shared_->steps + 1, kMostSteps);
        shared_->changed.notify_all();
    }

    void seek(double media_time_s) override {
        const std::scoped_lock lock(shared_->mutex);
        if (!shared_->monitor.status(Clock::now()).can_seek) return;
        shared_->seek_to = std::max(0.0, media_time_s);
        shared_->steps_back = 0;
        shared_->changed.notify_all();
    }

    void stepBack() override {
        const std::scoped_lock lock(shared_->mutex);
        shared_->steps_back = std::min(shared_->steps_back + 1, kMostSteps);
        shared_->changed.notify_all();
    }

    void setSpeed(double factor) override {
        const std::scoped_lock lock(shared_->mutex);
        shared_->speed = std::clamp(factor, kSlowest, kFastest);
        shared_->monitor.speed(shared_->speed);
        shared_->changed.notify_all();
    }

private:
    SourceSpec spec_;
    std::shared_ptr<Shared> shared_;
    std::thread thread_;
};

}  // namespace

std::unique_ptr<Source> runSource(SourceSpec spec, const SourceOptions& options, std::string name,
                                  std::unique_ptr<FrameReader> reader, FrameSink sink) {
    return std::make_unique<RunningSource>(std::move(spec), options, std::move(name),
                                           std::move(reader), std::move(sink));
}

}  // namespace overfeat::capture
