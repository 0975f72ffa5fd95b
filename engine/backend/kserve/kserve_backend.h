// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/kserve/http_client.h"
#include "engine/backend/kserve/protocol.h"

namespace overfeat::backend::kserve {

class Call;
class KservePlan;

struct Patience {
    std::chrono::milliseconds asking{3000};     // for what the server is and has
    std::chrono::milliseconds running{20'000};  // for a network, the first time with its loading
};

// Runs networks on a server that holds them (README.md); what it does not hold, such as the layer
// somebody looks at, `processor` runs.
// Threads: any; each call has a connection of its own.
class KserveBackend final : public Backend {
public:
    KserveBackend(Address address, const Backend& processor, Patience patience = {});
    ~KserveBackend() override;

    std::string_view name() const noexcept override { return "kserve"; }
    Availability probe() const override;
    std::optional<std::string> supports(const net::Graph& graph) const override;
    std::unique_ptr<Plan> compile(const net::Graph& graph, const Shape& input,
                                  const CompileOptions& options) const override;
    // All at once, so that the server can share out its devices.
    void runTogether(std::span<Plan* const> plans, const std::stop_token& stop) const override;

private:
    friend class KservePlan;

    // The model that has all of `outputs`.
    struct Part {
        std::string model;
        ModelInfo info;
    };
    std::optional<Part> find(const std::vector<std::string>& outputs) const;
    std::optional<ModelInfo> modelCalled(const std::string& name) const;
    ServerInfo server() const;

    void exchange(std::span<Exchange> exchanges, std::chrono::milliseconds patience,
                  const std::stop_token& stop) const;
    void run(std::span<KservePlan* const> plans, const std::stop_token& stop) const;
    void readInto(Call& call, Exchange& answered) const;
    void compareOnce(const KservePlan& plan, const std::stop_token& stop) const;
    // Throws Error(kDeviceLost): "The inference server at HOST:PORT " and what.
    [[noreturn]] void lose(const std::string& what) const;

    Address address_;
    const Backend& processor_;
    Patience patience_;
    mutable std::mutex mutex_;
    mutable std::vector<std::unique_ptr<HttpClient>> idle_;
    // Networks whose answers were compared with the processor's, as they are told apart there.
    mutable std::set<std::string> compared_;
};

}  // namespace overfeat::backend::kserve

namespace overfeat::backend {

// The one for "kserve:HOST:PORT/MODEL"; lives as long as the program. Throws Error(kUsage) for
// anything else.
const Backend& kserveBackend(std::string_view device, const Backend& processor);

}  // namespace overfeat::backend
