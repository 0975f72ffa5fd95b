// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <opencv2/core/mat.hpp>

#include "engine/core/image.h"

namespace overfeat::capture {

// OpenCV's BGR becomes RGB here and nowhere else in this room.

// Copies an 8-bit picture of 1 (grey), 3 (BGR) or 4 (BGRA, put on white) channels into `image`,
// which must have the same size.
void copyPixels(const cv::Mat& bgr, Image& image);

// The same with an image of its own. Throws Error(kInput) beyond Image::kMaxPixels.
Image toImage(const cv::Mat& bgr);

// A header over the image's own memory; nothing is copied.
cv::Mat wrap(Image& image);

// A BGR copy, for encoders.
cv::Mat toBgr(const Image& image);

// Keeps OpenCV's remarks off stderr: what matters is said in our own sentences. Called by
// everything that opens something; does its work once, before any decoder has started. FFmpeg's
// remarks are quietFfmpeg()'s (app/video/reader.h).
void quietDecoders();

}  // namespace overfeat::capture
