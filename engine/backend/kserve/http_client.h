// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/backend/kserve/address.h"

namespace overfeat::backend::kserve {

// One question to the server, and what it answered.
struct Exchange {
    std::string path;                 // behind the host: "/v2/models/default"
    std::span<const char> body = {};  // none: GET; else POST
    std::size_t json_bytes = 0;  // so many of the body are JSON, the rest numbers; 0 = all is JSON
    std::size_t most_bytes = 0;  // an answer that is longer is broken off

    int status = 0;
    std::size_t header_bytes = 0;                       // of HTTP's own, so far
    std::optional<std::size_t> answer_json_bytes = {};  // likewise; nothing if all is JSON
    std::vector<char> answer = {};                      // keeps its memory for the next one
};

// Talks HTTP to one server and to nobody else: no redirects, no proxies, nothing from the
// environment, no passwords. Keeps connections open between calls, and opens new ones where the
// server has closed them. Threads: belongs to one thread at a time.
class HttpClient {
public:
    explicit HttpClient(Address address);
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
