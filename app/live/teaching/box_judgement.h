// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include "engine/core/geometry.h"
#include "engine/core/image.h"

namespace overfeat::app {

// What may be wrong with a box before it is taught: one sentence, or nothing. Pure, under a
// millisecond.
QString boxHint(const Image& picture, const RectPx& box);

}  // namespace overfeat::app
