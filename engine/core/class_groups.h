// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/core/api.h"
#include "engine/core/detection.h"
#include "engine/core/label_set.h"

namespace overfeat {

// The everyday thing that a class is a kind of, by its WordNet id: "cat" for a tabby. Nothing for
// what is no kind of anything else in the table, and for other ids.
OVERFEAT_API std::optional<std::string_view> classGroup(std::string_view id);

// Several classes that are kinds of one thing.
struct KindsOfOne {
    std::string_view group;
    std::vector<std::size_t> kinds;  // at least two, best first
};
// Where the best classes of an object (those with at least half the score of the best one) are
// kinds of one thing: which kind it is the network does not know, but what it is. Nothing if one of
// them is something else, if there is one only, or for what a person taught.
OVERFEAT_API std::optional<KindsOfOne> kindsOfOne(const Detection& object, const LabelSet& labels);

}  // namespace overfeat
