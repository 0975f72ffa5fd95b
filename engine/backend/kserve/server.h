// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/kserve/address.h"
#include "engine/backend/kserve/dialect.h"
#include "engine/backend/kserve/http_client.h"

namespace overfeat::backend::kserve {

class KservePlan;

struct Patience {
    std::chrono::milliseconds connecting{2000};
    std::chrono::milliseconds asking{3000};     // for what the server is and has
    std::chrono::milliseconds running{20'000};  // for a network, the first time with its loading
};

// One server: the connections to it, and what is known of it. Its backend and their plans share it.
// Whatever goes wrong is Error(kDeviceLost). Threads: any; each call has a connection of its own.
class Server {
public:
    Server(Address address, const Backend& processor, Patience patience);

    const Address& address() const noexcept { return address_; }
    const Dialect& dialect() const noexcept { return *dialect_; }
    ServerInfo info() const;
    std::string description(const ServerInfo& info) const;

    // The model that has all of `outputs`.
    struct Part {
        std::string model;
        ModelInfo info;
    };
    std::optional<Part> find(const std::vector<std::string>& outputs) const;

    // All at once.
    void run(std::span<KservePlan* const> plans, const std::stop_token& stop) const;
    // Throws Error(kDeviceLost): "The inference server at HOST:PORT " and what.
    [[noreturn]] void lose(const std::string& what) const;

private:
    std::optional<ModelInfo> modelCalled(const std::string& name) const;
    void exchange(std::span<Exchange> exchanges, std::chrono::milliseconds patience,
                  const std::stop_token& stop) const;
    void readInto(Call& call, Exchange& answered) const;
    void compareOnce(const KservePlan& plan, const std::stop_token& stop) const;

    Address address_;
    std::unique_ptr<const Dialect> dialect_;
    const Backend& processor_;
    Patience patience_;
    mutable std::mutex mutex_;
    mutable std::vector<std::unique_ptr<HttpClient>> idle_;
    // Networks whose answers were compared with the processor's, as they are told apart there.
    mutable std::set<std::string> compared_;
};

}  // namespace overfeat::backend::kserve
