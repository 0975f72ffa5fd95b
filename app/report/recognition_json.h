// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "engine/core/recognition.h"

// What was seen, as JSON: one form of every object, whichever program prints it.
namespace overfeat::report {

using Json = nlohmann::ordered_json;

// How every object about a picture or frame begins: {"file","frame","time"}. The file is what was
// typed, or folder + name, or the name of a camera; the frame is its number within a video, 0 for a
// picture; the time is a video's own in seconds, null for pictures and cameras.
Json frameJson(const std::string& file, std::int64_t frame, std::optional<double> time_s);

// How every object about a class begins: {"index","id","label"}, and "taught": true if a person
// taught it; its id is that of the class library.
Json classJson(const LabelSet& labels, std::size_t index);

// The `top` best classes of a frame: [{"index","id","label","score"}].
Json classesJson(const Recognition& seen, std::size_t top);

// {"index","id","label","score","votes","box":[x,y,width,height],"confidence"}, with "track" where
// objects are followed and "alternatives" where something else was found at its place.
Json objectJson(const Detection& found, const LabelSet& labels);
// Adds "width" and "height" of the picture and its objects, "detections".
void addDetections(Json& frame, const Recognition& seen);
// The boxes before merging, each with the window that proposed it.
Json rawBoxesJson(const Recognition& seen);

// {"resize": ms, "network": ms, ..., "total": ms}
Json timingsJson(const StageTimings& timings);

// One line without its end, always valid UTF-8: bytes of a file name that are none become U+FFFD.
std::string lineOf(const Json& object);

}  // namespace overfeat::report
