// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QImage>
#include <filesystem>

namespace overfeat::app {

// Writes a PNG atomically: an existing file stays whole until the new one is complete. Throws
// Error(kRuntime) with a sentence. Any thread.
void writePng(const QImage& picture, const std::filesystem::path& file);

}  // namespace overfeat::app
