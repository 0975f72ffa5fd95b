// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "app/store/model_store.h"
#include "engine/backend/backend.h"
#include "engine/core/latest_slot.h"
#include "engine/live/session.h"
#include "engine/live/video_processor.h"
#include "engine/net/model.h"

namespace overfeat::app {

struct NetworkRequest {
    std::string model;  // as store::ModelStore::resolve reads it
    detect::RecogniserOptions options;
    std::shared_ptr<const live::VideoControls> video = std::make_shared<live::VideoControls>();
};

// What the inference thread found out while loading; complete before the session announces the
// model, not touched afterwards.
struct NetworkFacts {
    std::vector<std::shared_ptr<const net::Model>> models;
};

// Layer timings on request: the window sets `wanted`, the inference thread answers between two
// frames. Shared by both, so that either may go first.
struct ProfileExchange {
    std::atomic<bool> wanted = false;
    LatestSlot<std::vector<backend::LayerTiming>> ready;
    std::function<void()> nudge;
};

// Finds, reads and compiles; runs on the inference thread and may take seconds. Throws Error.
using NetworkMaker = std::function<std::unique_ptr<live::Processor>(
    const NetworkRequest& request, NetworkFacts& facts,
    const std::shared_ptr<ProfileExchange>& profile, std::stop_token stop)>;

// The real one.
NetworkMaker networkMaker(std::shared_ptr<const store::ModelStore> models);

}  // namespace overfeat::app
