// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "app/cli/console.h"

namespace overfeat::cli {

// Tells how far it is and how long it will take, at most once a second and at the end.
class Progress {
public:
    explicit Progress(Console& console, std::string things = "pictures")
        : console_(console), things_(std::move(things)) {}
    void operator()(std::size_t done, std::size_t all);

private:
    Console& console_;
    std::string things_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point told_ = start_;
};

}  // namespace overfeat::cli
