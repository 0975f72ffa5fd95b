// SPDX-License-Identifier: Apache-2.0
#include "engine/core/error.h"

#include <utility>

#include "engine/core/label_set.h"

namespace overfeat {

// Data sets, models and servers choose the names in it: nothing steers a terminal or ends the line.
Error::Error(ErrorCode code, const std::string& message, std::string where)
    : std::runtime_error(sanitisedLabel(message, message.size())),
      code_(code),
      where_(std::move(where)) {}

int exitCode(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::kRuntime:
            return 1;
        case ErrorCode::kUsage:
            return 2;
        case ErrorCode::kInput:
            return 3;
        case ErrorCode::kModel:
            return 4;
        case ErrorCode::kCancelled:
            return 130;
        case ErrorCode::kDeviceLost:
            return 1;
    }
    return 1;
}

std::string_view name(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::kRuntime:
            return "runtime";
        case ErrorCode::kUsage:
            return "usage";
        case ErrorCode::kInput:
            return "input";
        case ErrorCode::kModel:
            return "model";
        case ErrorCode::kCancelled:
            return "cancelled";
        case ErrorCode::kDeviceLost:
            return "device-lost";
    }
    return "runtime";
}

}  // namespace overfeat
