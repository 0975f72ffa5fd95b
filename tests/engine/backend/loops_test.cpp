// SPDX-License-Identifier: Apache-2.0
//
// The loops between oneDNN's layers write exactly their result: guarded memory on both sides, zeros
// in the filling of incomplete blocks. The numbers are the parity suite's business.
#include "engine/backend/onednn/loops.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <stop_token>
#include <thread>
#include <vector>

#include "engine/backend/onednn/parallel.h"

namespace overfeat::backend::onednn {
namespace {

constexpr float kCanary = -12345.0F;
constexpr std::size_t kGuard = 64;

// A tensor between two guards.
class Guarded {
public:
    Guarded(const Shape& shape, Layout layout)
        : shape_(shape),
          layout_(layout),
          memory_(2 * kGuard + static_cast<std::size_t>(Extents(shape, layout).count()), kCanary) {}

    TensorView view() { return {memory_.data() + kGuard, shape_, layout_}; }
    ConstTensorView constView() { return {memory_.data() + kGuard, shape_, layout_}; }
    std::span<float> values() {
        return std::span(memory_).subspan(kGuard, memory_.size() - 2 * kGuard);
    }

    // Everything inside was written and nothing outside; the filling is zero.
    void check() {
        const auto is_canary = [](float value) { return value == kCanary; };
        const auto all = std::span(memory_);
        EXPECT_TRUE(std::ranges::all_of(all.first(kGuard), is_canary)) << "wrote before the tensor";
        EXPECT_TRUE(std::ranges::all_of(all.last(kGuard), is_canary)) << "wrote behind the tensor";
        EXPECT_TRUE(std::ranges::none_of(values(), is_canary)) << "left elements unwritten";
        const Extents e(shape_, layout_);
        for (std::int64_t i = 0; i < e.count(); ++i) {
            const std::int64_t channel = i / e.plane() % e.blocks * e.block + i % e.block;
            if (channel >= e.channels) {
                EXPECT_EQ(values()[static_cast<std::size_t>(i)], 0) << "filling at " << i;
            }
        }
    }

private:
    Shape shape_;
    Layout layout_;
    std::vector<float> memory_;
};

// Layouts times channel counts with and without filling.
struct Case {
    std::int64_t block;
    std::int64_t channels;
};
constexpr Case kCases[] = {{1, 5}, {8, 16}, {8, 11}, {16, 16}, {16, 3}, {7, 7}};

void forEveryLayout(const std::function<void(std::int64_t channels, Layout)>& body) {
    const ComputeScope scope(2);
    for (const Case& c : kCases) {
        SCOPED_TRACE(::testing::Message() << "block " << c.block << ", channels " << c.channels);
        body(c.channels, {c.block});
    }
}

// A tensor whose channels hold 1, 2, 3... in every cell and zeros in the filling.
Guarded channelNumbers(const Shape& shape, Layout layout) {
    Guarded tensor(shape, layout);
    const Extents e(shape, layout);
    for (std::int64_t i = 0; i < e.count(); ++i) {
        const std::int64_t channel = i / e.plane() % e.blocks * e.block + i % e.block;
        tensor.values()[static_cast<std::size_t>(i)] =
            channel < e.channels ? static_cast<float>(channel + 1) : 0;
    }
    return tensor;
}

TEST(Loops, PoolingStaysInside) {
    forEveryLayout([](std::int64_t channels, Layout layout) {
        const net::SlidingWindow window{{3, 3}, {2, 2}, {2, 2}, {1, 2, 1, 2}};
        Guarded x = channelNumbers({2, channels, 8, 7}, layout);
        Guarded y({2, channels, 3, 4}, layout);
        maxPool(x.constView(), y.view(), window, {});
        y.check();
        EXPECT_EQ(y.values()[0], 1);
        Guarded z({2, channels, 3, 4}, layout);
        averagePool(x.constView(), z.view(), window, false, {});
        z.check();
        EXPECT_FLOAT_EQ(z.values()[0], 1);
        Guarded mean({2, channels, 1, 1}, layout);
        globalAveragePool(x.constView(), mean.view());
        mean.check();
        EXPECT_EQ(mean.values()[0], 1);
    });
}

TEST(Loops, PoolingDoesNothingAfterAStop) {
    std::jthread nobody([] {});  // (of a bare stop_source here GCC 12 says it were uninitialised)
    nobody.request_stop();
    forEveryLayout([stop = nobody.get_stop_token()](std::int64_t channels, Layout layout) {
        const net::SlidingWindow window{.kernel = {2, 2}};
        Guarded x = channelNumbers({1, channels, 4, 4}, layout);
        Guarded y({1, channels, 3, 3}, layout);
        maxPool(x.constView(), y.view(), window, stop);
        averagePool(x.constView(), y.view(), window, true, stop);
        const auto untouched = std::ranges::count(y.values(), kCanary);
        EXPECT_EQ(untouched, channels * 9) << "all but the filling";
    });
}

TEST(Loops, TheHaloIsZeroAndTheMiddleIsThePicture) {
    forEveryLayout([](std::int64_t channels, Layout layout) {
        Guarded x = channelNumbers({1, channels, 2, 3}, layout);
        Guarded y({1, channels, 2 + 1 + 3, 3 + 2 + 4}, layout);
        pad(x.constView(), y.view(),
            net::Pad{.padding = {.top = 1, .left = 2, .bottom = 3, .right = 4}});
        y.check();
        double sum = 0;
        for (const float value : y.values())
            sum += value;
        EXPECT_EQ(sum, 6.0 * static_cast<double>(channels * (channels + 1)) / 2);
        EXPECT_EQ(y.values()[0], 0);
        const std::int64_t first = (1 * 9 + 2) * layout.block;
        EXPECT_EQ(y.values()[static_cast<std::size_t>(first)], 1);
    });
}

TEST(Loops, ElementwiseWorkKeepsTheFillingZero) {
    forEveryLayout([](std::int64_t channels, Layout layout) {
        const Shape shape{2, channels, 3, 2};
        Guarded x = channelNumbers(shape, layout);
        Guarded clipped(shape, layout);
        activate(x.constView(), clipped.view(), {.low = 2, .high = 3});  // clip(0) is not 0
        clipped.check();
        EXPECT_EQ(clipped.values()[0], 2);
        Guarded sum(shape, layout);
        add(x.constView(), x.constView(), sum.view(), {.low = 4});
        sum.check();
        EXPECT_EQ(sum.values()[0], 4);
    });
}

TEST(Loops, LayoutChangesAreReversible) {
    forEveryLayout([](std::int64_t channels, Layout layout) {
        const Shape shape{2, channels, 3, 2};
        Guarded plain(shape, {});
        float next = 0;
        for (float& value : plain.values())
            value = ++next;
        Guarded blocked(shape, layout);
        convert(plain.constView(), blocked.view());
        blocked.check();
        Guarded back(shape, {});
        convert(blocked.constView(), back.view());
        back.check();
        EXPECT_TRUE(std::ranges::equal(back.values(), plain.values()));
    });
}

// What a tensor holds, row-major.
std::vector<float> rowMajor(Guarded& tensor, const Shape& shape) {
    Guarded plain(shape, {});
    convert(tensor.constView(), plain.view());
    return {plain.values().begin(), plain.values().end()};
}

TEST(Loops, OperandsOfAnyLayoutJoinAlongTheChannels) {
    const ComputeScope scope(2);
    const Shape first{2, 5, 3, 2};
    const Shape second{2, 16, 3, 2};
    const Shape joined{2, 21, 3, 2};
    for (const std::int64_t a : {1, 5, 8, 16}) {
        for (const std::int64_t b : {1, 8, 16}) {
            for (const std::int64_t y : {1, 8, 16, 21}) {
                SCOPED_TRACE(::testing::Message() << a << ' ' << b << ' ' << y);
                Guarded left = channelNumbers(first, {a});
                Guarded right = channelNumbers(second, {b});
                Guarded both(joined, {y});
                copyInto(left.constView(), both.view(), 1, 0);
                copyInto(right.constView(), both.view(), 1, 5);
                both.check();
                const auto values = rowMajor(both, joined);
                for (std::size_t i = 0; i < values.size(); ++i) {
                    const std::size_t channel = i / 6 % 21;
                    EXPECT_EQ(values[i],
                              static_cast<float>(channel < 5 ? channel + 1 : channel - 4));
                }
            }
        }
    }
}

TEST(Loops, OperandsJoinAlongOtherAxes) {
    forEveryLayout([](std::int64_t channels, Layout layout) {
        const Shape shape{2, channels, 3, 2};
        for (const int axis : {0, 2, 3}) {
            SCOPED_TRACE(axis);
            Guarded x = channelNumbers(shape, layout);
            Shape joined = shape;
            joined[axis] *= 2;
            Guarded y(joined, layout);
            copyInto(x.constView(), y.view(), axis, 0);
            copyInto(x.constView(), y.view(), axis, shape[axis]);
            y.check();
            Guarded expected = channelNumbers(joined, layout);
            EXPECT_TRUE(std::ranges::equal(y.values(), expected.values()));
        }
    });
}

TEST(ComputeScope, TreatsDenormalsAsZeroOnEveryThreadAndRestoresTheCaller) {
    volatile float denormal = 1e-40F;
    {
        const ComputeScope scope(2);
        std::vector<float> products(64, -1.0F);
        parallelFor(
            64, [&](std::int64_t i) { products[static_cast<std::size_t>(i)] = denormal * 0.5F; });
#if defined(__SSE__)
        EXPECT_EQ(std::ranges::count(products, 0.0F), 64);
#endif
    }
    EXPECT_GT(denormal * 0.5F, 0.0F);
}

}  // namespace
}  // namespace overfeat::backend::onednn
