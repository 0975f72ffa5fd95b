// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/live/base/parts.h"

namespace overfeat::test {

// What the fake parts did, and what they should do next. Shared by all of them and the test.
struct World {
    std::atomic<int> frame_interval_ms{20};
    std::atomic<int> network_ms{1};
    std::atomic<int> loading_ms{0};
    std::atomic<int> frames_made{0};
    std::atomic<int> frames_alive{0};
    std::atomic<int> started{0};  // frames the network has begun to look at
    std::atomic<int> processed{0};
    std::atomic<std::uint64_t> last_processed{0};  // frame id
    std::atomic<int> last_number{-1};              // its place in its source, of 256
    std::atomic<int> last_scales{0};               // how many scales it was looked at in
    std::atomic<int> fine_looks{0};                // looks at a fine stride: half a comparison
    std::atomic<int> layers_asked{0};              // looks that also asked for a layer
    std::atomic<int> says_ms{1};                   // how long a look took, as it is told
    std::atomic<int> sources_open{0};
    std::atomic<int> steps_to_do{0};     // asked for, and their frames have not come yet
    std::atomic<bool> unplugged{false};  // all cameras
    std::atomic<bool> reopening{false};  // they are being tried again, and give no picture yet
    std::atomic<bool> processor_alive{false};
    std::atomic<bool> card_lost{false};  // the network goes on on another device
    // How closely the network was shown examples, and how many looks had begun before; guarded by
    // mutex. The look after the first one lasts until holds_next is false again.
    std::vector<std::pair<ExampleDepth, std::size_t>> embedded;
    std::atomic<bool> holds_next{false};
    std::atomic<bool> holds_closer{false};  // a closer look at an example lasts until it is false
    std::vector<bool> knew_lesson;          // of each look in order; guarded by mutex
    std::mutex mutex;
    std::vector<capture::CameraInfo> cameras;  // guarded by mutex
    std::vector<std::string> opened;           // guarded by mutex
    std::function<void()> cameras_changed;     // guarded by mutex
    std::string last_device;                   // guarded by mutex
    std::string last_model;                    // guarded by mutex
    // Which source a frame is of, by its id; guarded by mutex.
    std::map<std::uint64_t, std::string> source_of;
};

// Parts with a network and sources that exist only here.
//
// Sources by name: "good..." gives moving pictures, "picture..." one, "short..." ten and then ends,
// "broken..." fails while opening, "silent..." never answers, "missing..." is refused by
// parseSource, "damaged..." has something missing. Models by name: "bad..." cannot be used,
// anything else can; its two classes are "left" and "right". "teachable..." can be taught, and
// holds the first look after an example. "frail..." loads, but fails at every frame. "boxes..." has
// two fine steps and finds one object, of eight windows, or of sixteen at a fine stride.
app::Parts fakeParts(const std::shared_ptr<World>& world);

// Waits in the event loop until `condition` holds; false after `limit`.
bool waitFor(const std::function<bool()>& condition,
             std::chrono::milliseconds limit = std::chrono::seconds(20));

}  // namespace overfeat::test
