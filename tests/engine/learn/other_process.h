// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace overfeat::test {

// Runs `work` in a forked process and returns what it returned, or the sentence it threw; "ended by
// signal N" if it did not come that far. With `powerless`, as somebody who may only write what
// everybody may: tests often run as root, whom permissions do not stop.
std::string inOtherProcess(bool powerless, const std::function<std::string()>& work);

}  // namespace overfeat::test
