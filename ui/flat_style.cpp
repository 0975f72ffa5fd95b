// SPDX-License-Identifier: Apache-2.0
#include "ui/flat_style.h"

#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QEvent>
#include <QPainter>
#include <QPainterPath>
#include <QScrollBar>
#include <QStyleOption>
#include <algorithm>
#include <cmath>

#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr int kControlHeight = 30;
constexpr int kScrollBarWidth = 10;
constexpr int kTextInset = 10;  // of text from the left edge of a field
constexpr int kStepperWidth = 22;

bool enabled(const QStyleOption& option) {
    return option.state & QStyle::State_Enabled;
}
bool hovered(const QStyleOption& option) {
    return enabled(option) && (option.state & QStyle::State_MouseOver);
}
bool focused(const QStyleOption& option) {
    return (option.state & QStyle::State_HasFocus) &&
           (option.state & QStyle::State_KeyboardFocusChange);
}

// A filled rounded rectangle whose one-pixel border lies inside `rect`.
void roundedBox(QPainter& painter, const QRect& rect, const QColor& fill, const QColor& border,
                double border_width = 1) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(fill);
    painter.setPen(border.isValid() ? QPen(border, border_width) : QPen(Qt::NoPen));
    const double inset = border.isValid() ? border_width / 2 : 0;
    painter.drawRoundedRect(QRectF(rect).adjusted(inset, inset, -inset, -inset), kRadius, kRadius);
}

// `size` is half the width; negative points up.
void chevron(QPainter& painter, const QPointF& centre, const QColor& colour, double size = 4) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colour, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPolyline(QPolygonF{centre + QPointF(-std::abs(size), -size / 2),
                                   centre + QPointF(0, size / 2),
                                   centre + QPointF(std::abs(size), -size / 2)});
}

QColor borderOf(const QStyleOption& option, const Colours& c) {
    return focused(option) ? c.accent : c.outline;
}

void drawButton(QPainter& painter, const QStyleOption& option, const Colours& c, bool framed) {
    const bool pressed = option.state & QStyle::State_Sunken;
    const bool on = option.state & QStyle::State_On;
    QColor fill = framed ? c.raised : QColor(Qt::transparent);
    if (hovered(option)) fill = c.hover;
    if (on || pressed) fill = c.selected;
    QColor border = framed ? c.outline : QColor();
    if (focused(option)) border = c.accent;
    roundedBox(painter, option.rect, fill, border, focused(option) ? 2 : 1);
}

