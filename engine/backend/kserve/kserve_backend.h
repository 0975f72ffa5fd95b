// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/backend/backend.h"
#include "engine/backend/kserve/server.h"

namespace overfeat::backend::kserve {

// Runs networks on a server that holds them (README.md); what it does not hold, such as the layer
// somebody looks at, `processor` runs.
class KserveBackend final : public Backend {
public:
    KserveBackend(Address address, const Backend& processor, Patience patience = {});

    std::string_view name() const noexcept override { return "kserve"; }
    Availability probe() const override;
    std::optional<std::string> supports(const net::Graph& graph) const override;
    std::unique_ptr<Plan> compile(const net::Graph& graph, const Shape& input,
                                  const CompileOptions& options) const override;
    // All at once, so that the server can share out its devices.
    void runTogether(std::span<Plan* const> plans, const std::stop_token& stop) const override;

private:
    std::shared_ptr<const Server> server_;
    const Backend& processor_;
};

}  // namespace overfeat::backend::kserve

namespace overfeat::backend {

// For "kserve:HOST:PORT/MODEL" and the like. Throws Error(kUsage) for anything else.
std::unique_ptr<const Backend> makeKserveBackend(std::string_view device, const Backend& processor);

}  // namespace overfeat::backend
