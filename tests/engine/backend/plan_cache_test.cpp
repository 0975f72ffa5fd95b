// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/plan_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "engine/backend/reference/reference_backend.h"
#include "engine/core/error.h"
#include "tests/engine/backend/graph_maker.h"

namespace overfeat::backend {
namespace {

std::shared_ptr<const net::Graph> pooling() {
    test::GraphMaker make({1, 1, -1, -1});
    const auto y = make.node(net::MaxPool{{.kernel = {2, 2}}}, {make.input()});
    return std::make_shared<const net::Graph>(make.finish({y}));
}

Shape square(std::int64_t side) {
    return {1, 1, side, side};
}

TEST(PlanCache, CompilesOncePerGraphShapeAndThreadCount) {
    PlanCache cache;
    const auto graph = pooling();
    const Backend& backend = referenceBackend();
    const auto first = cache.get(backend, graph, square(8), {});
    EXPECT_EQ(cache.get(backend, graph, square(8), {}), first);
    EXPECT_EQ(cache.compilations(), 1U);
    EXPECT_NE(cache.get(backend, graph, square(9), {}), first);
    EXPECT_NE(cache.get(backend, pooling(), square(8), {}), first);
    EXPECT_NE(cache.get(backend, graph, square(8), {.threads = 1}), first);
    EXPECT_EQ(cache.compilations(), 4U);
}

TEST(PlanCache, ForgetsThePlanUsedLongestAgo) {
    PlanCache cache({.max_plans = 2});
    const auto graph = pooling();
    const Backend& backend = referenceBackend();
    const auto a = cache.get(backend, graph, square(8), {});
    const auto b = cache.get(backend, graph, square(9), {});
    EXPECT_EQ(cache.get(backend, graph, square(8), {}), a);
    cache.get(backend, graph, square(10), {});  // b goes
    EXPECT_EQ(cache.size(), 2U);
    EXPECT_EQ(cache.get(backend, graph, square(8), {}), a);
    EXPECT_NE(cache.get(backend, graph, square(9), {}), b);
    b->run();  // what was handed out stays usable
}

TEST(PlanCache, KnowsTheWorkspaceOfThePlanHandedOutLast) {
    PlanCache cache;
    EXPECT_EQ(cache.lastWorkspaceBytes(), 0);
    const auto graph = pooling();
    for (const std::int64_t side : {8, 32, 8}) {
        const auto plan = cache.get(referenceBackend(), graph, square(side), {});
        EXPECT_GT(cache.lastWorkspaceBytes(), 0);
        EXPECT_EQ(cache.lastWorkspaceBytes(), plan->statistics().workspace_bytes);
    }
}

TEST(PlanCache, BoundsTheWorkspaceButNeverRefusesASinglePlan) {
    const auto graph = pooling();
    const Backend& backend = referenceBackend();
    const std::int64_t one = backend.compile(*graph, square(32), {})->statistics().workspace_bytes;
    PlanCache cache({.max_plans = 100, .max_workspace_bytes = 3 * one});
    for (std::int64_t side = 28; side <= 32; ++side)
        cache.get(backend, graph, square(side), {});
    EXPECT_LE(cache.workspaceBytes(), 3 * one);
    EXPECT_GE(cache.size(), 2U);
    cache.get(backend, graph, square(256), {});
    EXPECT_EQ(cache.size(), 1U);
}

// A fine grid that was tried once is not held for good.
TEST(PlanCache, APlanThatIsNotUsedAnyMoreGoes) {
    PlanCache cache({.max_idle_uses = 5});
    const auto graph = pooling();
    const Backend& backend = referenceBackend();
    std::weak_ptr<Plan> once = cache.get(backend, graph, square(64), {});
    const auto often = cache.get(backend, graph, square(8), {});
    for (int i = 0; i < 4; ++i)
        cache.get(backend, graph, square(8), {});
    EXPECT_FALSE(once.expired()) << "it may be wanted again in a moment";
    EXPECT_EQ(cache.size(), 2U);
    cache.get(backend, graph, square(8), {});
    EXPECT_TRUE(once.expired());
    EXPECT_EQ(cache.size(), 1U);
    EXPECT_EQ(cache.get(backend, graph, square(8), {}), often);
}

// And without anybody's wish: a hundred pictures at four scales later.
TEST(PlanCache, IdlePlansGoByDefault) {
    PlanCache cache;
    const auto graph = pooling();
    const Backend& backend = referenceBackend();
    const std::weak_ptr<Plan> once = cache.get(backend, graph, square(64), {});
    for (int i = 0; i < 400; ++i)
        cache.get(backend, graph, square(8), {});
    EXPECT_FALSE(once.expired());
    cache.get(backend, graph, square(8), {});
    EXPECT_TRUE(once.expired());
}

// Sanitizers have heaps of their own.
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
std::int64_t residentBytes() {
    std::int64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;
    return pages * ::sysconf(_SC_PAGESIZE);
}

// From the middle of the heap, too, where free() alone leaves it with the process.
TEST(PlanCache, MemoryOfIdlePlansGoesBackToTheSystem) {
    ASSERT_EQ(::mallopt(M_MMAP_THRESHOLD, 32 << 20), 1);  // so that plans lie in the heap
    PlanCache cache({.max_idle_uses = 5});
    const auto graph = pooling();
    const Backend& backend = referenceBackend();
    std::int64_t bytes = 0;
    {
        const auto large = cache.get(backend, graph, square(1500), {});
        large->run();
        bytes = large->statistics().workspace_bytes;
        ASSERT_GT(bytes, 8 << 20);
    }
    const std::vector<char> above(100'000, 'x');
    const std::int64_t before = residentBytes();
    for (int i = 0; i < 7; ++i)
        cache.get(backend, graph, square(8), {});
    ASSERT_EQ(cache.size(), 1U);
    EXPECT_LT(residentBytes(), before - bytes / 2);
}
#endif

TEST(PlanCache, AFailedCompilationChangesNothing) {
    PlanCache cache;
    const auto graph = pooling();
    cache.get(referenceBackend(), graph, square(8), {});
    EXPECT_THROW(cache.get(referenceBackend(), graph, square(1), {}), Error);
    EXPECT_EQ(cache.size(), 1U);
}

}  // namespace
}  // namespace overfeat::backend
