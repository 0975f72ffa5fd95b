// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/workspace.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace overfeat::backend::onednn {
namespace {

BufferId used(Workspace& workspace, std::int64_t bytes, int first, int last) {
    const BufferId buffer = workspace.add(bytes);
    workspace.use(buffer, last);
    workspace.use(buffer, first);
    return buffer;
}

TEST(Workspace, BuffersThatAreNeverNeededTogetherShareTheirPlace) {
    Workspace workspace;
    const auto a = used(workspace, 1024, 0, 1);
    const auto b = used(workspace, 1024, 1, 2);
    const auto c = used(workspace, 1024, 2, 3);
    EXPECT_EQ(workspace.layOut(), 2048);
    EXPECT_EQ(workspace.offset(a), workspace.offset(c));
    EXPECT_NE(workspace.offset(a), workspace.offset(b));
}

TEST(Workspace, KeptBuffersShareWithNobody) {
    Workspace workspace;
    const auto kept = workspace.add(64);
    workspace.keep(kept);
    const auto other = used(workspace, 64, 5, 6);
    EXPECT_EQ(workspace.layOut(), 128);
    EXPECT_NE(workspace.offset(kept), workspace.offset(other));
}

TEST(Workspace, GapsAreUsed) {
    Workspace workspace;
    used(workspace, 4096, 0, 1);
    used(workspace, 2048, 2, 9);
    used(workspace, 1024, 2, 9);
    used(workspace, 512, 2, 9);
    EXPECT_EQ(workspace.layOut(), 4096);
}

TEST(Workspace, AddressesAreAligned) {
    Workspace workspace;
    std::vector<BufferId> buffers;
    for (int i = 0; i < 5; ++i)
        buffers.push_back(used(workspace, 4 + i, 0, 1));
    workspace.layOut();
    workspace.allocate();
    for (const BufferId buffer : buffers)
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(workspace.data(buffer)) % 64, 0U);
}

TEST(Workspace, ForeignMemoryIsUsedWhereItIs) {
    const float value = 3;
    Workspace workspace;
    const auto buffer = workspace.addForeign(&value);
    workspace.use(buffer, 0);
    EXPECT_EQ(workspace.layOut(), 0);
    workspace.allocate();
    EXPECT_TRUE(workspace.isForeign(buffer));
    EXPECT_EQ(workspace.data(buffer), &value);
}

// Whatever the lifetimes, no two buffers that live at the same step may touch.
TEST(Workspace, OverlappingLifetimesNeverOverlapInMemory) {
    std::uint32_t state = 7;
    const auto random = [&](std::uint32_t below) {
        state = state * 1664525U + 1013904223U;
        return static_cast<int>((state >> 8) % below);
    };
    for (int round = 0; round < 50; ++round) {
        struct Entry {
            BufferId id;
            std::int64_t bytes;
            int first;
            int last;
        };
        Workspace workspace;
        std::vector<Entry> entries;
        std::int64_t sum = 0;
        for (int i = 0; i < 40; ++i) {
            const std::int64_t bytes = 64 * (1 + random(100));
            const int first = random(30);
            const int last = first + random(8);
            entries.push_back({used(workspace, bytes, first, last), bytes, first, last});
            sum += bytes;
        }
        const std::int64_t size = workspace.layOut();
        EXPECT_LE(size, sum);
        for (const Entry& a : entries) {
            EXPECT_LE(workspace.offset(a.id) + a.bytes, size);
            for (const Entry& b : entries) {
                if (a.id >= b.id || a.last < b.first || b.last < a.first) continue;
                const bool apart = workspace.offset(a.id) + a.bytes <= workspace.offset(b.id) ||
                                   workspace.offset(b.id) + b.bytes <= workspace.offset(a.id);
                EXPECT_TRUE(apart) << "round " << round;
            }
        }
    }
}

}  // namespace
}  // namespace overfeat::backend::onednn
