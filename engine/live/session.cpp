// SPDX-License-Identifier: Apache-2.0
#include "engine/live/session.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

#include "engine/core/error.h"
#include "engine/core/latest_slot.h"
#include "engine/live/outbox.h"
#include "engine/live/rate_meter.h"
#include "engine/live/video.h"

namespace overfeat::live {
namespace {

using Clock = std::chrono::steady_clock;

// What went wrong, as the one exception type that leaves this room. Call in a catch block.
Error currentError(const std::string& doing) {
    try {
        throw;
    } catch (const Error& error) {
        return error;
    } catch (const std::bad_alloc&) {
        return {ErrorCode::kRuntime,
                "There is not enough memory for " + doing +
                    "; choose a smaller model, fewer scales or a coarser stride."};
    } catch (const std::exception& error) {
        return {ErrorCode::kRuntime, "Something unexpected stopped " + doing + ": " + error.what()};
    } catch (...) {
        return {ErrorCode::kRuntime, "Something unexpected stopped " + doing + "."};
    }
}

struct Use {
    ProcessorFactory factory;
    std::stop_source stop;  // requested by a later one and by the end of the session
};
struct Examine {
    FramePtr frame;
    std::vector<Look> looks;
};
struct Profile {
    SizePx frame;
};
struct Embed {
    std::vector<Example> examples;
    ExampleDepth depth = ExampleDepth::kAll;
};
struct Command {
    std::uint64_t number = 0;
    std::variant<Use, Examine, Profile, Embed> what;
};

// What is wanted, and which change of it this is.
struct Snapshot {
    std::uint64_t revision = 0;
    Settings settings;
};

// A frame together with what was in force when it was offered.
struct Offer {
    std::uint64_t source = 0;
    std::uint64_t frame = 0;
    std::uint64_t revision = 0;
    std::uint64_t model = 0;
};

}  // namespace

class Session::Implementation {
public:
    explicit Implementation(std::function<void()> nudge)
        : nudge_(std::move(nudge)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

    std::uint64_t set(const Settings& settings) {
        checkLimits(settings.look);
        auto next = std::make_shared<Snapshot>();
        next->settings = settings;
        const std::scoped_lock lock(mutex_);
        next->revision = wanted_->revision + 1;
        if (settings.source != wanted_->settings.source) {
            frames_.tryTake();  // of the source before
            source_rate_.reset();
        }
        wanted_ = std::move(next);
        return wanted_->revision;
    }

    bool submit(FramePtr frame) {
        if (frame == nullptr) return false;
        {
            const std::scoped_lock lock(mutex_);
            const std::uint64_t source = wanted_->settings.source;
            if (source != 0 && frame->source != source) return false;
            const Offer offer{frame->source, frame->id, wanted_->revision, last_use_};
            const bool same_source = offer.source == offered_.source;
            if (same_source && offer.frame < offered_.frame) return false;
            const bool again = same_source && offer.frame == offered_.frame;
            if (again && offer.revision == offered_.revision && offer.model == offered_.model)
                return false;
            if (!again) source_rate_.add(Clock::now());
            offered_ = offer;
            if (again && frame_waiting_) return true;  // it will be seen as is wanted now
            frames_.put(std::move(frame));
            frame_waiting_ = true;
        }
        wake_.notify_one();
        return true;
    }

    template <class What>
    std::uint64_t command(What what, std::uint64_t instead_of = 0) {
        std::deque<Command> superseded;  // destroyed after the lock is released
        std::uint64_t number = 0;
        {
            const std::scoped_lock lock(mutex_);
            number = ++last_command_;
            constexpr bool kOnlyTheLatest =
                std::is_same_v<What, Use> || std::is_same_v<What, Profile>;
            const auto outdated = [instead_of](const Command& waiting) {
                return kOnlyTheLatest ? std::holds_alternative<What>(waiting.what)
                                      : waiting.number == instead_of;
            };
            for (Command& waiting : commands_) {
                if (outdated(waiting)) superseded.push_back(std::move(waiting));
            }
            std::erase_if(commands_, outdated);
            if constexpr (std::is_same_v<What, Use>) {
                loading_stop_.request_stop();
                last_use_ = number;
            }
            commands_.push_back({number, std::move(what)});
        }
        wake_.notify_one();
        return number;
    }

    std::vector<Update> takeUpdates() {
        const std::scoped_lock lock(mutex_);
        return outbox_.takeAll();
    }

    SessionStatistics statistics() const {
        const std::scoped_lock lock(mutex_);
        return currentStatistics();
    }

    void stop() {
        std::call_once(stopped_, [this] {
            thread_.request_stop();
            thread_.join();
        });
    }

private:
    void run(const std::stop_token& stop) {
        while (waitForWork(stop)) {
            if (auto command = nextCommand()) {
                std::visit([&](auto& what) { carryOut(command->number, what, stop); },
                           command->what);
            } else {
                processNewest(stop);
            }
        }
        processor_.reset();  // on the thread that used it
    }

    bool waitForWork(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        const auto ready = [this] {
            // Without a network a frame stays in its slot, where a newer one may replace it.
            return !commands_.empty() || (frame_waiting_ && processor_);
        };
        return wake_.wait(lock, stop, ready) && !stop.stop_requested();
    }

    std::optional<Command> nextCommand() {
        const std::scoped_lock lock(mutex_);
        if (commands_.empty()) return std::nullopt;
        Command taken = std::move(commands_.front());
        commands_.pop_front();
        if (const auto* use = std::get_if<Use>(&taken.what)) loading_stop_ = use->stop;
        return taken;
    }

    // What is in force from here on.
    std::shared_ptr<const Snapshot> wanted() const {
        const std::scoped_lock lock(mutex_);
        return wanted_;
    }

    Update answerTo(std::uint64_t command) const {
        Update update;
        update.command = command;
        update.model = model_;
        update.revision = wanted()->revision;
        return update;
    }

    // A superseded one leaves no trace.
    void carryOut(std::uint64_t number, Use& use, const std::stop_token& stop) {
        std::stop_source cancel = use.stop;
        const std::stop_callback forward(stop, [&cancel] { cancel.request_stop(); });
        Update update = answerTo(number);
        std::unique_ptr<Processor> built;
        try {
            built = use.factory(cancel.get_token());
            if (built == nullptr) {
                throw Error(ErrorCode::kRuntime, "The network was not built; choose another one.");
            }
            update.model_ready = built->info();
        } catch (...) {
            update.model_ready.reset();
            update.failure = currentError("loading the network");
        }
        if (cancel.stop_requested()) return;
        const bool succeeded = update.model_ready.has_value();
        if (succeeded) {
            processor_ = std::move(built);
            device_.clear();
            choice_ = update.model_ready->device;
            video_.setNetwork(*update.model_ready);
            model_ = update.model = number;
        }
        publishAnswer(std::move(update), succeeded);
    }

    void carryOut(std::uint64_t number, const Examine& examine, const std::stop_token& stop) {
        Update update = answerTo(number);
        update.frame = examine.frame;
        try {
            if (!processor_ || !examine.frame) {
                throw Error(ErrorCode::kUsage,
                            "There is nothing to compare yet; wait for the first result.");
            }
            for (const Look& look : examine.looks) {
                update.answers.push_back(std::make_shared<const Recognition>(
                    processor_->process(*examine.frame, look, stop)));
            }
        } catch (...) {
            update.answers.clear();
            update.failure = currentError("looking at the picture once more");
        }
        if (!stop.stop_requested()) publishAnswer(std::move(update), false);
        tellOfAnotherDevice(stop);
    }

    void carryOut(std::uint64_t number, const Profile& profile, const std::stop_token& stop) {
        Update update = answerTo(number);
        try {
            if (!processor_) {
                throw Error(ErrorCode::kUsage, "There is no network to measure yet.");
            }
            update.layers = processor_->profile(profile.frame, wanted()->settings.look);
        } catch (...) {
            update.failure = currentError("measuring the layers");
        }
        if (!stop.stop_requested()) publishAnswer(std::move(update), false);
        tellOfAnotherDevice(stop);
    }

    void carryOut(std::uint64_t number, const Embed& embed, const std::stop_token& stop) {
        Update update = answerTo(number);
        try {
            if (!processor_) {
                throw Error(ErrorCode::kUsage,
                            "There is no network to teach yet; wait until it is loaded.");
            }
            for (const Example& example : embed.examples)
                update.embeddings.push_back(processor_->embed(example, embed.depth, stop));
        } catch (...) {
            update.embeddings.clear();
            update.failure = currentError("learning from the picture");
        }
        if (!stop.stop_requested()) publishAnswer(std::move(update), false);
        tellOfAnotherDevice(stop);
    }

    void processNewest(const std::stop_token& stop) {
        std::optional<FramePtr> frame;
        std::shared_ptr<const Snapshot> wanted;
        double source_fps = 0;
        {
            const std::scoped_lock lock(mutex_);
            frame_waiting_ = false;
            frame = frames_.tryTake();
            wanted = wanted_;
            source_fps = source_rate_.perSecond(Clock::now());
        }
        if (!frame || stop.stop_requested()) return;
        Update update = answerTo(0);
        update.revision = wanted->revision;
        update.frame = std::move(*frame);
        try {
            update.recognition = std::make_shared<const Recognition>(
                video_.see(*processor_, *update.frame, wanted->settings, source_fps, stop));
        } catch (...) {
            update.failure = currentError("looking at the picture");
        }
        if (update.recognition && update.recognition->device != device_) {
            device_ = update.recognition->device;
            tellOfAnotherDevice(stop);
        }
        if (!stop.stop_requested()) publishResult(std::move(update));
    }

    // As a message of its own, because results may be replaced before somebody takes them.
    void tellOfAnotherDevice(const std::stop_token& stop) {
        if (!processor_ || stop.stop_requested()) return;
        DeviceChoice choice = processor_->info().device;
        if (choice == choice_) return;
        choice_ = choice;
        Update update = answerTo(0);
        update.device_changed = std::move(choice);
        publishAnswer(std::move(update), false);
    }

    void publishAnswer(Update update, bool replaces_network) {
        bool nudge = false;
        {
            const std::scoped_lock lock(mutex_);
            if (replaces_network) {
                outbox_.dropResult();
                rate_.reset();
                latency_ms_ = 0;
            }
            update.statistics = currentStatistics();
            nudge = outbox_.putMessage(std::move(update));
        }
        if (nudge && nudge_) nudge_();
    }

    void publishResult(Update update) {
        bool nudge = false;
        {
            const std::scoped_lock lock(mutex_);
            if (update.recognition) {
                const auto now = Clock::now();
                // A frame that is looked at again says nothing about the way from the camera.
                if (update.frame->id > newest_published_) {
                    newest_published_ = update.frame->id;
                    latency_ms_ = std::chrono::duration<double, std::milli>(
                                      std::max(now - update.frame->captured, Clock::duration()))
                                      .count();
                }
                rate_.add(now);
                ++processed_;
            }
            update.statistics = currentStatistics();
            nudge = outbox_.putResult(std::move(update));
        }
        if (nudge && nudge_) nudge_();
    }

    // Needs mutex_.
    SessionStatistics currentStatistics() const {
        return {.inference_fps = rate_.perSecond(Clock::now()),
                .latency_ms = latency_ms_,
                .processed = processed_,
                .dropped = frames_.replacedCount()};
    }

    const std::function<void()> nudge_;
    LatestSlot<FramePtr> frames_;

    mutable std::mutex mutex_;  // guards everything up to last_use_
    std::condition_variable_any wake_;
    std::shared_ptr<const Snapshot> wanted_ = std::make_shared<Snapshot>();
    std::deque<Command> commands_;
    bool frame_waiting_ = false;
    Offer offered_;                  // the newest
    RateMeter source_rate_;          // frames offered
    std::stop_source loading_stop_;  // of the network that is being loaded
    Outbox outbox_;
    RateMeter rate_;  // frames processed
    double latency_ms_ = 0;
    std::uint64_t newest_published_ = 0;  // the largest frame id so far
    std::uint64_t processed_ = 0;
    std::uint64_t last_command_ = 0;
    std::uint64_t last_use_ = 0;

    // The inference thread's own.
    std::unique_ptr<Processor> processor_;
    std::string device_;   // of the last result, so that not every one asks; empty before
    DeviceChoice choice_;  // which was told last
    std::uint64_t model_ = 0;
    Video video_;

    std::once_flag stopped_;
    std::jthread thread_;  // last: starts when everything above exists
};

Session::Session(std::function<void()> nudge)
    : implementation_(std::make_unique<Implementation>(std::move(nudge))) {}

Session::~Session() {
    stop();
}

std::uint64_t Session::set(const Settings& settings) {
    return implementation_->set(settings);
}

bool Session::submit(FramePtr frame) {
    return implementation_->submit(std::move(frame));
}

std::uint64_t Session::use(ProcessorFactory factory) {
    return implementation_->command(Use{std::move(factory), std::stop_source()});
}

std::uint64_t Session::examine(FramePtr frame, std::vector<Look> looks, std::uint64_t instead_of) {
    return implementation_->command(Examine{std::move(frame), std::move(looks)}, instead_of);
}

std::uint64_t Session::profile(SizePx frame) {
    return implementation_->command(Profile{frame});
}

std::uint64_t Session::embed(std::vector<Example> examples, ExampleDepth depth) {
    return implementation_->command(Embed{std::move(examples), depth});
}

std::vector<Update> Session::takeUpdates() {
    return implementation_->takeUpdates();
}

SessionStatistics Session::statistics() const {
    return implementation_->statistics();
}

void Session::stop() {
    implementation_->stop();
}

}  // namespace overfeat::live
