// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "engine/core/error.h"

namespace overfeat::test {

// With which code `work` fails; nothing if it does not.
std::optional<ErrorCode> errorCodeOf(const auto& work) {
    try {
        work();
        return std::nullopt;
    } catch (const Error& error) {
        return error.code();
    }
}

}  // namespace overfeat::test
