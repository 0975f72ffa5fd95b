// SPDX-License-Identifier: Apache-2.0
// A frame is shared by threads, so nobody changes its pixels.
// MUST NOT COMPILE: read-only|cannot assign
#include "engine/core/image.h"

void brighten(const overfeat::FramePtr& frame, overfeat::Image& own) {
    own.row(0)[0] = frame->image.row(0)[0];
#ifdef MUST_NOT_COMPILE
    frame->image.row(0)[0] = 255;
#endif
}
