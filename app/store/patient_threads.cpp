// SPDX-License-Identifier: Apache-2.0
#include "app/store/patient_threads.h"

#include <omp.h>

#include <atomic>
#include <cstdlib>
#include <system_error>

namespace overfeat::store {

PatientThreads::PatientThreads() {
    if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr)
        return;
    try {
        keeper_ = std::thread([this] {
            std::atomic<int> count = 0;
#pragma omp parallel num_threads(omp_get_num_procs() + 1)
            ++count;
            made_.count_down();
            over_.wait();  // the team lives as long as the thread that made it
        });
    } catch (const std::system_error&) {
        return;  // no threads to be had: then impatient ones
    }
    made_.wait();
}

PatientThreads::~PatientThreads() {
    over_.count_down();
    if (keeper_.joinable()) keeper_.join();
}

}  // namespace overfeat::store
