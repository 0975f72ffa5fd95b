// SPDX-License-Identifier: Apache-2.0
#include "app/live/nudge.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "app/live/worker.h"
#include "tests/app/live/fakes.h"

namespace overfeat::app {
namespace {

TEST(Nudge, ABlockedReceiverIsWokenOnce) {
    int woken = 0;
    const Nudge nudge([&woken] { ++woken; });
    // The GUI is blocked by joining this thread: nothing is delivered meanwhile.
    std::thread([handle = nudge.handle()] {
        for (int i = 0; i < 1000; ++i)
            handle();
    }).join();
    EXPECT_TRUE(test::waitFor([&] { return woken > 0; }));
    EXPECT_FALSE(test::waitFor([&] { return woken > 1; }, std::chrono::milliseconds(50)));
}

TEST(Nudge, WhatHappensWhileWakingIsNotMissed) {
    int woken = 0;
    std::function<void()> again;
    const Nudge nudge([&] {
        if (++woken == 1) again();
    });
    again = nudge.handle();
    again();
    EXPECT_TRUE(test::waitFor([&] { return woken == 2; }));
}

TEST(Nudge, HandlesOutliveIt) {
    int woken = 0;
    auto nudge = std::make_unique<Nudge>([&woken] { ++woken; });
    const auto handle = nudge->handle();
    handle();
    nudge.reset();  // with an event under way
    handle();
    EXPECT_FALSE(test::waitFor([&] { return woken > 0; }, std::chrono::milliseconds(50)));
}

TEST(Worker, RunsInOrderElsewhereAndCompletesHere) {
    Worker worker;
    const auto here = std::this_thread::get_id();
    std::vector<int> order;
    bool elsewhere = false;
    bool back = false;
    for (int i = 0; i < 3; ++i) {
        worker.run([&, i]() -> Worker::Completion {
            const bool on_worker = std::this_thread::get_id() != here;
            return [&, i, on_worker] {
                order.push_back(i);
                elsewhere = on_worker;
                back = std::this_thread::get_id() == here;
            };
        });
    }
    ASSERT_TRUE(test::waitFor([&] { return order.size() == 3; }));
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
    EXPECT_TRUE(elsewhere);
    EXPECT_TRUE(back);
}

TEST(Worker, AJobThatThrowsIsNotTheEnd) {
    Worker worker;
    bool done = false;
    worker.run([]() -> Worker::Completion { throw std::runtime_error("no"); });
    worker.run([&]() -> Worker::Completion { return [&] { done = true; }; });
    EXPECT_TRUE(test::waitFor([&] { return done; }));
}

// Libraries keep things per thread (Qt does for every thread that posts an event) and give them
// back when it ends; that must not happen while main() is returning.
TEST(Worker, ItsThreadHasEndedWhenEverythingIsDone) {
    static std::atomic<bool> ended = false;
    struct EndsSlowly {
        ~EndsSlowly() {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            ended = true;
        }
        bool used = false;
    };
    Worker worker;
    worker.run([]() -> Worker::Completion {
        thread_local EndsSlowly kept;
        kept.used = true;
        return {};
    });
    EXPECT_TRUE(worker.stop(std::chrono::seconds(20)));
    EXPECT_TRUE(ended);
}

TEST(Worker, StopFinishesWhatWasGivenButCompletesNothing) {
    auto finished = std::make_shared<std::atomic<bool>>(false);
    bool completed = false;
    Worker worker;
    worker.run([finished, &completed]() -> Worker::Completion {
        *finished = true;
        return [&completed] { completed = true; };
    });
    EXPECT_TRUE(worker.stop(std::chrono::seconds(10)));
    EXPECT_TRUE(*finished);
    EXPECT_FALSE(test::waitFor([&] { return completed; }, std::chrono::milliseconds(50)));
}

TEST(Worker, AHangingJobDoesNotHoldTheProgram) {
    struct Hang {
        std::mutex mutex;
        std::condition_variable released;
        bool release = false;
    };
    auto hang = std::make_shared<Hang>();
    Worker worker;
    worker.run([hang]() -> Worker::Completion {
        std::unique_lock lock(hang->mutex);
        hang->released.wait(lock, [&] { return hang->release; });
        return {};
    });
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(worker.stop(std::chrono::milliseconds(100)));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    const std::scoped_lock lock(hang->mutex);
    hang->release = true;
    hang->released.notify_all();
}

}  // namespace
}  // namespace overfeat::app
