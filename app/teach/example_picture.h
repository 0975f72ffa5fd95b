// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "engine/core/example.h"
#include "engine/learn/taught.h"

namespace overfeat::teach {

// What is kept of a captured picture: the object, and around it what a network is shown of its
// surroundings, in a size in which nothing of use is lost. Small enough for thousands of them.
// Throws Error(kInput) if the box has no pixels of the picture.
Example cutOut(const Image& picture, const RectPx& box);

// As the class library keeps it: JPEG. `source` is what a person reads.
learn::NewCapture captureOf(const Example& example, const std::string& source);

// Throws Error(kInput) if the bytes are no picture.
Example exampleOf(const learn::Capture& capture, std::span<const std::byte> picture);

// The object alone, its longer side at most `side_px`.
Image thumbnailOf(const Example& example, int side_px);

}  // namespace overfeat::teach
