// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace overfeat {

struct TaughtClass {
    std::string id;  // the class library's
    std::string name;
    std::size_t colour = 0;  // see classColourOf()
    // What it looks like: embeddings of its examples, one after the other, each of unit length.
    std::vector<float> prototypes;
    // The similarity from which a place counts as one of it, -1..1.
    double threshold = 1;
};

// What was taught, as it is applied to pictures. Immutable and shared: another lesson makes
// another one.
struct TaughtClasses {
    // Which network's embeddings these are (RecogniserInfo::embedding_space). Another network
    // leaves them alone.
    std::string space;
    std::size_t dimensions = 0;  // of an embedding
    std::vector<TaughtClass> classes;
    // What is none of it: embeddings as above.
    std::vector<float> negatives;
};

}  // namespace overfeat
