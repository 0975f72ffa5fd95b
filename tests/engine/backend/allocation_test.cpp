// SPDX-License-Identifier: Apache-2.0
//
// Plan::run() allocates nothing after its first call. Every operator new of this process is counted
// together with the library that called it. oneDNN itself builds a small table of arguments for
// every primitive it executes, which no caller can prevent; those are told apart by the address
// they come from, and must be few, small and given back. A simulated card may allocate what it
// likes.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <numeric>
#include <stop_token>
#include <vector>

#include "tests/engine/backend/simulated/tested_backends.h"
#include "tests/engine/backend/test_networks.h"
#include "tests/support/capability.h"

namespace {

struct Counts {
    std::atomic<bool> on{false};
    std::atomic<long> ours{0};
    std::atomic<long> library{0};
    std::atomic<std::size_t> largest_of_library{0};
};
Counts counts;

void record(std::size_t size, const void* caller) noexcept {
    if (!counts.on.load(std::memory_order_relaxed)) return;
    if (overfeat::test::SimulatedDevice::isInside()) return;
    Dl_info info{};
    const bool known = dladdr(caller, &info) != 0 && info.dli_fname != nullptr;
    if (known && std::strstr(info.dli_fname, "libdnnl") != nullptr) {
        ++counts.library;
        std::size_t largest = counts.largest_of_library;
        while (size > largest && !counts.largest_of_library.compare_exchange_weak(largest, size)) {
        }
    } else {
        ++counts.ours;
    }
}

void* allocate(std::size_t size, const void* caller) {
    record(size, caller);
    if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
    throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) {
    return allocate(size, __builtin_return_address(0));
}
void* operator new[](std::size_t size) {
    return allocate(size, __builtin_return_address(0));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    record(size, __builtin_return_address(0));
    void* p = nullptr;
    if (posix_memalign(&p, static_cast<std::size_t>(alignment), size) == 0) return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
    std::free(p);
}
void operator delete[](void* p) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}
void operator delete[](void* p, std::size_t) noexcept {
    std::free(p);
}
void operator delete(void* p, std::align_val_t) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
    std::free(p);
}

namespace overfeat::backend {
namespace {

class Allocation : public ::testing::TestWithParam<const Backend*> {
protected:
    static void expectNoneInRun(const net::Graph& graph, const Shape& input) {
        if (test::missing(std::string(GetParam()->name()), GetParam()->probe().available)) return;
        const auto plan = GetParam()->compile(graph, input, {.threads = 2});
        plan->run();
        plan->run();
        const std::stop_source source;
        const auto in_use = mallinfo2().uordblks;
        counts.ours = counts.library = 0;
        counts.largest_of_library = 0;
        counts.on = true;
        for (int i = 0; i < 3; ++i)
            plan->run(source.get_token());
        counts.on = false;
        expectNoneOfOurs(graph);
        EXPECT_EQ(mallinfo2().uordblks, in_use) << "memory was kept";
    }
    static void expectNoneOfOurs(const net::Graph& graph) {
        EXPECT_EQ(counts.ours, 0);
        EXPECT_LE(counts.largest_of_library, 1024U);
        EXPECT_LE(counts.library, 3L * 20 * static_cast<long>(graph.nodes.size()));
    }
};

TEST_P(Allocation, NoneInADenseNetwork) {
    expectNoneInRun(test::denseNetwork(), {1, 3, 40, 48});
}

TEST_P(Allocation, NoneInAMobileNetwork) {
    expectNoneInRun(test::mobileNetwork(), {1, 3, 32, 32});
}

// Frame after frame, and their mirror images, at two levels.
TEST_P(Allocation, NoneForPicturesOnADevice) {
    const Backend& backend = *GetParam();
    if (test::missing(std::string(backend.name()), backend.probe().available)) return;
    const std::shared_ptr<DevicePicture> picture = backend.makePicture();
    if (picture == nullptr) return;  // nothing is promised
    const net::Graph graph = test::denseNetwork();
    const auto one = backend.compile(graph, {1, 3, 20, 20}, {});
    const auto two = backend.compile(graph, {1, 3, 20, 20}, {});
    const std::array<Plan*, 2> together{one.get(), two.get()};
    const std::vector<std::uint8_t> rgb(3 * 20 * 20, 100);
    std::vector<std::int32_t> first(20);
    std::iota(first.begin(), first.end(), 0);
    const std::vector<std::int32_t> count(20, 1);
    const std::vector<float> weights(20, 1);
    const AxisTaps taps{first, count, weights, 1};
    Resizing resizing{.across = taps, .down = taps, .factor = {1, 1, 1}};
    const auto frame = [&] {
        ASSERT_TRUE(picture->set(rgb.data(), 60, {20, 20}));
        for (const bool mirrored : {false, true}) {
            resizing.mirrored = mirrored;
            for (Plan* plan : together)
                ASSERT_TRUE(plan->makeInputOf(picture, resizing));
            backend.runTogether(together, {});
        }
    };
    for (int i = 0; i < 3; ++i)
        frame();
    counts.ours = counts.library = 0;
    counts.largest_of_library = 0;
    counts.on = true;
    for (int i = 0; i < 3; ++i)
        frame();
    counts.on = false;
    expectNoneOfOurs(graph);
}

TEST(AllocationCounter, SeesAllocations) {
    counts.ours = 0;
    counts.on = true;
    delete new long(1);
    std::vector<float> some(100);
    counts.on = false;
    EXPECT_GE(counts.ours, 1);
    EXPECT_EQ(some.size(), 100U);
}

INSTANTIATE_TEST_SUITE_P(All, Allocation,
                         ::testing::ValuesIn(test::testedBackends().begin(),
                                             test::testedBackends().end()),
                         [](const auto& instance) { return std::string(instance.param->name()); });

}  // namespace
}  // namespace overfeat::backend
