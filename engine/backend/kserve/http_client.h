// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <stop_token>

#include "engine/backend/kserve/address.h"
#include "engine/backend/kserve/exchange.h"

namespace overfeat::backend::kserve {

// Talks HTTP to one server and to nobody else, version 2 where gRPC asks: no redirects, no proxies,
// nothing from the environment, no passwords. Keeps connections open between calls, and opens new
// ones where the server has closed them. Threads: belongs to one thread at a time.
class HttpClient {
public:
    // `connecting`: how long that may take, within the patience of a question.
    HttpClient(Address address, std::chrono::milliseconds connecting);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    // All at once. Throws Error(kDeviceLost) with a sentence if one gets no answer within
    // `patience` or one that is no HTTP, and Error(kCancelled) at once after a stop request; the
    // connections concerned are closed then. An answer with a status that says no is an answer.
    void exchange(std::span<Exchange> exchanges, std::chrono::milliseconds patience,
                  const std::stop_token& stop);

private:
    class Connections;
    std::unique_ptr<Connections> connections_;
};

}  // namespace overfeat::backend::kserve
