// SPDX-License-Identifier: Apache-2.0
//
// A session in which somebody tries one model after the other: what the process holds does not
// grow.
#include <gtest/gtest.h>
#include <malloc.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>

#include "engine/net/model.h"
#include "tests/engine/live/session_fixture.h"
#include "tests/support/capability.h"

namespace overfeat::test {
namespace {

namespace fs = std::filesystem;

struct Held {
    std::size_t bytes = 0;        // that malloc has given out
    std::size_t descriptors = 0;  // of files
    std::size_t threads = 0;
};

std::size_t entriesOf(const fs::path& folder) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder))
        ++count;
    return count;
}

Held held() {
    const auto memory = ::mallinfo2();
    return {memory.uordblks + memory.hblkhd, entriesOf("/proc/self/fd"),
            entriesOf("/proc/self/task")};
}

// From the file to the first answer.
void useAndLook(NudgedSession& nudged, const fs::path& file, std::uint64_t id) {
    nudged.session.use([file](std::stop_token) {
        return live::makeProcessor(detect::Recogniser({net::loadModel(file)}, {.threads = 2}));
    });
    Frame frame;
    frame.id = id;
    frame.captured = std::chrono::steady_clock::now();
    frame.image = Image({48, 40});
    nudged.session.submit(std::make_shared<const Frame>(std::move(frame)));
    const auto updates = nudged.takeUntil(
        [](const live::Update& update) { return update.frame != nullptr || update.failure; });
    ASSERT_FALSE(updates.empty());
    ASSERT_FALSE(updates.back().failure) << updates.back().failure->what();
    ASSERT_EQ(updates.back().frame->id, id);
}

TEST(ManyModels, TwoHundredSwitchesHoldNoMoreThanAFew) {
    const fs::path corpus = sourceRoot() / "tests/fuzz/corpus/onnx_model";
    const fs::path light = sourceRoot() / "models/light.onnx";
    const std::array files{corpus / "plain",    corpus / "residual",      corpus / "squeezed",
                           corpus / "branched", corpus / "last_channels", light};
    NudgedSession nudged;
    nudged.session.set({.look = {.scale_count = 1}});
    std::uint64_t id = 0;
    const auto round = [&] {
        for (const fs::path& file : files)
            useAndLook(nudged, file, ++id);
    };
    // What libraries make once and keep: compiled kernels, threads, tables.
    for (int i = 0; i < 4; ++i)
        ASSERT_NO_FATAL_FAILURE(round());
    const Held before = held();
    const std::uint64_t switches = id;
    while (id < switches + 200)
        ASSERT_NO_FATAL_FAILURE(round());
    const Held after = held();
    EXPECT_EQ(after.descriptors, before.descriptors);
    EXPECT_EQ(after.threads, before.threads);
    // Some malloc keeps ready for the next; of 34 networks lost of any kind there would be more.
    EXPECT_LT(after.bytes, before.bytes + (std::size_t{64} << 10));
    std::cout << before.bytes << " bytes before, " << after.bytes << " after " << id - switches
              << " switches\n";
}

}  // namespace
}  // namespace overfeat::test
