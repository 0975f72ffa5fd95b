// SPDX-License-Identifier: Apache-2.0
#include "engine/live/session.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "engine/core/latest_slot.h"
#include "engine/live/outbox.h"
#include "engine/live/rate_meter.h"

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

// A network that somebody asked for and that has not been built yet.
struct Order {
    std::uint64_t generation = 0;
    ProcessorFactory factory;
    std::stop_source stop;  // requested by a later order and by the end of the session
};

// One picture that somebody wants to see in several ways.
struct Question {
    std::uint64_t number = 0;
    FramePtr frame;
    std::vector<detect::RecogniserOptions> ways;
};

struct Offer {
    FramePtr frame;
    std::uint64_t sequence = 0;
};

// What the inference thread was asked to do besides looking at frames; newest wins, taken as a
// whole.
struct Requests {
    std::optional<Order> order;
    std::optional<detect::RecogniserOptions> options;
    std::optional<Question> question;
};

}  // namespace

class Session::Implementation {
public:
    explicit Implementation(std::function<void()> nudge)
        : nudge_(std::move(nudge)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

    std::uint64_t use(ProcessorFactory factory) {
        std::optional<Order> superseded;  // destroyed after the lock is released
        std::uint64_t generation = 0;
        {
            const std::scoped_lock lock(mutex_);
            generation = ++last_generation_;
            loading_stop_.request_stop();
            superseded = std::exchange(requests_.order,
                                       Order{generation, std::move(factory), std::stop_source()});
        }
        wake_.notify_one();
        return generation;
    }

    bool submit(FramePtr frame, std::uint64_t sequence) {
        if (frame == nullptr) return true;
        {
            const std::scoped_lock lock(mutex_);
            if (sequence == offered_sequence_ && frame->id < offered_id_) return false;
            offered_sequence_ = sequence;
            offered_id_ = frame->id;
            frames_.put({std::move(frame), sequence});
            frame_waiting_ = true;
        }
        wake_.notify_one();
        return true;
    }

    void configure(const detect::RecogniserOptions& options) {
        {
            const std::scoped_lock lock(mutex_);
            requests_.options = options;
        }
        wake_.notify_one();
    }

    std::uint64_t examine(FramePtr frame, std::vector<detect::RecogniserOptions> ways) {
        std::uint64_t number = 0;
        {
            const std::scoped_lock lock(mutex_);
            number = ++last_question_;
            requests_.question = Question{number, std::move(frame), std::move(ways)};
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
        while (std::optional<Requests> requests = waitForWork(stop)) {
            if (requests->options) options_ = requests->options;
            const bool swapped = requests->order && build(*requests->order, stop);
            if (requests->options && !swapped) applyOptions();
            if (requests->question) answer(*requests->question, stop);
            requests.reset();  // what a factory holds is released here, not a frame later
            if (processor_) processNewest(stop);
        }
        processor_.reset();  // on the thread that used it
    }

    std::optional<Requests> waitForWork(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        const auto ready = [this] {
            // Without a network a frame stays in its slot, where a newer one may replace it.
            return requests_.order || requests_.options || requests_.question ||
                   (frame_waiting_ && processor_);
        };
        if (!wake_.wait(lock, stop, ready) || stop.stop_requested()) return std::nullopt;
        Requests taken = std::exchange(requests_, {});
        if (taken.order) loading_stop_ = taken.order->stop;
        return taken;
    }

    // True if the new network is in use. A superseded order leaves no trace.
    bool build(const Order& order, const std::stop_token& stop) {
        std::stop_source cancel = order.stop;
        const std::stop_callback forward(stop, [&cancel] { cancel.request_stop(); });
        Update update;
        update.model_generation = order.generation;
        std::unique_ptr<Processor> built;
        try {
            built = order.factory(cancel.get_token());
            if (built == nullptr) {
                throw Error(ErrorCode::kRuntime, "The network was not built; choose another one.");
            }
            if (options_) built->configure(*options_);
            update.model_ready = built->info();
        } catch (...) {
            update.model_ready.reset();
            update.failure = currentError("loading the network");
        }
        if (cancel.stop_requested()) return false;
        const bool succeeded = update.model_ready.has_value();
        if (succeeded) {
            processor_ = std::move(built);
            generation_ = order.generation;
        }
        publishMessage(std::move(update), succeeded);
        return succeeded;
    }

    void applyOptions() {
        if (!processor_) return;
        try {
            processor_->configure(*options_);
        } catch (...) {
            Update update;
            update.model_generation = generation_;
            update.failure = currentError("changing the settings");
            publishMessage(std::move(update), false);
        }
    }

    void answer(const Question& question, const std::stop_token& stop) {
        Update update;
        update.question = question.number;
        update.model_generation = generation_;
        update.frame = question.frame;
        try {
            if (!processor_ || !question.frame) {
                throw Error(ErrorCode::kUsage,
                            "There is nothing to compare yet; wait for the first result.");
            }
            for (const detect::RecogniserOptions& way : question.ways) {
                update.answers.push_back(std::make_shared<const Recognition>(
                    processor_->examine(*question.frame, way, stop)));
            }
        } catch (...) {
            update.answers.clear();
            update.failure = currentError("looking at the picture once more");
        }
        if (!stop.stop_requested()) publishMessage(std::move(update), false);
    }

    void processNewest(const std::stop_token& stop) {
        {
            const std::scoped_lock lock(mutex_);
            frame_waiting_ = false;
        }
        std::optional<Offer> offer = frames_.tryTake();
        if (!offer || stop.stop_requested()) return;
        Update update;
        update.frame = std::move(offer->frame);
        update.sequence = offer->sequence;
        update.model_generation = generation_;
        try {
            Recognition recognition = processor_->process(*update.frame, stop);
            update.recognition = std::make_shared<const Recognition>(std::move(recognition));
        } catch (...) {
            update.failure = currentError("looking at the picture");
        }
        if (!stop.stop_requested()) publishResult(std::move(update));
    }

    void publishMessage(Update update, bool replaces_network) {
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
    LatestSlot<Offer> frames_;

    mutable std::mutex mutex_;  // guards everything up to last_generation_
    std::condition_variable_any wake_;
    Requests requests_;
    bool frame_waiting_ = false;
    std::uint64_t offered_sequence_ = 0;  // of the frame that was offered last
    std::uint64_t offered_id_ = 0;
    std::stop_source loading_stop_;  // of the order that is being built
    Outbox outbox_;
    RateMeter rate_;
    double latency_ms_ = 0;
    std::uint64_t newest_published_ = 0;  // the largest frame id so far
    std::uint64_t processed_ = 0;
    std::uint64_t last_question_ = 0;
    std::uint64_t last_generation_ = 0;

    // The inference thread's own.
    std::unique_ptr<Processor> processor_;
    std::uint64_t generation_ = 0;
    std::optional<detect::RecogniserOptions> options_;

    std::once_flag stopped_;
    std::jthread thread_;  // last: starts when everything above exists
};

Session::Session(std::function<void()> nudge)
    : implementation_(std::make_unique<Implementation>(std::move(nudge))) {}

Session::~Session() {
    stop();
}

std::uint64_t Session::use(ProcessorFactory factory) {
    return implementation_->use(std::move(factory));
}

bool Session::submit(FramePtr frame, std::uint64_t sequence) {
    return implementation_->submit(std::move(frame), sequence);
}

void Session::configure(const detect::RecogniserOptions& options) {
    implementation_->configure(options);
}

std::uint64_t Session::examine(FramePtr frame, std::vector<detect::RecogniserOptions> ways) {
    return implementation_->examine(std::move(frame), std::move(ways));
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
