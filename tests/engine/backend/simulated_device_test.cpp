// SPDX-License-Identifier: Apache-2.0
//
// That the simulated card notices what a card would not forgive.
#include "tests/engine/backend/simulated/simulated_device.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <memory>
#include <thread>
#include <vector>

#include "engine/backend/cuda/device.h"
#include "engine/core/error.h"

namespace overfeat::backend::cuda {
namespace {

constexpr std::int64_t kFloats = 64;
constexpr std::int64_t kBytes = kFloats * std::int64_t{sizeof(float)};

class OnSimulatedDevice : public ::testing::Test {
protected:
    const DeviceApi& api() const { return device_.api(); }

    // That it fails, now or when it is waited for, and what the device says then.
    template <class Work>
    void expectFault(Work work, const std::string& mentions) {
        EXPECT_THROW(
            {
                work();
                stream_.synchronize();
            },
            Error);
        EXPECT_NE(device_.fault().find(mentions), std::string::npos) << device_.fault();
    }
    // y = x + x
    static Elementwise doubling(const DeviceMemory& x, const DeviceMemory& y, std::int64_t count) {
        Elementwise body{};
        body.grid = {.axes = 1, .extents = {static_cast<std::uint32_t>(count)}};
        body.a = body.b = {static_cast<const float*>(x.get()), kFloats};
        body.y = {static_cast<float*>(y.get()), kFloats};
        body.a_strides = body.b_strides = body.y_strides = {.steps = {1}};
        body.kind = Elementwise::Kind::kAdd;
        body.activation.low = -INFINITY;
        body.activation.high = INFINITY;
        return body;
    }

    test::SimulatedDevice device_;
    Stream stream_{device_.api()};
    DeviceMemory x_ = allocate(device_.api(), kBytes);
    DeviceMemory y_ = allocate(device_.api(), kBytes);
    PinnedMemory pinned_ = allocatePinned(device_.api(), kBytes);
};

TEST_F(OnSimulatedDevice, WorkIsDoneWhenItIsWaitedForAndNotBefore) {
    auto* numbers = static_cast<float*>(pinned_.get());
    EXPECT_TRUE(std::isnan(numbers[0])) << "memory begins as not-a-number";
    for (std::int64_t i = 0; i < kFloats; ++i)
        numbers[i] = static_cast<float>(i);
    stream_.copyToDevice(x_.get(), numbers, kBytes);
    stream_.launch(doubling(x_, y_, kFloats), 0, kFloats);
    stream_.copyToPinned(numbers, y_.get(), kBytes);
    EXPECT_EQ(numbers[5], 5);
    stream_.synchronize();
    EXPECT_EQ(numbers[5], 10);
    EXPECT_EQ(device_.fault(), "");
}

TEST_F(OnSimulatedDevice, MemoryOfTheProcessorIsNotTheDevices) {
    std::array<float, kFloats> local{};
    expectFault([&] { stream_.copyToDevice(x_.get(), local.data(), kBytes); }, "nobody's memory");
}

TEST_F(OnSimulatedDevice, PinnedMemoryIsNotTheDevices) {
    expectFault([&] { stream_.copyToDevice(pinned_.get(), pinned_.get(), kBytes); },
                "Memory of the processor is given to the device");
}

TEST_F(OnSimulatedDevice, CopiesStayInside) {
    expectFault([&] { stream_.copyToDevice(x_.get(), pinned_.get(), kBytes + 4); },
                "beyond its memory");
}

TEST_F(OnSimulatedDevice, KernelsOnlySeeTheDevice) {
    std::array<float, kFloats> local{};
    Elementwise body = doubling(x_, y_, kFloats);
    body.a.data = local.data();
    expectFault([&] { stream_.launch(body, 0, kFloats); }, "nobody's memory");
}

TEST_F(OnSimulatedDevice, KernelsStayInside) {
    expectFault([&] { stream_.launch(doubling(x_, y_, kFloats + 1), 0, kFloats + 1); },
                "left its array");
}

TEST_F(OnSimulatedDevice, MemoryThatIsGoneByTheTimeOfTheWork) {
    stream_.launch(doubling(x_, y_, kFloats), 0, kFloats);
    x_ = {};
    expectFault([] {}, "nobody's memory");
}

TEST_F(OnSimulatedDevice, NothingIsAllocatedByTheThreadThatRecordsAGraph) {
    stream_.beginCapture();
    EXPECT_THROW(allocate(api(), kBytes), Error);
    EXPECT_NE(device_.fault().find("graph"), std::string::npos);
}

TEST_F(OnSimulatedDevice, OtherThreadsAllocateWhileAGraphIsRecorded) {
    stream_.beginCapture();
    std::jthread([this] { EXPECT_NO_THROW(allocate(api(), kBytes)); }).join();
    stream_.endCapture();
    EXPECT_EQ(device_.fault(), "");
}

TEST_F(OnSimulatedDevice, OnlyTheThreadThatRecordsAGraphEndsIt) {
    stream_.beginCapture();
    std::jthread([this] { EXPECT_THROW(stream_.endCapture(), Error); }).join();
    EXPECT_NE(device_.fault().find("thread"), std::string::npos);
}

TEST_F(OnSimulatedDevice, GraphsRunAsOftenAsTheyAreLaunched) {
    auto* numbers = static_cast<float*>(pinned_.get());
    numbers[0] = 1;
    stream_.beginCapture();
    stream_.copyToDevice(x_.get(), numbers, 4);
    stream_.launch(doubling(x_, y_, 1), 0, 1);
    stream_.copyToPinned(numbers, y_.get(), 4);
    const Graph graph = stream_.endCapture();
    stream_.synchronize();
    EXPECT_EQ(numbers[0], 1) << "recording runs nothing";
    stream_.launch(graph);
    stream_.launch(graph);
    stream_.synchronize();
    EXPECT_EQ(numbers[0], 4);
}

// Which of two streams goes first is chance, unless one waits for the other.
TEST_F(OnSimulatedDevice, StreamsRunInAnyOrderThatEventsAllow) {
    Stream other(api());
    auto* numbers = static_cast<float*>(pinned_.get());
    const auto changedInTime = [&](bool waits) {
        const Event copied = createEvent(api());
        numbers[0] = 1;
        numbers[1] = 2;
        stream_.copyToDevice(x_.get(), numbers, 4);
        stream_.record(copied);
        if (waits) check(api(), api().waitForEvent(api().self, other.get(), copied.get()), "");
        other.copyToDevice(x_.get(), numbers + 1, 4);
        stream_.synchronize();
        other.synchronize();
        stream_.copyToPinned(numbers, x_.get(), 4);
        stream_.synchronize();
        return numbers[0] == 2;
    };
    int without = 0;
    int with = 0;
    for (int i = 0; i < 50; ++i) {
        without += changedInTime(false) ? 1 : 0;
        with += changedInTime(true) ? 1 : 0;
    }
    EXPECT_GT(without, 0);
    EXPECT_LT(without, 50) << "a missing wait is never noticed";
    EXPECT_EQ(with, 50);
    EXPECT_EQ(device_.fault(), "");
}

TEST(SimulatedDevice, CountsWhatIsNotGivenBack) {
    test::SimulatedDevice device;
    {
        const DeviceMemory memory = allocate(device.api(), 100);
        const Event event = createEvent(device.api());
        EXPECT_EQ(device.things(), 2);
        EXPECT_EQ(device.bytes(), 100);
    }
    EXPECT_EQ(device.things(), 0);
}

}  // namespace
}  // namespace overfeat::backend::cuda
