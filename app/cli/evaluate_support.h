// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <string>

#include "app/cli/console.h"
#include "engine/core/image.h"

namespace overfeat::cli {

// The decoder the evaluation reads pictures with. Throws Error(kInput).
Image decodePicture(std::span<const std::byte> bytes, const std::string& name);

// Tells how far it is and how long it will take, at most once a second and at the end.
class Progress {
public:
    explicit Progress(Console& console) : console_(console) {}
    void operator()(std::size_t done, std::size_t all);

private:
    Console& console_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point told_ = start_;
};

}  // namespace overfeat::cli
