// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QIcon>

namespace overfeat::ui {

enum class Icon {
    kPlay,
    kPause,
    kStep,
    kStepBack,
    kRecord,
    kStop,
    kSnapshot,
    kMenu,
    kSearch,
    kClose,
    kPanel,
    kUndo,
    kRedo
};

// A line drawing in the colour of the theme's text, sharp at any size and pixel ratio. It follows
// the palette of the application, so icons need not be made anew when the theme changes.
QIcon icon(Icon which);

}  // namespace overfeat::ui
