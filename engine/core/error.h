// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/core/api.h"

namespace overfeat {

// What kind of thing went wrong. The command line turns it into its exit code (README.md).
enum class ErrorCode {
    kRuntime,     // the program or the machine failed: exit code 1
    kUsage,       // the caller asked for something that does not exist: 2
    kInput,       // a picture, video, folder, camera or URL cannot be used: 3
    kModel,       // a model file cannot be used: 4
    kCancelled,   // somebody asked to stop: 130
    kDeviceLost,  // a device that computes failed and may not be used again; another one may: 1
};

// The one exception type of the engine.
//
// `what()` is one sentence for a person: what, where, and what to do about it. `where()` names the
// file, tensor, node or device it is about (may be empty) for programs that want to sort errors.
// Thrown while loading, probing and compiling; the per-frame path catches it at the top of the
// worker loop. It never crosses a thread, a C entry point or a Qt slot.
class OVERFEAT_API Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& message, std::string where = {});

    ErrorCode code() const noexcept { return code_; }
    const std::string& where() const noexcept { return where_; }

private:
    ErrorCode code_;
    std::string where_;
};

// The process exit code of the command line's contract.
OVERFEAT_API int exitCode(ErrorCode code) noexcept;

// A stable lower-case word, e.g. "input", for machine-readable output.
OVERFEAT_API std::string_view name(ErrorCode code) noexcept;

}  // namespace overfeat
