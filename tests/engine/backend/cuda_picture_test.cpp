// SPDX-License-Identifier: Apache-2.0
//
// Plans that make their inputs of a picture on the card: what comes out, what is refused, stops and
// failures. (That levels are the processor's is a matter of tests/engine/detect/level_inputs_test.)
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

#include "engine/backend/cuda/cuda_backend.h"
#include "engine/backend/reference/reference_backend.h"
#include "engine/core/error.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/backend/simulated/simulated_device.h"
#include "tests/engine/backend/test_networks.h"
#include "tests/support/error_code.h"

namespace overfeat::backend {
namespace {

using cuda::Status;

// Taps of their own memory: each pixel of the result is the mean of `side` pixels that follow one
// another.
struct Means {
    Means(int result, int side)
        : weights(static_cast<std::size_t>(result * side), 1.0F / static_cast<float>(side)),
          most(static_cast<std::size_t>(side)) {
        for (int i = 0; i < result; ++i) {
            first.push_back(i * side);
            count.push_back(side);
        }
    }
    AxisTaps taps() const { return {first, count, weights, most}; }

    std::vector<std::int32_t> first;
    std::vector<std::int32_t> count;
    std::vector<float> weights;
    std::size_t most;
};

struct Pixels {
    Pixels(SizePx of, int seed) : size(of) {
        for (int i = 0; i < 3 * size.width * size.height; ++i)
            rgb.push_back(static_cast<std::uint8_t>((i * 37 + seed * 91) % 256));
    }
    bool give(DevicePicture& picture) const {
        return picture.set(rgb.data(), static_cast<std::size_t>(3 * size.width), size);
    }
    int at(int x, int y, int c) const {
        return rgb[static_cast<std::size_t>(3 * (y * size.width + x) + c)];
    }

    SizePx size;
    std::vector<std::uint8_t> rgb;
};

// A card, a network that gives out what it was given, and what halves a picture.
class CudaPictures : public ::testing::Test {
protected:
    explicit CudaPictures(const test::SimulatedDevice::Options& options = {}) : device_(options) {}

    std::unique_ptr<Plan> planOf(SizePx level) const {
        return backend_.compile(graph_, {1, 3, level.height, level.width}, {});
    }
    static net::Graph nothingElse() {
        test::GraphMaker make({1, 3, -1, -1});
        return make.finish({make.node(net::Identity{}, {make.input()})});
    }
    static Resizing halving(const Means& across, const Means& down) {
        return {
            .across = across.taps(), .down = down.taps(), .mean = {1, 2, 3}, .factor = {1, 2, 4}};
    }
    // Exactly: halves and quarters of bytes are floats.
    static std::vector<float> halved(const Pixels& pixels, bool mirrored = false) {
        std::vector<float> planes;
        const SizePx size{pixels.size.width / 2, pixels.size.height / 2};
        for (int c = 0; c < 3; ++c) {
            for (int y = 0; y < size.height; ++y) {
                for (int i = 0; i < size.width; ++i) {
                    const int x = mirrored ? size.width - 1 - i : i;
                    const int sum = pixels.at(2 * x, 2 * y, c) + pixels.at(2 * x + 1, 2 * y, c) +
                                    pixels.at(2 * x, 2 * y + 1, c) +
                                    pixels.at(2 * x + 1, 2 * y + 1, c);
                    planes.push_back((static_cast<float>(sum) / 4 - static_cast<float>(c + 1)) *
                                     static_cast<float>(1 << c));
                }
            }
        }
        return planes;
    }
    static std::vector<float> ran(Plan& plan) {
        plan.run();
        return {plan.output(0).begin(), plan.output(0).end()};
    }

