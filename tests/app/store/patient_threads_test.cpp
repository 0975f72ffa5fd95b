// SPDX-License-Identifier: Apache-2.0
//
// Run without a policy in the environment, which all other tests have.
#include "app/store/patient_threads.h"

#include <gtest/gtest.h>
#include <omp.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <thread>

#include "tests/support/capability.h"

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

constexpr std::chrono::milliseconds kInterval{1};

void waitUntil(const PatientThreads& threads, bool patient) {
    while (threads.patient() != patient)
        std::this_thread::yield();
}

TEST(PatientThreads, SpinOnlyWhereNobodyElseWantsTheProcessors) {
    if (test::missing("two-processors", omp_get_num_procs() >= 2)) return;
    ASSERT_EQ(std::getenv("OMP_WAIT_POLICY"), nullptr);
    std::atomic<bool> crowded = true;
    const double alone = secondsOfWaiting();
    const PatientThreads threads([&] { return crowded.load(); }, kInterval);
    waitUntil(threads, true);
    const double patient = secondsOfWaiting();
    EXPECT_LT(patient, alone / 4);
    crowded = false;
    waitUntil(threads, false);
    EXPECT_GT(secondsOfWaiting(), 2 * patient) << "as it was";
    crowded = true;
    waitUntil(threads, true);
    EXPECT_LT(secondsOfWaiting(), alone / 4) << "and again";
}

TEST(PatientThreads, OneQuietMomentIsNotEnough) {
    std::atomic<int> asked = 0;
    const PatientThreads threads([&] { return ++asked % PatientThreads::kQuietIntervals == 1; },
                                 kInterval);
    waitUntil(threads, true);
    bool always = true;
    while (asked < 5 * PatientThreads::kQuietIntervals)
        always = always && threads.patient();
    EXPECT_TRUE(always);
}

TEST(PatientThreads, LeaveTheUsersChoiceAlone) {
    setenv("OMP_WAIT_POLICY", "active", 1);
    std::atomic<int> asked = 0;
    {
        const PatientThreads threads(
            [&] {
                ++asked;
                return true;
            },
            kInterval);
        secondsOfWaiting();
        EXPECT_FALSE(threads.patient());
    }
    EXPECT_EQ(asked, 0);
    unsetenv("OMP_WAIT_POLICY");
}

}  // namespace
}  // namespace overfeat::store
