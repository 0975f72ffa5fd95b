// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/core/device_choice.h"
#include "engine/core/error.h"
#include "engine/core/example.h"
#include "engine/core/image.h"
#include "engine/core/recognition.h"
#include "engine/core/taught_classes.h"
#include "engine/detect/recogniser.h"

namespace overfeat::live {

struct SessionStatistics {
    double inference_fps = 0;  // processed frames per second, over the last second or so
    double latency_ms = 0;     // capture to published result, of the newest frame with one
    std::uint64_t processed = 0;
    std::uint64_t dropped = 0;  // frames replaced by a newer one before the network was free
};

// One message from the inference thread. Everything in it belongs together.
struct Update {
    // Which command of the session this answers, or 0: it is about a frame that was submitted.
    std::uint64_t command = 0;
    // What was in force: the command that brought the network (0 = none yet), and the settings.
    std::uint64_t model = 0;
    std::uint64_t revision = 0;

    FramePtr frame;                                  // the frame it is about; may be null
    std::shared_ptr<const Recognition> recognition;  // of a frame that was submitted
    // The device failed and another one goes on: which, and what was passed over. Has no frame.
    std::optional<DeviceChoice> device_changed;
    std::optional<Error> failure;  // a frame or a command could not be done
    // use(): the network is in force. (Failed, the old one goes on.)
    std::optional<detect::RecogniserInfo> model_ready;
    // examine(): one for each look.
    std::vector<std::shared_ptr<const Recognition>> answers;
    // embed(): one for each example.
    std::vector<ExampleEmbedding> embeddings;
    // profile(): in the order of the network.
    std::vector<backend::LayerTiming> layers;
    SessionStatistics statistics;
};

}  // namespace overfeat::live