    test::SimulatedDevice device_;
    cuda::CudaBackend backend_{"simulated", [this] { return cuda::Device{&device_.api(), {}}; }};
    net::Graph graph_ = nothingElse();
    std::shared_ptr<DevicePicture> picture_ = backend_.makePicture();
    SizePx level_{8, 6};
    Means across_{8, 2};
    Means down_{6, 2};
    Resizing resizing_ = halving(across_, down_);
    std::unique_ptr<Plan> plan_ = planOf(level_);
};

TEST_F(CudaPictures, BecomeInputs) {
    const Pixels pixels({16, 12}, 1);
    ASSERT_TRUE(pixels.give(*picture_));
    ASSERT_TRUE(plan_->makeInputOf(picture_, resizing_));
    EXPECT_EQ(ran(*plan_), halved(pixels));
    EXPECT_EQ(ran(*plan_), halved(pixels)) << "from now on";
    resizing_.mirrored = true;
    ASSERT_TRUE(plan_->makeInputOf(picture_, resizing_));
    EXPECT_EQ(ran(*plan_), halved(pixels, true));
    EXPECT_EQ(device_.fault(), "");
}

TEST_F(CudaPictures, MayHaveSomethingBetweenTheirRows) {
    const Pixels pixels({16, 12}, 1);
    const Pixels wider({20, 12}, 2);
    std::vector<std::uint8_t> rows = wider.rgb;
    for (std::size_t y = 0; y < 12; ++y)
        std::copy_n(pixels.rgb.data() + y * 48, 48, rows.data() + y * 60);
    ASSERT_TRUE(picture_->set(rows.data(), 60, {16, 12}));
    ASSERT_TRUE(plan_->makeInputOf(picture_, resizing_));
    EXPECT_EQ(ran(*plan_), halved(pixels));
}

TEST_F(CudaPictures, MayGoOnceTheyAreSet) {
    auto pixels = std::make_unique<Pixels>(SizePx{16, 12}, 1);
    const std::vector<float> expected = halved(*pixels);
    ASSERT_TRUE(pixels->give(*picture_));
    std::ranges::fill(pixels->rgb, std::uint8_t{0});
    pixels.reset();
    ASSERT_TRUE(plan_->makeInputOf(picture_, resizing_));
    picture_.reset();  // the plan keeps it
    EXPECT_EQ(ran(*plan_), expected);
}

TEST_F(CudaPictures, TheInputThatIsWrittenTakesThemBack) {
    ASSERT_TRUE(Pixels({16, 12}, 1).give(*picture_));
    ASSERT_TRUE(plan_->makeInputOf(picture_, resizing_));
    plan_->run();
    std::ranges::fill(plan_->input(), 7.0F);
    EXPECT_EQ(ran(*plan_), std::vector<float>(3 * 48, 7.0F));
}

TEST_F(CudaPictures, AreRefusedWhereTheyDoNotFitAndNothingChanges) {
    std::ranges::fill(plan_->input(), 7.0F);
    const auto refused = [&](const Resizing& resizing) {
        return !plan_->makeInputOf(picture_, resizing);
    };
    EXPECT_TRUE(refused(resizing_)) << "none was set";
    const Pixels pixels({16, 12}, 1);
    ASSERT_TRUE(pixels.give(*picture_));
    EXPECT_FALSE(plan_->makeInputOf(nullptr, resizing_));
    EXPECT_TRUE(refused(halving(across_, Means(5, 2)))) << "another level";
    Means beyond(8, 2);
    beyond.first.back() = 15;
    EXPECT_TRUE(refused(halving(beyond, down_)));
    beyond.first.back() = -1;
    EXPECT_TRUE(refused(halving(beyond, down_)));
    Means many(6, 2);
    many.count.front() = 3;
    EXPECT_TRUE(refused(halving(across_, many)));
    many.count.front() = 0;
    EXPECT_TRUE(refused(halving(across_, many)));
    ASSERT_TRUE(Pixels({16, 10}, 1).give(*picture_));
    EXPECT_TRUE(refused(resizing_)) << "made for a higher one";
    const auto elsewhere = referenceBackend().compile(graph_, {1, 3, 6, 8}, {});
    EXPECT_FALSE(elsewhere->makeInputOf(picture_, resizing_));
    test::SimulatedDevice other;
    const cuda::CudaBackend others("other", [&] { return cuda::Device{&other.api(), {}}; });
    const std::shared_ptr<DevicePicture> on_other = others.makePicture();
    ASSERT_TRUE(pixels.give(*on_other));
    EXPECT_FALSE(plan_->makeInputOf(on_other, resizing_));
    EXPECT_EQ(ran(*plan_), std::vector<float>(3 * 48, 7.0F));
    EXPECT_EQ(device_.fault(), "");
}

TEST_F(CudaPictures, ThatAreEmptyOrHugeAreNone) {
    ASSERT_TRUE(Pixels({16, 12}, 1).give(*picture_));
    EXPECT_FALSE(picture_->set(nullptr, 0, {}));
    EXPECT_FALSE(plan_->makeInputOf(picture_, resizing_));
    const std::int64_t bytes = device_.bytes();
    EXPECT_FALSE(picture_->set(nullptr, 0, {1 << 14, 1 << 13}));
    EXPECT_EQ(device_.bytes(), bytes);
    ASSERT_TRUE(Pixels({16, 12}, 2).give(*picture_));
    ASSERT_TRUE(plan_->makeInputOf(picture_, resizing_));
    EXPECT_EQ(ran(*plan_), halved(Pixels({16, 12}, 2)));
    EXPECT_EQ(device_.fault(), "");
}

TEST_F(CudaPictures, OfAnotherSizeBringOtherTapsAndOnlyThen) {
    Means right = across_;  // of a picture that is two pixels wider
    for (std::int32_t& first : right.first)
        first += 2;
    const auto callsFor = [&](int width, const Means& across, int seed) {
        const Pixels pixels({width, 12}, seed);
        Pixels part({16, 12}, 0);
        for (int y = 0; y < 12; ++y) {
            std::copy_n(pixels.rgb.end() - static_cast<std::ptrdiff_t>(3) * (width * y + 16), 48,
                        part.rgb.end() - static_cast<std::ptrdiff_t>(48) * (y + 1));
        }
        const std::int64_t before = device_.calls();
        EXPECT_TRUE(pixels.give(*picture_));
        EXPECT_TRUE(plan_->makeInputOf(picture_, halving(across, down_)));
        EXPECT_EQ(ran(*plan_), halved(part)) << seed;
        return device_.calls() - before;
    };
    const std::int64_t first = callsFor(16, across_, 1);
    const std::int64_t again = callsFor(16, across_, 2);
    EXPECT_LT(again, first);
    EXPECT_EQ(callsFor(16, across_, 3), again);
    EXPECT_EQ(callsFor(18, right, 4), again + 6) << "larger memory, and taps";
    EXPECT_EQ(callsFor(18, right, 5), again);
    EXPECT_EQ(callsFor(16, across_, 6), again + 4) << "taps: memory, their way, a wait";
    EXPECT_EQ(device_.fault(), "");
}

// As after a stop that came before any plan had run.
TEST_F(CudaPictures, ThatNobodyReadMakeWayForTheNext) {
    for (int seed = 1; seed < 10; ++seed) {
        // Larger every time, so that memory is released that a copy may still be on its way to.
        for (int more = 2 * seed; more < 2 * seed + 2; ++more) {
            const Pixels unread({16 + more, 12}, seed);
            ASSERT_TRUE(unread.give(*picture_));
        }
        const Pixels pixels({16, 12}, seed + 20);
        ASSERT_TRUE(pixels.give(*picture_));
        ASSERT_TRUE(plan_->makeInputOf(picture_, resizing_));
        EXPECT_EQ(ran(*plan_), halved(pixels));
    }
    EXPECT_EQ(device_.fault(), "");
}

TEST_F(CudaPictures, AreReadByPlansThatRunTogether) {
    std::vector<std::unique_ptr<Plan>> plans;
    std::vector<Plan*> together;
    for (int i = 0; i < 4; ++i) {
        plans.push_back(planOf(level_));
        together.push_back(plans.back().get());
    }
    // Which stream goes first is chance: the picture may be the last to get there.
    for (int seed = 0; seed < 30; ++seed) {
        const Pixels pixels({16, 12}, seed);
        ASSERT_TRUE(pixels.give(*picture_));
        for (std::size_t i = 0; i < plans.size(); ++i) {
            resizing_.mirrored = i % 2 == 0;
            ASSERT_TRUE(plans[i]->makeInputOf(picture_, resizing_));
        }
        backend_.runTogether(together, {});
        for (std::size_t i = 0; i < plans.size(); ++i)
            ASSERT_TRUE(std::ranges::equal(plans[i]->output(0), halved(pixels, i % 2 == 0)));
    }
    EXPECT_EQ(device_.fault(), "");
}

TEST_F(CudaPictures, AreMeasuredLikeALayer) {
    const Pixels pixels({16, 12}, 1);
    ASSERT_TRUE(pixels.give(*picture_));
    ASSERT_TRUE(plan_->makeInputOf(picture_, resizing_));
    const auto timings = plan_->profile();
    EXPECT_EQ(timings.front().op, "Resize");
    EXPECT_EQ(timings.front().implementation, "kernel:resize");
    EXPECT_TRUE(std::ranges::equal(plan_->output(0), halved(pixels)));
    plan_->input();
    EXPECT_EQ(plan_->profile().front().op, "Upload");
}

// On a card that is so slow that a level is several pieces of work.
class CudaPicturesInPieces : public CudaPictures {
protected:
    CudaPicturesInPieces()
        : CudaPictures({.work_per_look = 100, .on_wait = [this](int) {
                            if (++waits_ == stop_at_) stop_.request_stop();
                        }}) {}

