// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

namespace overfeat::ui {

// "0:07", "12:34", "1:02:03"; with `hundredths` "0:07.25".
QString clockText(double seconds, bool hundredths = false);

}  // namespace overfeat::ui
