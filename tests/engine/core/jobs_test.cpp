// SPDX-License-Identifier: Apache-2.0
#include "engine/core/jobs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace overfeat {
namespace {

TEST(RunJobs, DoesEveryJobOnce) {
    for (const int threads : {0, 1, 3}) {
        std::vector<std::atomic<int>> done(50);
        runJobs(done.size(), threads, [&](std::size_t i) { ++done[i]; });
        for (const auto& times : done)
            EXPECT_EQ(times, 1);
    }
    runJobs(0, 0, [](std::size_t) { FAIL(); });
}

TEST(RunJobs, StaysOnTheCallingThreadIfAskedTo) {
    const auto caller = std::this_thread::get_id();
    runJobs(20, 1, [&](std::size_t) { EXPECT_EQ(std::this_thread::get_id(), caller); });
}

#if !defined(__SANITIZE_THREAD__)  // there the jobs run one after another
// Ended and started anew they would cost every frame something on a machine with many cores.
TEST(RunJobs, KeepsTheTeamsThreadsAlsoForFewerJobs) {
    constexpr int kThreads = 6;
    // Each of them, as all wait for one another.
    const auto members = [] {
        std::mutex mutex;
        std::set<pid_t> seen;  // the kernel's numbers; those of std::thread are used again at once
        std::latch all(kThreads);
        runJobs(kThreads, kThreads, [&](std::size_t) {
            all.arrive_and_wait();
            const std::scoped_lock lock(mutex);
            seen.insert(gettid());
        });
        return seen;
    };
    const auto before = members();
    EXPECT_EQ(before.size(), kThreads);
    runJobs(2, kThreads, [](std::size_t) {});
    EXPECT_EQ(members(), before);
}
#endif

TEST(RunJobs, FinishesTheOthersAndThrowsOnWhatAJobThrew) {
    std::atomic<int> done = 0;
    EXPECT_THROW(runJobs(20, 0,
                         [&](std::size_t i) {
                             if (i == 3) throw std::runtime_error("no");
                             ++done;
                         }),
                 std::runtime_error);
    EXPECT_EQ(done, 19);
}

}  // namespace
}  // namespace overfeat
