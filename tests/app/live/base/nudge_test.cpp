// SPDX-License-Identifier: Apache-2.0
#include "app/live/base/nudge.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "app/live/base/worker.h"
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

// A job on a dead drive, until it is let go. It may outlive the test's worker.
struct Hang : std::enable_shared_from_this<Hang> {
    std::mutex mutex;
    std::condition_variable changed;
    int inside = 0;
    bool over = false;

    Worker::Job job(std::function<void()> completion = {}) {
        return [self = shared_from_this(), completion]() -> Worker::Completion {
            std::unique_lock lock(self->mutex);
            ++self->inside;
            self->changed.notify_all();
            self->changed.wait(lock, [&] { return self->over; });
            return completion;
        };
    }
    void waitUntilInside(int count) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return inside >= count; });
    }
    void end() {
        const std::scoped_lock lock(mutex);
        over = true;
        changed.notify_all();
    }
};

TEST(Worker, AHangingJobHoldsUpItsOwnPlaceOnly) {
    const auto hang = std::make_shared<Hang>();
    std::vector<std::string> order;
    const auto says = [&order](const std::string& text) -> Worker::Job {
        return [&order, text]() -> Worker::Completion {
            return [&order, text] { order.push_back(text); };
        };
    };
    Worker worker;
    worker.run("dead drive", hang->job([&order] { order.emplace_back("dead drive 1"); }));
    hang->waitUntilInside(1);
    worker.run("dead drive", says("dead drive 2"));
    for (int i = 0; i < 3; ++i)
        worker.run("disk", says("disk " + std::to_string(i)));
    ASSERT_TRUE(test::waitFor([&] { return order.size() == 3; }));
    EXPECT_EQ(order, (std::vector<std::string>{"disk 0", "disk 1", "disk 2"}));
    hang->end();
    ASSERT_TRUE(test::waitFor([&] { return order.size() == 5; }));
    EXPECT_EQ(order[3], "dead drive 1");
    EXPECT_EQ(order[4], "dead drive 2");
}

TEST(Worker, DeadDrivesTakeABoundedNumberOfThreads) {
    const auto hang = std::make_shared<Hang>();
    int done = 0;
    Worker worker;
    const int most = static_cast<int>(Worker::kMostThreads);
    for (int i = 0; i < most + 5; ++i)
        worker.run("drive " + std::to_string(i), hang->job([&done] { ++done; }));
    hang->waitUntilInside(most);
    {
        const std::scoped_lock lock(hang->mutex);
        EXPECT_EQ(hang->inside, most);
    }
    hang->end();
    EXPECT_TRUE(test::waitFor([&] { return done == most + 5; })) << done << ": none is lost";
}

TEST(Worker, AHangingJobDoesNotHoldTheProgram) {
    const auto hang = std::make_shared<Hang>();
    auto finished = std::make_shared<std::atomic<bool>>(false);
    Worker worker;
    worker.run("dead drive", hang->job());
    hang->waitUntilInside(1);
    worker.run("disk", [finished]() -> Worker::Completion {
        *finished = true;
        return {};
    });
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(worker.stop(std::chrono::milliseconds(500)));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
    EXPECT_TRUE(*finished) << "others are done";
    EXPECT_FALSE(worker.stop(std::chrono::hours(24))) << "left behind, and not waited for again";
    hang->end();
}

}  // namespace
}  // namespace overfeat::app
