// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QImage>
#include <memory>

#include "app/video/recorder.h"
#include "engine/core/recognition.h"
#include "ui/annotated_picture.h"

namespace overfeat::app {

// Writes the best classes with their scores into the picture's upper left corner, each on its own
// plate in its class's colour, in a size that can be read on any picture: what the window shows
// beside the picture must be in it when it is recorded. Needs a QGuiApplication (fonts).
void drawTopClasses(QImage& picture, const Recognition& recognition, std::size_t count = 5);

// The picture with its overlay, and with the best classes of `named` unless that is null, drawn
// when the recorder's thread comes to it.
video::Recorder::Draw recordedPicture(ui::AnnotatedPicture picture,
                                      std::shared_ptr<const Recognition> named);

}  // namespace overfeat::app
