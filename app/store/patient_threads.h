// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace overfeat::store {

// Call first thing in main(), before any thread exists.
//
// The threads that oneDNN computes with (libgomp's) spin while they wait for each other. Beside any
// other busy program that turns every layer into a wait for the scheduler: on two cores with one of
// them taken, a dense 640x480 frame took 586 ms, and 46 ms with threads that sleep. The library
// reads its policy before main() begins, so this sets OMP_WAIT_POLICY=passive and starts the
// program again in its place. Does nothing if the user has chosen a policy, or where that is not
// possible.
void waitPatiently(char** argv) noexcept;

}  // namespace overfeat::store
