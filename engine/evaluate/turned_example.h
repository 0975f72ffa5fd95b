// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/core/example.h"

namespace overfeat::evaluate {

// The object and what is around it, turned about its middle by so many degrees clockwise; the box
// is upright again, as small as holds the one that was turned. Where the picture ends, its edge
// goes on. Requires a box that touches the picture.
Example turned(const Image& picture, const RectPx& box, double degrees);

}  // namespace overfeat::evaluate
