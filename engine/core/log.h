// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string_view>

namespace overfeat {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Where the engine's remarks go; the engine itself never prints. May be called from any thread.
using LogSink = std::function<void(LogLevel, std::string_view)>;

}  // namespace overfeat
