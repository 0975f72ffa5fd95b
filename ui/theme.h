// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>
#include <cstddef>
#include <optional>

#include "ui/view_models.h"

class QApplication;
class QWidget;

// The one place where spacing, type sizes and colours are agreed on. Widgets ask by role and never
// write a number or a colour of their own.
namespace overfeat::ui {

// Distances in device-independent pixels, all multiples of 4.
namespace spacing {
inline constexpr int kTight = 4;
inline constexpr int kSmall = 8;
inline constexpr int kMedium = 12;
inline constexpr int kLarge = 16;
inline constexpr int kHuge = 24;
}  // namespace spacing

inline constexpr int kRadius = 6;
inline constexpr int kBarHeight = 44;  // the row above the picture
inline constexpr int kPanelWidth = 328;

// So many pixels beside text of the usual size (13 px); more where the desktop's font is larger, so
// that what holds text grows with it.
int scaled(int px);

enum class TextSize { kSmall, kBody, kTitle, kDisplay };
// The application's font in one of four sizes (0.87, 1, 1.2 and 1.7 of the system's).
QFont themeFont(TextSize size, bool strong = false);

// Colours by role. Every *text* role has at least 4.5:1 against every surface it may lie on.
struct Colours {
    QColor window;   // behind everything
    QColor surface;  // panels and bars
    QColor raised;   // fields, buttons, cards
    QColor hover;
    QColor selected;  // background of the selected row
    QColor outline;   // separators and frames
    QColor text;
    QColor muted_text;   // secondary information
    QColor accent;       // the only accent: what is active or can be acted on
    QColor accent_text;  // on accent
    QColor good;
    QColor warning;  // text and icons
    QColor error;
    QColor picture_background;  // letterbox; dark in both themes, so that pictures look the same
    bool dark = false;
};
const Colours& lightColours();
const Colours& darkColours();
// The set that goes with a widget's palette, so that painting needs no global state.
const Colours& colours(const QPalette& palette);
const Colours& colours(const QWidget& widget);

// For marks on the picture, which is of any colour: the text on its own translucent plate.
QColor plateColour();
QColor plateText();

// Colour number so-and-so of those for classes; which one a class has, labelColour() says
// (live_marks.h). The same in the list, on the picture and in every other place, in both
// themes. Neighbouring indices differ strongly; at least 3:1 against both themes' surfaces.
QColor classColour(std::size_t number);

// WCAG 2 contrast ratio of two opaque colours, 1..21.
double contrastRatio(const QColor& a, const QColor& b);

// Sets style, palette, font and style sheet of the whole program. kSystem is what the desktop says
// (`desktop_is_dark`), and if it says nothing follows its palette: dark if its window colour is.
void applyTheme(QApplication& application, ThemeMode mode,
                std::optional<bool> desktop_is_dark = std::nullopt);

}  // namespace overfeat::ui
