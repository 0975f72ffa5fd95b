// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/backend/kserve/call.h"
#include "engine/backend/kserve/exchange.h"
#include "engine/backend/kserve/tensors.h"

namespace overfeat::backend::kserve {

// One way the protocol travels: what is sent, and what the answers mean. Knows no connection. What
// does the reading throws Garbage.
class Dialect {
public:
    virtual ~Dialect() = default;

    virtual Exchange askServer() const = 0;
    virtual ServerInfo readServer(const Exchange& answered) const = 0;
    virtual Exchange askModel(const std::string& name) const = 0;
    // Nothing if the server says that it has no such model.
    virtual std::optional<ModelInfo> readModel(const Exchange& answered) const = 0;
    // Calls of `model`, which refer to nothing of this.
    virtual std::unique_ptr<Call> makeCall(const CallShape& shape, const std::string& model,
                                           const ServerInfo& server) const = 0;
};

std::unique_ptr<const Dialect> makeHttpDialect();
std::unique_ptr<const Dialect> makeGrpcDialect();

}  // namespace overfeat::backend::kserve
