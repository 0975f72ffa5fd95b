// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace overfeat::backend::kserve {

inline constexpr std::string_view kHttpScheme = "kserve:";
inline constexpr std::string_view kGrpcScheme = "kserve+grpc:";

enum class Protocol { kHttp, kGrpc };

// Whether a device is an inference server, if perhaps not a valid one.
bool isServer(std::string_view device) noexcept;

// Where a server listens, and what its model is called.
struct Address {
    Protocol protocol = Protocol::kHttp;
    std::string host;  // a name, or an IPv4 or IPv6 address
    std::uint16_t port = 0;
    std::string model;

    std::string server() const;  // "HOST:PORT", as in messages and addresses
    bool operator==(const Address&) const = default;
};

// Reads "kserve:HOST:PORT/MODEL" and "kserve+grpc:HOST:PORT/MODEL". Throws Error(kUsage) for
// anything else, in particular for names of users and passwords, which would have to be kept out of
// every message.
Address parseAddress(std::string_view device);

// Whether a server's model may be called so; the name becomes part of a path.
bool isModelName(std::string_view name) noexcept;

}  // namespace overfeat::backend::kserve
