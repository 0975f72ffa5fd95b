// SPDX-License-Identifier: Apache-2.0
#include "app/capture/device_watch.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <fstream>
#include <mutex>

#include "app/capture/source.h"
#include "tests/support/stopwatch.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::capture::test {
namespace {

using namespace std::chrono_literals;
using overfeat::test::TemporaryFolder;

class Counter {
public:
    std::function<void()> callback() {
        return [this] {
            const std::scoped_lock lock(mutex_);
            ++count_;
            changed_.notify_all();
        };
    }
    bool waitFor(int count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 20s, [&] { return count_ >= count; });
    }
    int count() const {
        const std::scoped_lock lock(mutex_);
        return count_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

TEST(DeviceWatch, TellsOfComingAndGoing) {
    const TemporaryFolder folder;
    Counter counter;
    const DeviceWatch watch(folder.path(), counter.callback());
    folder.write("video3", "");
    ASSERT_TRUE(counter.waitFor(1));
    std::filesystem::remove(folder.path() / "video3");
    ASSERT_TRUE(counter.waitFor(2));
}

TEST(DeviceWatch, ABurstIsOneEventAndOtherDevicesAreNone) {
    const TemporaryFolder folder;
    Counter counter;
    const DeviceWatch watch(folder.path(), counter.callback());
    folder.write("sdb1", "");
    folder.write("ttyUSB0", "");
    for (int i = 0; i < 20; ++i)
        folder.write("video" + std::to_string(i), "");
    ASSERT_TRUE(counter.waitFor(1));
    EXPECT_LE(counter.count(), 3);  // one, unless the machine was busy in the middle
}

TEST(DeviceWatch, StopsAtOnceAndCallsNothingAfterwards) {
    const auto stopping = [] {
        const TemporaryFolder folder;
        Counter counter;
        auto watch = std::make_unique<DeviceWatch>(folder.path(), counter.callback());
        folder.write("video0", "");
        const auto time = overfeat::test::timeOf([&] { watch.reset(); });
        const int after = counter.count();
        folder.write("video1", "");
        EXPECT_EQ(counter.count(), after);
        return time;
    };
    EXPECT_LT(overfeat::test::shortestOfThree(250ms, stopping), 250ms);
}

TEST(CameraWatcher, StartsAndStopsOnAnyMachine) {
    const auto start = std::chrono::steady_clock::now();
    {
        const CameraWatcher watcher([] {});
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
}

}  // namespace
}  // namespace overfeat::capture::test
