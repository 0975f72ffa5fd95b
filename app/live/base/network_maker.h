// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "app/store/model_store.h"
#include "engine/live/processor.h"

namespace overfeat::app {

struct NetworkRequest {
    std::string model;            // as store::ModelStore::resolve reads it; empty = the default
    std::string device = "auto";  // as backend::chooseBackend reads it

    bool operator==(const NetworkRequest&) const = default;
};

// Finds, reads and compiles; runs on the inference thread and may take seconds. Throws Error.
using NetworkMaker = std::function<std::unique_ptr<live::Processor>(const NetworkRequest& request,
                                                                    std::stop_token stop)>;

// The real one.
NetworkMaker networkMaker(std::shared_ptr<const store::ModelStore> models);

}  // namespace overfeat::app
