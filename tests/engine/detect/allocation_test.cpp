// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "engine/backend/cuda/cuda_backend.h"
#include "engine/detect/recogniser.h"
#include "tests/engine/backend/simulated/simulated_device.h"
#include "tests/engine/detect/pictures.h"
#include "tests/support/replaced_new.h"
#include "tests/support/tiny_model.h"

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

void* overfeat::test::allocated(std::size_t bytes) {
    // A simulated card may allocate what it likes.
    if (!overfeat::test::SimulatedDevice::isInside()) ++allocations;
    return plainMemory(bytes);
}

namespace overfeat::detect {
namespace {

const Placement kReference{.device = "reference"};

std::size_t allocationsOf(Recogniser& recogniser, const Image& image, const Look& look,
                          Recognition& kept) {
    const std::size_t before = allocations;
    Recognition seen = recogniser.recognise(image, look);
    const std::size_t spent = allocations - before;
    kept = std::move(seen);
    return spent;
}

// What a Recognition itself needs: its scores, its list of maps, per map the probabilities and the
// boxes, and the device's name if it is too long for the string itself.
std::size_t ownAllocations(const Recognition& seen) {
    std::size_t own = 1;
    if (!seen.scales.empty()) ++own;
    for (const ScoreMap& map : seen.scales)
        own += map.hasBoxes() ? 2 : 1;
    return own + (seen.device.size() > std::string().capacity() ? 1 : 0);
}

std::shared_ptr<const net::Model> modelWithBoxes() {
    test::TinyModel tiny(8);
    const auto mean = tiny.flatten(tiny.globalAveragePool(tiny.maxPool(tiny.input(), 2, 2)));
    const auto scores = tiny.gemm(mean, 3, {1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 0, 0});
    return tiny.finish(scores, tiny.gemm(mean, 4, std::vector<float>(12, 0.1F), {0, 0, 1, 1}));
}

TEST(Allocation, SteadyStateAllocatesNothingButTheResult) {
    // A picture of exactly the size of its level, and one window: nothing needs resizing.
    Look options;
    options.scale_count = 1;
    options.smallest_side_windows = options.largest_side_windows = 2;
    const Image image = test::plain({24, 16}, {10, 20, 30});
    for (const bool flip : {false, true}) {
        options.flip = flip;
        Recogniser recogniser({modelWithBoxes(), modelWithBoxes()}, kReference);
        Recognition seen;
        allocationsOf(recogniser, image, options, seen);
        allocationsOf(recogniser, image, options, seen);
        for (int frame = 0; frame < 3; ++frame) {
            const std::size_t spent = allocationsOf(recogniser, image, options, seen);
            EXPECT_EQ(spent, ownAllocations(seen)) << "flip " << flip;
        }
    }
}

TEST(Allocation, ResizingAddsNothing) {
    for (const Views views : {Views::kCentre, Views::kTen, Views::kDense}) {
        Look options;
        options.views = views;
        Recogniser recogniser({modelWithBoxes()}, kReference);
        const Image image = test::plain({160, 120}, {10, 20, 30});
        Recognition seen;
        allocationsOf(recogniser, image, options, seen);
        // Ten views ask the shapes of the network whether it takes them at once.
        const std::size_t shapes = views == Views::kTen ? 4 : 0;
        for (int frame = 0; frame < 5; ++frame) {
            const std::size_t spent = allocationsOf(recogniser, image, options, seen);
            EXPECT_LE(spent, ownAllocations(seen) + shapes);
        }
    }
}

// Whose levels are made there.
TEST(Allocation, ACardAddsNothing) {
    test::SimulatedDevice device;
    const backend::cuda::CudaBackend backend("simulated", [&] {
        return backend::cuda::Device{&device.api(), {}};
    });
    Look options;
    options.scale_count = 2;
    options.flip = true;
    Recogniser recogniser({modelWithBoxes(), modelWithBoxes()}, {.first = {&backend}});
    const Image image = test::plain({160, 120}, {10, 20, 30});
    Recognition seen;
    for (int frame = 0; frame < 3; ++frame)
        allocationsOf(recogniser, image, options, seen);
    for (int frame = 0; frame < 3; ++frame) {
        const std::size_t spent = allocationsOf(recogniser, image, options, seen);
        EXPECT_EQ(spent, ownAllocations(seen));
    }
    EXPECT_EQ(recogniser.info().device.name, "simulated");
    EXPECT_EQ(recogniser.profile(image.size(), options).front().op, "Resize");
}

}  // namespace
}  // namespace overfeat::detect
