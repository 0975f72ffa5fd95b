// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/core/taught_classes.h"
#include "engine/learn/class_library.h"

namespace overfeat::teach {

// How a capture goes with the others, by what one network makes of the windows around the objects:
// they tell what something is in any pose. README.md says how the limits were found.
struct CaptureFit {
    double like_own = 0;     // the most like of the other captures of its class, a cosine
    bool disagrees = false;  // it is hardly like any of them, and they are like each other
    std::string looks_like;  // the id of another class that it might be one of; mostly empty
    double like_other = 0;   // how much
};

struct ClassFit {
    // An example that differs from those there are would make it surer.
    bool more_would_help = false;
    std::map<std::string, CaptureFit> captures;  // by id; examples only
};

using Embeddings = std::map<std::string, learn::StoredEmbedding>;  // by capture

// Of the wanted classes, by id. Those that the network has not seen are left out. Bounded: of what
// is very much, a part is looked at.
std::map<std::string, ClassFit> fitOf(const learn::LibraryContent& content,
                                      const Embeddings& embeddings, const EmbeddingSize& size,
                                      const std::set<std::string>& wanted);

}  // namespace overfeat::teach
