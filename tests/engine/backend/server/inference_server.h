// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/backend/kserve/address.h"
#include "engine/net/graph.h"

namespace overfeat::test {

using backend::kserve::Protocol;

// Whether the test must be left out, because this machine lacks what the server below runs on.
bool serverMissing(Protocol protocol = Protocol::kHttp);

// inference_server.py or grpc_server.cpp as a process of its own, until the end of this object.
class InferenceServer {
public:
    // `options` are both programs': {"--fault", "infer:slow"}.
    explicit InferenceServer(const std::filesystem::path& models,
                             const std::vector<std::string>& options = {},
                             Protocol protocol = Protocol::kHttp);
    ~InferenceServer() { end(); }
    InferenceServer(const InferenceServer&) = delete;
    InferenceServer& operator=(const InferenceServer&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    // "kserve:127.0.0.1:PORT/MODEL" or "kserve+grpc:..."
    std::string device(const std::string& model) const;
    // What it prints next, without the end of the line, once it has done so: for faults that say
    // what they do. A failure, and nothing, if that takes very long or the server has ended.
    std::string nextLine() const;
    // At once, as when a machine loses its power.
    void end();

private:
    Protocol protocol_;
    pid_t process_ = -1;
    int output_ = -1;
    std::uint16_t port_ = 0;
};

// Writes what the server needs of one network, called `name`.
void serve(const std::filesystem::path& models, const std::string& name, net::Graph graph,
           const Shape& input);

}  // namespace overfeat::test
