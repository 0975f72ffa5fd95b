// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QImage>

#include "engine/core/image.h"

namespace overfeat::ui {

// The frame's pixels as a QImage without a copy: the image keeps the frame alive until its last
// copy is gone. Null for no frame or an empty one. The only conversion between the two types.
QImage imageOf(const FramePtr& frame);

// A deep copy the other way, for pictures pasted from the clipboard; transparency becomes white.
// Throws Error(kInput) beyond Image::kMaxPixels.
Image imageFrom(const QImage& image);

}  // namespace overfeat::ui
