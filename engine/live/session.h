// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/image.h"
#include "engine/core/recognition.h"
#include "engine/detect/recogniser.h"

namespace overfeat::live {

// What turns frames into recognitions: detect::Recogniser in the program, something slow or broken
// in tests. Created, used and destroyed on the inference thread only.
class Processor {
public:
    virtual ~Processor() = default;
    virtual Recognition process(const Frame& frame, std::stop_token stop) = 0;
    virtual void configure(const detect::RecogniserOptions& options) = 0;
    // One picture with other options, once: what process() does next is as if it had not happened.
    virtual Recognition examine(const Frame& frame, const detect::RecogniserOptions& options,
                                std::stop_token stop) = 0;
    virtual detect::RecogniserInfo info() const = 0;
};
// Loads a model, so it may take seconds and may throw Error; runs on the inference thread. Its
// token is stopped by Session::stop() and by a later Session::use().
using ProcessorFactory = std::function<std::unique_ptr<Processor>(std::stop_token)>;

// The processor of the program: one Recogniser.
std::unique_ptr<Processor> makeProcessor(detect::Recogniser recogniser);
// Processor::examine() for a Recogniser; the device stays, it belongs to what was built for it.
Recognition examineWith(detect::Recogniser& recogniser, const Frame& frame,
                        detect::RecogniserOptions options, const std::stop_token& stop);

struct SessionStatistics {
    double inference_fps = 0;  // processed frames per second, over the last second or so
    double latency_ms = 0;     // capture to published result, of the newest frame with one
    std::uint64_t processed = 0;
    std::uint64_t dropped = 0;  // frames replaced by a newer one before the network was free
};

// One message from the inference thread. Everything in it belongs together.
struct Update {
    FramePtr frame;                                  // the frame it is about; may be null
    std::uint64_t sequence = 0;                      // that the frame was submitted with
    std::shared_ptr<const Recognition> recognition;  // null if this is not a result
    std::optional<Error> failure;                    // a frame or a model could not be used
    // Set once after a model was swapped in (or failed to be: then `failure` says why and the old
    // model keeps running).
    std::optional<detect::RecogniserInfo> model_ready;
    std::uint64_t model_generation = 0;  // counts use(); results carry their model's
    std::uint64_t question = 0;          // which examine() this answers; 0 = none
    std::vector<std::shared_ptr<const Recognition>> answers;  // one for each way, or `failure`
    SessionStatistics statistics;
};

// Owns the inference thread: takes the newest frame, never a queue of them, and publishes the
// newest result.
//
// `nudge` is called on the inference thread when an update becomes available, at most once until
// takeUpdates() is called, so that a blocked GUI accumulates one event and not many.
// Threads: all methods may be called from any thread, but `nudge` may only call takeUpdates() and
// statistics(), and must not throw. After stop() returns (within 250 ms plus the time of one
// network layer group) nothing is called any more; the destructor stops too.
class Session {
public:
    explicit Session(std::function<void()> nudge);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Replaces the network once `factory` has succeeded; until then the old one stays, and it goes
    // on if `factory` fails. A later use() cancels this one and takes its place without a message.
    // Returns the generation number the results will carry.
    std::uint64_t use(ProcessorFactory factory);
    // Offers a frame; it replaces one that the network has not started on. To see the same picture
    // with another model or other options, submit it again. False if a later frame of the same
    // sequence (of one source) was offered before: that one stays, whatever thread was faster.
    bool submit(FramePtr frame, std::uint64_t sequence = 0);
    // New options for the network in use and for every later one.
    void configure(const detect::RecogniserOptions& options);
    // Looks at one picture in each of these ways, between two frames; frames and their options are
    // left alone. Answered by one message with this number, unless a later question comes before
    // this one was started.
    std::uint64_t examine(FramePtr frame, std::vector<detect::RecogniserOptions> ways);

    // What has been published since the last call: messages, oldest first (bounded at 16, the
    // oldest go first), then at most one result or failed frame, the newest. A result of a model
    // that has been replaced meanwhile is not returned.
    std::vector<Update> takeUpdates();

    SessionStatistics statistics() const;
    void stop();

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace overfeat::live
