// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/kserve/address.h"

#include <algorithm>
#include <charconv>

#include "engine/core/error.h"

namespace overfeat::backend::kserve {
namespace {

constexpr std::size_t kLongestHost = 253;  // of the domain name system
constexpr std::size_t kLongestModel = 100;

// Whatever the locale.
bool isPlain(char c, std::string_view others) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
}

bool consistsOf(std::string_view text, std::string_view others, std::size_t longest) noexcept {
    return !text.empty() && text.size() <= longest &&
           std::ranges::all_of(text, [&](char c) { return isPlain(c, others); });
}

[[noreturn]] void refuse(const std::string& why) {
    throw Error(ErrorCode::kUsage,
                "An inference server is named kserve:HOST:PORT/MODEL, as in "
                "kserve:localhost:8000/default, or kserve+grpc:HOST:PORT/MODEL; " +
                    why);
}

}  // namespace

std::string Address::server() const {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool isModelName(std::string_view name) noexcept {
    return consistsOf(name, "._-", kLongestModel) && name.front() != '.';
}

bool isServer(std::string_view device) noexcept {
    return device.starts_with(kHttpScheme) || device.starts_with(kGrpcScheme);
}

Address parseAddress(std::string_view device) {
    if (!isServer(device)) refuse("this begins otherwise.");
    Address address;
    std::string_view rest;
    if (device.starts_with(kHttpScheme)) {
        rest = device.substr(kHttpScheme.size());
    } else {
        address.protocol = Protocol::kGrpc;
        rest = device.substr(kGrpcScheme.size());
    }
    if (rest.find('@') != std::string_view::npos)
        refuse("names of users and passwords are not supported.");
    const std::size_t slash = rest.find('/');
    if (slash == std::string_view::npos) refuse("the '/' and the model's name are missing.");
    const std::string_view model = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
    const std::size_t colon = rest.rfind(':');
    if (colon == std::string_view::npos) refuse("the port is missing.");
    std::string_view host = rest.substr(0, colon);
    const std::string_view port = rest.substr(colon + 1);
    const bool is_ipv6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (is_ipv6) host = host.substr(1, host.size() - 2);
    if (!consistsOf(host, is_ipv6 ? ".:" : ".-_", kLongestHost))
        refuse("the host is no name or address of a computer.");
    const auto read = std::from_chars(port.begin(), port.end(), address.port);
    if (read.ec != std::errc() || read.ptr != port.end() || address.port == 0)
        refuse("the port is no number from 1 to 65535.");
    if (!isModelName(model))
        refuse("a model's name has letters, digits, '.', '_' and '-', and at most 100 of them.");
    address.host = host;
    address.model = model;
    return address;
}

}  // namespace overfeat::backend::kserve
