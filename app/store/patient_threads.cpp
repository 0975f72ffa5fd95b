// SPDX-License-Identifier: Apache-2.0
//
// The threads that oneDNN computes with (libgomp's) spin while they wait for each other. Beside any
// other busy program that turns every layer into a wait for the scheduler: on two cores with one of
// them taken, a dense 640x480 frame took 586 ms, and 46 ms with threads that sleep. The library
// reads its policy once, when it is loaded, and has no call to change it; so this runs even before
// that: the entries of an executable's .preinit_array come before the initialisation of every
// shared library but the C library. Then the C library gives main() the environment as it was, so
// that nothing else sees the change. Part of the programs, because a shared library has no such
// entries, and a library has no say in its process.
#include <cstdlib>

namespace {

void waitPatiently() {
    // What the user chose is kept.
    if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr)
        return;
    ::setenv("OMP_WAIT_POLICY", "passive", 1);
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const before_libraries)() = &waitPatiently;

}  // namespace
