// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/core/geometry.h"
#include "engine/core/image.h"

namespace overfeat {

// One captured object: a picture and where in it the object is. What lies around the box tells the
// object from its surroundings, so as much of it as there is belongs to the picture.
struct Example {
    Image image;
    RectPx box;  // in the picture
};

// How closely a network looks at an example before it says what it made of it.
enum class ExampleDepth {
    kUpright,  // as it was captured, at several sizes: enough to find it in the next frame
    kAll       // and turned, and with more of its surroundings: what is kept
};

}  // namespace overfeat
