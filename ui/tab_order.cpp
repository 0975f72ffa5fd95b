// SPDX-License-Identifier: Apache-2.0
#include "ui/tab_order.h"

#include <QScrollArea>
#include <QWidget>
#include <algorithm>

namespace overfeat::ui {
namespace {

struct Stop {
    QWidget* widget = nullptr;
    QRect place;  // in its part
};

bool takesTab(const QWidget& widget) {
    return widget.isVisible() && widget.isEnabled() && (widget.focusPolicy() & Qt::TabFocus) &&
           !widget.focusProxy();
}

// The part it lies in, or is; the innermost of several.
QWidget* partOf(const std::vector<QWidget*>& parts, const QWidget* widget) {
    for (; widget; widget = widget->parentWidget()) {
        const auto part = std::ranges::find(parts, widget);
        if (part != parts.end()) return *part;
    }
    return nullptr;
}

// From top to bottom; what begins above the middle of the first one of a line belongs to the line.
void sortAsRead(std::vector<Stop>& stops) {
    std::ranges::stable_sort(stops, {}, [](const Stop& stop) { return stop.place.top(); });
    for (auto line = stops.begin(); line != stops.end();) {
        const int middle = line->place.center().y();
        const auto end = std::find_if(line + 1, stops.end(), [middle](const Stop& stop) {
            return stop.place.top() > middle;
        });
        std::stable_sort(line, end, [](const Stop& a, const Stop& b) {
            return a.place.left() < b.place.left();
        });
        line = end;
    }
}

}  // namespace

QWidget* nextByTab(const std::vector<QWidget*>& parts, const QWidget* from, bool forward) {
    QWidget* home = partOf(parts, from);
    if (home && !home->isVisible()) return nullptr;
    std::vector<QWidget*> way;
    for (QWidget* part : parts) {
        std::vector<Stop> stops;
        for (QWidget* each : part->findChildren<QWidget*>()) {
            if ((takesTab(*each) || each == from) && partOf(parts, each) == part)
                stops.push_back({each, {each->mapTo(part, QPoint()), each->size()}});
        }
        // What holds others begins before them, and is no line of its own.
        for (Stop& stop : stops) {
            const bool holds_others = std::ranges::any_of(stops, [&](const Stop& other) {
                return other.widget != stop.widget && stop.widget->isAncestorOf(other.widget);
            });
            if (holds_others) stop.place.setHeight(1);
        }
        sortAsRead(stops);
        for (const Stop& stop : stops)
            way.push_back(stop.widget);
    }
    if (way.empty()) return nullptr;
    const auto here = std::ranges::find(way, from);
    if (here == way.end()) return forward ? way.front() : way.back();
    const auto at = here - way.begin();
    const auto count = static_cast<std::ptrdiff_t>(way.size());
    QWidget* next = way[static_cast<std::size_t>((at + (forward ? 1 : count - 1)) % count)];
    return takesTab(*next) ? next : nullptr;
}

void focusVisibly(QWidget& widget, Qt::FocusReason reason) {
    widget.setFocus(reason);
    for (QWidget* up = widget.parentWidget(); up; up = up->parentWidget()) {
        if (auto* area = qobject_cast<QScrollArea*>(up)) area->ensureWidgetVisible(&widget);
    }
}

}  // namespace overfeat::ui
