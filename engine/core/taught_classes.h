// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "engine/core/api.h"

namespace overfeat {

// From this score on a place is shown as what was taught: below, other things are as likely.
inline constexpr float kAccepted = 0.5F;

// Of the thresholds tried the one that tells what was taught from the rest best, with three
// networks (engine/detect/README.md).
inline constexpr double kUsualThreshold = 0.47;

// Into how many parts an object's box is cut, so that an embedding says where on the object
// something is. The parts are about square.
struct PartGrid {
    int across = 1;
    int down = 1;
    std::size_t count() const noexcept {
        return static_cast<std::size_t>(across) * static_cast<std::size_t>(down);
    }
    bool operator==(const PartGrid&) const = default;
};
OVERFEAT_API PartGrid partGridFor(double width, double height) noexcept;

// How many numbers the embeddings of a network have.
struct EmbeddingSize {
    std::size_t part = 0;   // of each part of the box, from a sharp map of features
    std::size_t whole = 0;  // of a window around it, from the last one
    std::size_t row(const PartGrid& grid) const noexcept { return grid.count() * part + whole; }
    bool operator==(const EmbeddingSize&) const = default;
};

// What a network makes of one capture: the object as seen at several sizes. A row holds the parts'
// embeddings, row by row of the grid, together of unit length, then that of a window that shows the
// whole object, of unit length.
struct ExampleEmbedding {
    EmbeddingSize size;
    double width_px = 1;  // of the box: only the ratio of the two matters
    double height_px = 1;
    std::vector<float> rows;
    // The parts of boxes that share much with the object's, but are not it, as seen with it:
    // [n][parts]. What is more like one of them is a piece of the object, or what it stood before.
    std::vector<float> surroundings = {};

    PartGrid grid() const noexcept { return partGridFor(width_px, height_px); }
    bool operator==(const ExampleEmbedding&) const = default;
};

// A score is the logistic function of how far the similarity is above the threshold, and back; from
// its threshold on a class is accepted. The steepness is that of the similarities of what was
// taught and what was not, where they meet.
inline constexpr double kScoreSteepness = 0.06;
OVERFEAT_API float scoreOfSimilarity(double similarity, double threshold,
                                     double steepness = kScoreSteepness) noexcept;
OVERFEAT_API double similarityOfScore(float score, double threshold) noexcept;

struct EmbeddedClass {
    std::string id;  // the class library's
    std::string name;
    std::size_t colour = 0;  // see classColourOf()
    std::vector<ExampleEmbedding> examples;
    // What looks like it and is none ("not this"): of the shape of an example, or it is passed
    // over.
    std::vector<ExampleEmbedding> negatives;
    // From this similarity (the mean cosine of the parts, -1..1) on something is one of it.
    double threshold = kUsualThreshold;

    bool operator==(const EmbeddedClass&) const = default;
};

// What was taught, as it is applied to pictures. Immutable and shared: another lesson makes
// another one.
struct TaughtClasses {
    // Which network's embeddings these are (RecogniserInfo::embedding_space). Another network
    // leaves them alone.
    std::string space;
    std::vector<EmbeddedClass> classes;

    bool operator==(const TaughtClasses&) const = default;
};

}  // namespace overfeat
