// SPDX-License-Identifier: Apache-2.0
//
// Run without a policy in the environment, which all other tests have.
#include "app/store/patient_threads.h"

#include <gtest/gtest.h>
#include <omp.h>
#include <pthread.h>

#include <atomic>
#include <cstdlib>
#include <ctime>

namespace overfeat::store {
namespace {

double threadSeconds() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// The processor's time, not the clock's, that one thread spends on waiting for the other, which
// sleeps: however busy the machine is, it is what the waiting itself takes.
double secondsOfWaiting() {
    double waited = 0;
    for (int i = 0; i < 20; ++i) {
#pragma omp parallel num_threads(2)
        {
            const double before = threadSeconds();
            if (omp_get_thread_num() == 1) {
                const timespec nap{0, 20'000'000};
                nanosleep(&nap, nullptr);
            }
#pragma omp barrier
            if (omp_get_thread_num() == 0) waited += threadSeconds() - before;
        }
    }
    return waited;
}

TEST(PatientThreads, WaitWithoutSpinning) {
    ASSERT_EQ(std::getenv("OMP_WAIT_POLICY"), nullptr);
    const double impatient = secondsOfWaiting();
    double patient = 0;
    {
        const PatientThreads threads;
        patient = secondsOfWaiting();
    }
    EXPECT_LT(patient, impatient / 4);
    EXPECT_GT(secondsOfWaiting(), 2 * patient) << "as it was, once it is gone";
}

TEST(PatientThreads, LeaveTheUsersChoiceAlone) {
    setenv("OMP_WAIT_POLICY", "active", 1);
    const double before = secondsOfWaiting();
    {
        const PatientThreads threads;
        EXPECT_GT(secondsOfWaiting(), before / 2);
    }
    unsetenv("OMP_WAIT_POLICY");
}

}  // namespace
}  // namespace overfeat::store
