// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

namespace overfeat::store {

// The checksum by which a fetched file is known to be the one that was meant (libcrypto).
class Sha256 {
public:
    Sha256();  // throws Error(kRuntime) if there is no memory
    void add(std::span<const std::byte> bytes);
    std::string hex();  // of all that was added, lower case; ends the sum

private:
    struct Free {
        void operator()(void* context) const noexcept;
    };
    std::unique_ptr<void, Free> context_;
};

// Of a whole file. Throws Error(kRuntime) if it cannot be read, Error(kCancelled).
std::string sha256Of(const std::filesystem::path& file, const std::stop_token& stop = {});

}  // namespace overfeat::store
