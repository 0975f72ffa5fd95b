// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace overfeat::backend::kserve {

// One question to the server, and what it answered.
struct Exchange {
    std::string path;                       // behind the host: "/v2/models/default"
    std::vector<std::string> headers = {};  // "Name: value"
    // What is sent: `text`, or what lies elsewhere; neither: GET.
    std::string text = {};
    std::span<const char> body = {};
    bool grpc = false;           // HTTP/2 as gRPC uses it
    std::size_t most_bytes = 0;  // an answer that is longer is broken off

    int status = 0;                // of HTTP
    std::size_t header_bytes = 0;  // of HTTP's own, so far
    // What HTTP's headers, and gRPC's behind the answer, say of it.
    std::optional<std::size_t> answer_json_bytes = {};  // nothing if all is JSON
    std::optional<int> grpc_status = {};
    std::string grpc_message = {};
    std::vector<char> answer = {};  // keeps its memory for the next one
};

}  // namespace overfeat::backend::kserve
