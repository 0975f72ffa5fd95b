// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace overfeat::report {

// The shortest decimal number that is this float, so that 0.1f prints as 0.1.
double shortest(float value);
// Numbers with the decimals that results are given.
double hundredths(double value);
double thousandths(double value);
double tenThousandths(double value);

}  // namespace overfeat::report
