// SPDX-License-Identifier: Apache-2.0
#include "app/report/numbers.h"

#include <array>
#include <charconv>
#include <cmath>

namespace overfeat::report {

double shortest(float value) {
    std::array<char, 64> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
    double parsed = value;
    std::from_chars(text.data(), end.ptr, parsed);
    return parsed;
}

double hundredths(double value) {
    return std::round(value * 1e2) / 1e2;
}

double thousandths(double value) {
    return std::round(value * 1e3) / 1e3;
}

double tenThousandths(double value) {
    return std::round(value * 1e4) / 1e4;
}

}  // namespace overfeat::report
