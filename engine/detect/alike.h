// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace overfeat::detect {

// How like a box's parts are to what they are compared with.
struct Alike {
    float cosine = -1;    // the largest one; -1 where there is nothing to compare with
    std::size_t row = 0;  // the template that has it
};
// `templates` is [n][as many numbers as `parts` has], n may be 0; all of unit length.
Alike mostAlike(std::span<const float> parts, std::span<const float> templates) noexcept;

// What is left of a similarity to the object where a box is like its surroundings, too: a box that
// is as like those is half on the object or a piece of it, or shows what the object stood before,
// and has to be more like the object for that.
float apartFrom(float surroundings, float like) noexcept;

}  // namespace overfeat::detect
