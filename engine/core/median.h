// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace overfeat {

// The middle value, or the mean of the two middle ones if they are even in number; 0 for none.
// Times are given as medians, because a machine that does other things makes some runs slower and
// none faster.
double median(std::vector<double> values);

}  // namespace overfeat
