// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/cli/console.h"
#include "app/cli/inputs.h"
#include "engine/core/recognition.h"

namespace overfeat::cli {

// How every object about a picture or frame begins: {"file","frame","time"}; the time is the file's
// own in seconds, null for pictures.
nlohmann::ordered_json frameJson(const InputFrame& input);

// How every object about a class begins: {"index","id","label"}, and "taught": true if a person
// taught it; its id is that of the class library.
nlohmann::ordered_json classJson(const LabelSet& labels, std::size_t index);

// {"resize": ms, "network": ms, ..., "total": ms}
nlohmann::ordered_json timingsJson(const StageTimings& timings);

// The best classes of a frame: as one JSON object
// {"file","frame","time","classes":[{"index","id","label","score"}],"timings_ms":{}}, or as lines.
void printClasses(Results& results, const InputFrame& input, const Recognition& seen,
                  std::size_t top);

}  // namespace overfeat::cli
