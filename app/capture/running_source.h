// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "app/capture/frame_reader.h"
#include "app/capture/source.h"

namespace overfeat::capture {

// Runs any reader as a Source: one reading thread that opens, reads, paces, delivers, notices
// stalls and opens again. `name` is shown until the reader knows a better one.
std::unique_ptr<Source> runSource(SourceSpec spec, const SourceOptions& options, std::string name,
                                  std::unique_ptr<FrameReader> reader, FrameSink sink);

}  // namespace overfeat::capture
