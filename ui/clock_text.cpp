// SPDX-License-Identifier: Apache-2.0
#include "ui/clock_text.h"

#include <algorithm>
#include <cmath>

namespace overfeat::ui {

QString clockText(double seconds, bool hundredths) {
    constexpr double kMost = 1e9;
    const double known = std::isfinite(seconds) ? std::clamp(seconds, 0.0, kMost) : 0.0;
    const auto total = static_cast<qint64>(std::floor(known * 100 + 1e-6));
    const auto two = [](qint64 number) { return QString::number(number).rightJustified(2, u'0'); };
    const qint64 whole = total / 100;
    const qint64 minutes = whole / 60 % 60;
    QString text = whole >= 3600 ? QString::number(whole / 3600) + u':' + two(minutes)
                                 : QString::number(minutes);
    text += u':' + two(whole % 60);
    if (hundredths) text += u'.' + two(total % 100);
    return text;
}

}  // namespace overfeat::ui
