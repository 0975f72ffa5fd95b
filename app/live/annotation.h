// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QImage>

#include "engine/core/recognition.h"

namespace overfeat::app {

// Writes the best classes with their scores into the picture's upper left corner, each on its own
// plate in its class's colour, in a size that can be read on any picture: what the window shows
// beside the picture must be in it when it is recorded. Needs a QGuiApplication (fonts).
void drawTopClasses(QImage& picture, const Recognition& recognition, std::size_t count = 5);

}  // namespace overfeat::app
