// SPDX-License-Identifier: Apache-2.0
#include "ui/theme.h"

#include <QApplication>
#include <QWidget>
#include <cmath>

#include "engine/core/class_colour.h"
#include "ui/flat_style.h"
#include "ui/oklab.h"

namespace overfeat::ui {
namespace {

Colours makeLight() {
    return {.window = QColor(0xe9ecf0),
            .surface = QColor(0xf7f8fa),
            .raised = QColor(0xffffff),
            .hover = QColor(0xe7ebf1),
            .selected = QColor(0xdbe8f8),
            .outline = QColor(0xcfd5dd),
            .text = QColor(0x1b1f24),
            .muted_text = QColor(0x515963),
            .accent = QColor(0x0b5cad),
            .accent_text = QColor(0xffffff),
            .good = QColor(0x19663a),
            .warning = QColor(0x7f4c00),
            .error = QColor(0xa9231b),
            .picture_background = QColor(0x101216),
            .dark = false};
}

Colours makeDark() {
    return {.window = QColor(0x14161a),
            .surface = QColor(0x1c1f24),
            .raised = QColor(0x272b32),
            .hover = QColor(0x2d323a),
            .selected = QColor(0x23384f),
            .outline = QColor(0x3a404a),
            .text = QColor(0xe8eaed),
            .muted_text = QColor(0xa9b1bb),
            .accent = QColor(0x6db3f8),
            .accent_text = QColor(0x0b1826),
            .good = QColor(0x63cb90),
            .warning = QColor(0xe8ae55),
            .error = QColor(0xff938a),
            .picture_background = QColor(0x0b0c0f),
            .dark = true};
}

double relativeLuminance(const QColor& colour) {
    const auto linear = [](float c) {
        return c <= 0.04045F ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) +
           0.0722 * linear(colour.blueF());
}

QPalette paletteFrom(const Colours& c) {
    QPalette palette;
    palette.setColor(QPalette::Window, c.surface);
    palette.setColor(QPalette::WindowText, c.text);
    palette.setColor(QPalette::Base, c.raised);
    palette.setColor(QPalette::AlternateBase, c.hover);
    palette.setColor(QPalette::Text, c.text);
    palette.setColor(QPalette::PlaceholderText, c.muted_text);
    palette.setColor(QPalette::Button, c.raised);
    palette.setColor(QPalette::ButtonText, c.text);
    palette.setColor(QPalette::BrightText, c.error);
    palette.setColor(QPalette::Highlight, c.accent);
    palette.setColor(QPalette::HighlightedText, c.accent_text);
    palette.setColor(QPalette::Link, c.accent);
    palette.setColor(QPalette::LinkVisited, c.accent);
    palette.setColor(QPalette::ToolTipBase, c.raised);
    palette.setColor(QPalette::ToolTipText, c.text);
    palette.setColor(QPalette::Light, c.raised);
    palette.setColor(QPalette::Midlight, c.hover);
    palette.setColor(QPalette::Mid, c.outline);
    palette.setColor(QPalette::Dark, c.outline);
    palette.setColor(QPalette::Shadow, QColor(0, 0, 0));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        QColor faded = c.text;
        faded.setAlphaF(0.45F);
        palette.setColor(QPalette::Disabled, role, faded);
    }
    return palette;
}

bool isDark(const QColor& colour) {
    return relativeLuminance(colour) < 0.2;
}

}  // namespace

const Colours& lightColours() {
    static const Colours colours = makeLight();
    return colours;
}

const Colours& darkColours() {
    static const Colours colours = makeDark();
    return colours;
}

const Colours& colours(const QPalette& palette) {
    return isDark(palette.color(QPalette::Active, QPalette::Window)) ? darkColours()
                                                                     : lightColours();
}

const Colours& colours(const QWidget& widget) {
    return colours(widget.palette());
}

int scaled(int px) {
    // The height of a line of the usual font; fonts a little larger need no more room.
    constexpr double kUsualLine = 18;
    const double line = QFontMetricsF(QApplication::font()).height();
    return static_cast<int>(std::lround(px * std::max(1.0, line / kUsualLine)));
}

QFont themeFont(TextSize size, bool strong) {
    QFont font = QApplication::font();
    const double factor = size == TextSize::kSmall     ? 0.87
                          : size == TextSize::kTitle   ? 1.2
                          : size == TextSize::kDisplay ? 1.7
                                                       : 1.0;
    if (font.pointSizeF() > 0) {
        font.setPointSizeF(font.pointSizeF() * factor);
    } else {
        font.setPixelSize(static_cast<int>(std::lround(font.pixelSize() * factor)));
    }
    font.setWeight(strong ? QFont::DemiBold : QFont::Normal);
    return font;
}

QColor plateColour() {
    return QColor(12, 14, 18, 214);
}
QColor plateText() {
    return QColor(0xf4f5f7);
}

QColor classColour(std::size_t number) {
    return toQColor(classColourOf(number));
}

double contrastRatio(const QColor& a, const QColor& b) {
    const double first = relativeLuminance(a);
    const double second = relativeLuminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

void applyTheme(QApplication& application, ThemeMode mode, std::optional<bool> desktop_is_dark) {
    if (!qobject_cast<FlatStyle*>(QApplication::style())) {
        QApplication::setStyle(new FlatStyle);  // the application owns it
    }
    // A default palette gives the desktop's back, which is the only way Qt 6.4 has to ask for it.
    application.setPalette(QPalette());
    const bool system_is_dark =
        desktop_is_dark.value_or(isDark(application.palette().color(QPalette::Window)));
    const bool dark = mode == ThemeMode::kDark || (mode == ThemeMode::kSystem && system_is_dark);
    application.setPalette(paletteFrom(dark ? darkColours() : lightColours()));
}

}  // namespace overfeat::ui
