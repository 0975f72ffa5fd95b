// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "engine/core/geometry.h"
#include "engine/core/image.h"

namespace overfeat {

// One captured object: a picture and where in it the object is. What lies around the box tells the
// object from its surroundings, so as much of it as there is belongs to the picture.
struct Example {
    Image image;
    RectPx box;  // in the picture
};

// What a network makes of an example: embeddings of unit length, one after the other.
struct ExampleEmbedding {
    std::size_t dimensions = 0;
    std::vector<float> object;        // [n][dimensions]: the object in several sizes and lights
    std::vector<float> surroundings;  // [n][dimensions]: beside it, and half of it
};

}  // namespace overfeat