void drawCheckMark(QPainter& painter, const QStyleOption& option, const Colours& c) {
    const bool on = option.state & QStyle::State_On;
    const QColor accent = enabled(option) ? c.accent : c.outline;
    QRectF box(option.rect);
    box = QRectF(box.center() - QPointF(8, 8), QSizeF(16, 16));
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(on ? accent : c.raised);
    painter.setPen(QPen(on || focused(option) || hovered(option) ? accent : c.muted_text, 1));
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    if (!on) return;
    painter.setPen(QPen(c.accent_text, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    const QPointF centre = box.center();
    painter.drawPolyline(QPolygonF{centre + QPointF(-3.6, 0.2), centre + QPointF(-1, 2.8),
                                   centre + QPointF(3.8, -2.6)});
}

void drawSlider(QPainter& painter, const QStyleOptionSlider& option, const Colours& c,
                const QRect& handle) {
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor active = enabled(option) ? c.accent : c.outline;
    const QRectF groove(option.rect.left(), option.rect.center().y() - 1.0, option.rect.width(), 4);
    painter.setPen(Qt::NoPen);
    painter.setBrush(c.outline);
    painter.drawRoundedRect(groove, 2, 2);
    QRectF filled = groove;
    filled.setRight(handle.center().x());
    painter.setBrush(active);
    painter.drawRoundedRect(filled, 2, 2);
    const QPointF centre(handle.center().x() + 0.5, groove.center().y());
    if (focused(option)) {
        QColor ring = c.accent;
        ring.setAlphaF(0.35F);
        painter.setBrush(ring);
        painter.drawEllipse(centre, 9.5, 9.5);
    }
    painter.setBrush(active);
    painter.setPen(QPen(c.surface, 2));
    painter.drawEllipse(centre, 7.5, 7.5);
}

void drawSpinBox(QPainter& painter, const QStyleOptionSpinBox& option, const Colours& c) {
    roundedBox(painter, option.rect, c.raised,
               (option.state & QStyle::State_HasFocus) ? c.accent : c.outline);
    const double x = option.rect.right() - kStepperWidth / 2.0;
    const double y = option.rect.center().y() + 0.5;
    const auto arrow = [&](QAbstractSpinBox::StepEnabledFlag step, double at, double size) {
        QColor colour = c.muted_text;
        if (!enabled(option) || !(option.stepEnabled & step)) colour.setAlphaF(0.35F);
        chevron(painter, QPointF(x, at), colour, size);
    };
    arrow(QAbstractSpinBox::StepUpEnabled, y - 5, -3);
    arrow(QAbstractSpinBox::StepDownEnabled, y + 5, 3);
}

void drawScrollBar(QPainter& painter, const QStyleOptionSlider& option, const Colours& c,
                   const QRect& slider) {
    if (option.maximum <= option.minimum) return;
    const bool upright = option.orientation == Qt::Vertical;
    QRectF thumb = QRectF(slider).adjusted(upright ? 3 : 0, upright ? 0 : 3, upright ? -1 : 0,
                                           upright ? 0 : -1);
    QColor colour = c.muted_text;
    colour.setAlphaF(hovered(option) || (option.state & QStyle::State_Sunken) ? 0.75F : 0.4F);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawRoundedRect(thumb, 3, 3);
}

}  // namespace

FlatStyle::FlatStyle() : QProxyStyle(QStringLiteral("Fusion")) {}

void FlatStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option,
                              QPainter* painter, const QWidget* widget) const {
    const Colours& c = colours(option->palette);
    painter->save();
    switch (element) {
        case PE_PanelButtonCommand:
            drawButton(*painter, *option, c, true);
            break;
        case PE_PanelButtonTool:
            drawButton(*painter, *option, c, false);
            break;
        case PE_PanelLineEdit:
            if (const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
                frame && frame->lineWidth > 0) {
                roundedBox(*painter, option->rect, c.raised,
                           (option->state & State_HasFocus) ? c.accent : c.outline);
            }
            break;
        case PE_FrameLineEdit:
            break;
        case PE_IndicatorCheckBox:
            drawCheckMark(*painter, *option, c);
            break;
        case PE_FrameFocusRect:
            if (!qobject_cast<const QAbstractItemView*>(widget)) {
                roundedBox(*painter, option->rect, Qt::transparent, c.accent);
            }
            break;
        case PE_FrameMenu:
            painter->setPen(c.outline);
            painter->setBrush(Qt::NoBrush);
            painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
            break;
        default:
            QProxyStyle::drawPrimitive(element, option, painter, widget);
    }
    painter->restore();
}

void FlatStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                                   QPainter* painter, const QWidget* widget) const {
    const Colours& c = colours(option->palette);
    painter->save();
    const auto* slider = qstyleoption_cast<const QStyleOptionSlider*>(option);
    if (control == CC_ComboBox) {
        const bool open = option->state & State_On;
        roundedBox(*painter, option->rect, hovered(*option) || open ? c.hover : c.raised,
                   borderOf(*option, c), focused(*option) ? 2 : 1);
        QColor mark = c.muted_text;
        if (!enabled(*option)) mark.setAlphaF(0.45F);
        chevron(*painter, QPointF(option->rect.right() - 14, option->rect.center().y() + 0.5),
                mark);
    } else if (const auto* spin = qstyleoption_cast<const QStyleOptionSpinBox*>(option);
               control == CC_SpinBox && spin) {
        drawSpinBox(*painter, *spin, c);
    } else if (const auto* tool = qstyleoption_cast<const QStyleOptionToolButton*>(option);
               control == CC_ToolButton && tool) {
        // A button with an icon says enough; the menu arrow only crowds it.
        QStyleOptionToolButton plain = *tool;
        plain.features &= ~QStyleOptionToolButton::HasMenu;
        QProxyStyle::drawComplexControl(control, &plain, painter, widget);
    } else if (control == CC_Slider && slider && slider->orientation == Qt::Horizontal) {
        drawSlider(*painter, *slider, c,
                   subControlRect(CC_Slider, option, SC_SliderHandle, widget));
    } else if (control == CC_ScrollBar && slider) {
        drawScrollBar(*painter, *slider, c,
                      subControlRect(CC_ScrollBar, option, SC_ScrollBarSlider, widget));
    } else {
        QProxyStyle::drawComplexControl(control, option, painter, widget);
    }
    painter->restore();
}

void FlatStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                            const QWidget* widget) const {
    if (element == CE_MenuItem) {
        if (const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(option)) {
            // The accent under a menu line would be louder than anything else in the window.
            const Colours& c = colours(option->palette);
            QStyleOptionMenuItem calm = *item;
            calm.palette.setColor(QPalette::Highlight, c.selected);
            calm.palette.setColor(QPalette::HighlightedText, c.text);
            QProxyStyle::drawControl(element, &calm, painter, widget);
            return;
        }
    }
    const auto* combo = qstyleoption_cast<const QStyleOptionComboBox*>(option);
    if (element == CE_ComboBoxLabel && combo && !combo->editable) {
        const QRect field = subControlRect(CC_ComboBox, combo, SC_ComboBoxEditField, widget);
        painter->save();
        painter->setPen(combo->palette.color(
            enabled(*combo) ? QPalette::Active : QPalette::Disabled, QPalette::ButtonText));
        painter->drawText(
            field, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextSingleLine,
            combo->fontMetrics.elidedText(combo->currentText, Qt::ElideRight, field.width()));
        painter->restore();
        return;
    }
    if (element == CE_HeaderSection || element == CE_HeaderEmptyArea) {
        const Colours& c = colours(option->palette);
        painter->fillRect(option->rect, c.surface);
        painter->fillRect(
            QRect(option->rect.left(), option->rect.bottom(), option->rect.width(), 1), c.outline);
        return;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

QRect FlatStyle::subControlRect(ComplexControl control, const QStyleOptionComplex* option,
                                SubControl part, const QWidget* widget) const {
    const QRect& all = option->rect;
    if (control == CC_ComboBox && part == SC_ComboBoxEditField) {
        return all.adjusted(kTextInset, 0, -28, 0);
    }
    if (control == CC_SpinBox) {
        const QRect steppers(all.right() - kStepperWidth, all.top(), kStepperWidth, all.height());
        switch (part) {
            case SC_SpinBoxUp:
                return steppers.adjusted(0, 0, 0, -all.height() / 2);
            case SC_SpinBoxDown:
                return steppers.adjusted(0, all.height() / 2, 0, 0);
            case SC_SpinBoxEditField:
                return all.adjusted(kTextInset - 4, 2, -kStepperWidth, -2);
            default:
                break;
        }
    }
    return QProxyStyle::subControlRect(control, option, part, widget);
}

int FlatStyle::pixelMetric(PixelMetric metric, const QStyleOption* option,
                           const QWidget* widget) const {
    switch (metric) {
        case PM_ScrollBarExtent:
            return kScrollBarWidth;
        case PM_ButtonShiftHorizontal:
        case PM_ButtonShiftVertical:
            return 0;
        case PM_SliderLength:
        case PM_SliderThickness:
        case PM_SliderControlThickness:
        case PM_IndicatorWidth:
        case PM_IndicatorHeight:
            return 18;
        default:
            return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int FlatStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                         QStyleHintReturn* data) const {
    switch (hint) {
        case SH_ComboBox_Popup:
            return 0;  // a list below the field, scrollable, instead of a menu over it
        case SH_Slider_AbsoluteSetButtons:
            return Qt::LeftButton;
        case SH_ScrollBar_Transient:
        case SH_EtchDisabledText:
            return 0;
        default:
            return QProxyStyle::styleHint(hint, option, widget, data);
    }
}

QSize FlatStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                                  const QWidget* widget) const {
    QSize result = QProxyStyle::sizeFromContents(type, option, size, widget);
    if (type == CT_ComboBox || type == CT_LineEdit || type == CT_PushButton || type == CT_SpinBox) {
        result.setHeight(scaled(kControlHeight));
        if (type == CT_PushButton) result.rwidth() += spacing::kSmall;
    }
    return result;
}

// Here, because every control passes here, whatever page or dialog it is made for and when.
void FlatStyle::polish(QWidget* widget) {
    QProxyStyle::polish(widget);
    const bool changed_by_wheel = qobject_cast<QComboBox*>(widget) ||
                                  qobject_cast<QAbstractSpinBox*>(widget) ||
                                  qobject_cast<QAbstractSlider*>(widget);
    if (!changed_by_wheel || qobject_cast<QScrollBar*>(widget)) return;
    if (widget->focusPolicy() == Qt::WheelFocus) widget->setFocusPolicy(Qt::StrongFocus);
    widget->installEventFilter(this);
}

bool FlatStyle::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Wheel && !qobject_cast<QWidget*>(watched)->hasFocus()) {
        event->ignore();  // so it goes to what the control is in
        return true;
    }
    return QProxyStyle::eventFilter(watched, event);
}

}  // namespace overfeat::ui
