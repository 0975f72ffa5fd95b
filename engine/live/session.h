// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/core/api.h"
#include "engine/core/example.h"
#include "engine/core/image.h"
#include "engine/core/look.h"
#include "engine/live/processor.h"
#include "engine/live/settings.h"
#include "engine/live/update.h"

namespace overfeat::live {

// Owns the inference thread: takes the newest frame, never a queue of them, and publishes the
// newest result.
//
// There are three ways in: frames, settings (one immutable snapshot, replaced whole), and commands,
// which are done one after the other, before any frame. A use() or a profile() that has not been
// started is replaced by a later one, and an examine() by one that says so: it is then never
// answered. Everything else is.
//
// `nudge` is called on the inference thread when an update becomes available, at most once until
// takeUpdates() is called, so that a blocked GUI accumulates one event and not many.
// Threads: all methods may be called from any thread, but `nudge` may only call takeUpdates() and
// statistics(), and must not throw. After stop() returns (within 250 ms plus the time of one
// network layer group) nothing is called any more; the destructor stops too.
class OVERFEAT_API Session {
public:
    explicit Session(std::function<void()> nudge);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // For every frame the network starts on from now on, with whatever network. Returns the
    // revision their results will carry; it grows by one with every call. Throws Error(kUsage) for
    // a look outside its limits, and changes nothing then.
    std::uint64_t set(const Settings& settings);

    // Offers a frame; it replaces one that the network has not started on. False, and nothing
    // happens, if it is of a source that is not wanted, if a later frame of its source was offered
    // before, or if it was offered already and neither network nor settings have changed since.
    bool submit(FramePtr frame);

    // Commands. Each returns the number its answer will carry; numbers grow.
    //
    // Replaces the network once `factory` has succeeded; until then the old one stays, and it goes
    // on if `factory` fails. A later use() also cancels one that is being loaded.
    std::uint64_t use(ProcessorFactory factory);
    // Looks at one picture in each of these ways; the frames of the video do not hear of it. The
    // one with the number `instead_of` is given up if it has not been started: its asker's alone to
    // say.
    std::uint64_t examine(FramePtr frame, std::vector<Look> looks, std::uint64_t instead_of = 0);
    // Times every layer for the largest scale of a picture of this size.
    std::uint64_t profile(SizePx frame);

    // Makes embeddings of examples, for teaching.
    std::uint64_t embed(std::vector<Example> examples, ExampleDepth depth = ExampleDepth::kAll);

    // What has been published since the last call: answers, oldest first (bounded at 16, the oldest
    // go first), then at most one result or failed frame, the newest. A result of a network that
    // has been replaced meanwhile is not returned.
    std::vector<Update> takeUpdates();

    SessionStatistics statistics() const;
    void stop();

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace overfeat::live