    int waits_ = 0;
    int stop_at_ = 0;
    std::stop_source stop_;
};

TEST_F(CudaPicturesInPieces, StopBetweenThem) {
    const Pixels pixels({16, 12}, 1);
    ASSERT_TRUE(pixels.give(*picture_));
    ASSERT_TRUE(plan_->makeInputOf(picture_, resizing_));
    waits_ = 0;
    EXPECT_EQ(ran(*plan_), halved(pixels));
    const int waits = waits_;
    EXPECT_GE(waits, 3 * 48 * 4 / 100);
    for (stop_at_ = 1; stop_at_ < waits; ++stop_at_) {
        stop_ = std::stop_source();
        waits_ = 0;
        EXPECT_EQ(test::errorCodeOf([&] { plan_->run(stop_.get_token()); }), ErrorCode::kCancelled);
        EXPECT_EQ(waits_, stop_at_) << "and nothing after it";
        const Pixels next({16, 12}, stop_at_);
        ASSERT_TRUE(next.give(*picture_));
        ASSERT_TRUE(plan_->makeInputOf(picture_, resizing_));
        EXPECT_EQ(ran(*plan_), halved(next));
    }
    EXPECT_EQ(device_.fault(), "");
}

class CudaPictureFaults : public ::testing::TestWithParam<std::pair<Status, bool>> {};

// Two frames at two levels, from nothing: whatever call fails, an error, nothing left behind, and
// never another result.
TEST_P(CudaPictureFaults, AtEveryCall) {
    const auto [status, lost] = GetParam();
    test::SimulatedDevice device;
    const cuda::CudaBackend backend("simulated", [&] { return cuda::Device{&device.api(), {}}; });
    const net::Graph graph = test::denseNetwork();
    const Means across(20, 2);
    const Means down(20, 2);
    const auto twoFrames = [&] {
        std::vector<float> seen;
        const std::shared_ptr<DevicePicture> picture = backend.makePicture();
        const auto one = backend.compile(graph, {1, 3, 20, 20}, {});
        const auto two = backend.compile(graph, {1, 3, 20, 20}, {});
        const std::vector<Plan*> together{one.get(), two.get()};
        Resizing resizing{
            .across = across.taps(), .down = down.taps(), .factor = {0.01F, 0.01F, 0.01F}};
        for (const SizePx size : {SizePx{40, 40}, SizePx{44, 42}}) {
            EXPECT_TRUE(Pixels(size, size.width).give(*picture));
            for (Plan* plan : together) {
                resizing.mirrored = plan == two.get();
                EXPECT_TRUE(plan->makeInputOf(picture, resizing));
            }
            const auto code = test::errorCodeOf([&] { backend.runTogether(together, {}); });
            if (code) {
                EXPECT_EQ(test::errorCodeOf([&] { two->makeInputOf(picture, resizing); }), code);
                EXPECT_EQ(test::errorCodeOf([&] { one->run(); }), code);
                throw Error(*code, "A run has failed.");
            }
            for (const Plan* plan : together)
                seen.insert(seen.end(), plan->output(0).begin(), plan->output(0).end());
        }
        return seen;
    };
    const std::vector<float> expected = twoFrames();
    int call = 0;
    for (bool failed = true; failed;) {
        device.failAt(++call, status, lost);
        const auto code = test::errorCodeOf([&] { EXPECT_EQ(twoFrames(), expected); });
        device.repair();
        failed = code.has_value();
        if (failed) {
            ASSERT_EQ(code, ErrorCode::kDeviceLost) << "call " << call;
        }
        ASSERT_EQ(device.things(), 0) << "left behind after call " << call;
        ASSERT_EQ(device.fault(), "") << "call " << call;
    }
    EXPECT_GT(call, 100);
    EXPECT_EQ(twoFrames(), expected);
}

INSTANTIATE_TEST_SUITE_P(Every, CudaPictureFaults,
                         ::testing::Values(std::pair{Status::kFailed, true},
                                           std::pair{Status::kFailed, false},
                                           std::pair{Status::kOutOfMemory, false}));

}  // namespace
}  // namespace overfeat::backend
