// SPDX-License-Identifier: Apache-2.0
#include "app/store/patient_threads.h"

#include <unistd.h>

#include <cstdlib>

namespace overfeat::store {

void waitPatiently(char** argv) noexcept {
    if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr)
        return;
    if (::setenv("OMP_WAIT_POLICY", "passive", 1) != 0) return;
    ::execv("/proc/self/exe", argv);  // returns only if it failed: then the threads go on spinning
}

}  // namespace overfeat::store
