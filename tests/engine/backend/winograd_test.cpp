// SPDX-License-Identifier: Apache-2.0
//
// Winograd's algorithm against the definition, in double: every way tiles can lie in a picture, and
// every way the work can be cut. It writes its result and its scratch memory and nothing else.
#include "engine/backend/onednn/winograd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "engine/backend/onednn/parallel.h"
#include "tests/support/capability.h"

namespace overfeat::backend::onednn {
namespace {

constexpr float kCanary = -12345.0F;
constexpr std::size_t kGuard = 64;
constexpr Layout kBlocks{8};

struct Case {
    const char* name;
    std::int64_t batch = 1;
    std::int64_t in = 16;
    std::int64_t out = 16;
    std::int64_t height = 8;
    std::int64_t width = 8;
    net::Extent2 dilation{1, 1};
    net::Padding2 padding{1, 1, 1, 1};
    net::Activation activation{};
    bool has_bias = true;
    bool adds = false;
};

const std::vector<Case>& cases() {
    static const std::vector<Case> kCases{
        {.name = "whole_tiles"},
        {.name = "many_tiles", .height = 40, .width = 44},
        {.name = "odd_sides", .height = 13, .width = 18},
        {.name = "one_row_too_many", .height = 9, .width = 16},
        {.name = "one_column", .height = 12, .width = 2},
        {.name = "no_padding", .height = 15, .width = 14, .padding = {}},
        {.name = "uneven_padding", .height = 11, .width = 12, .padding = {0, 2, 1, 0}},
        {.name = "padding_beyond_the_kernel", .padding = {4, 4, 4, 4}},
        {.name = "gaps_of_1",
         .height = 14,
         .width = 18,
         .dilation = {2, 2},
         .padding = {2, 2, 2, 2}},
        {.name = "gaps_of_3_odd",
         .height = 19,
         .width = 17,
         .dilation = {4, 4},
         .padding = {4, 4, 4, 4}},
        {.name = "uneven_gaps",
         .height = 17,
         .width = 16,
         .dilation = {3, 1},
         .padding = {3, 1, 3, 1}},
        {.name = "gaps_without_padding",
         .height = 17,
         .width = 16,
         .dilation = {2, 2},
         .padding = {}},
        {.name = "gaps_wider_than_the_result",
         .height = 3,
         .width = 3,
         .dilation = {5, 5},
         .padding = {5, 5, 5, 5}},
        {.name = "batch", .batch = 5, .height = 7, .width = 7},
        {.name = "half_a_column", .in = 24, .out = 40},
        {.name = "one_block", .in = 8, .out = 8},
        {.name = "deep", .in = 256, .out = 192, .height = 8, .width = 12},
        {.name = "many_rounds", .in = 64, .out = 64, .height = 40, .width = 61},
        {.name = "no_bias", .has_bias = false},
        {.name = "relu", .activation = net::Activation::relu()},
        {.name = "relu6_with_residual",
         .height = 10,
         .width = 9,
         .activation = {0, 6},
         .adds = true},
        {.name = "residual", .adds = true},
    };
    return kCases;
}

std::vector<float> random(std::size_t count, float scale, std::uint32_t seed) {
    std::vector<float> values(count);
    for (float& value : values) {
        seed = seed * 1664525U + 1013904223U;
        value = scale * (static_cast<float>(seed >> 8) / 8388608.0F - 1.0F);
    }
    return values;
}

ConvolutionSpec specOf(const Case& one) {
    const net::SlidingWindow window{
        .kernel = {3, 3}, .stride = {1, 1}, .dilation = one.dilation, .padding = one.padding};
    const net::Extent2 covered = window.covered();
    return {.source = {one.batch, one.in, one.height, one.width},
            .weight = {one.out, one.in, 3, 3},
            .destination = {one.batch, one.out,
                            one.height + one.padding.top + one.padding.bottom - covered.height + 1,
                            one.width + one.padding.left + one.padding.right - covered.width + 1},
            .window = window,
            .has_bias = one.has_bias,
            .adds_to_destination = one.adds,
            .activation = one.activation};
}

// Where channel c of cell (row, column) lies in blocks of 8.
std::size_t place(const Shape& s, std::int64_t n, std::int64_t c, std::int64_t row,
                  std::int64_t column) {
    return static_cast<std::size_t>((((n * (s[1] / 8) + c / 8) * s[2] + row) * s[3] + column) * 8 +
                                    c % 8);
}

std::vector<double> definition(const ConvolutionSpec& spec, std::span<const float> x,
                               std::span<const float> weights, std::span<const float> bias,
                               std::span<const float> residual) {
    std::vector<double> y(residual.size());
    const Shape& s = spec.source;
    const Shape& d = spec.destination;
    const auto sum = [&](std::int64_t n, std::int64_t o, std::int64_t row, std::int64_t column) {
        double total = 0;
        for (std::int64_t i = 0; i < 3; ++i) {
            const std::int64_t from_row =
                row - spec.window.padding.top + i * spec.window.dilation.height;
            for (std::int64_t j = 0; j < 3; ++j) {
                const std::int64_t from_column =
                    column - spec.window.padding.left + j * spec.window.dilation.width;
                if (from_row < 0 || from_row >= s[2] || from_column < 0 || from_column >= s[3])
                    continue;
                for (std::int64_t c = 0; c < s[1]; ++c) {
                    total += double{x[place(s, n, c, from_row, from_column)]} *
                             weights[static_cast<std::size_t>((o * s[1] + c) * 9 + i * 3 + j)];
                }
            }
        }
        return total;
    };
    for (std::int64_t n = 0; n < d[0]; ++n) {
        for (std::int64_t o = 0; o < d[1]; ++o) {
            for (std::int64_t row = 0; row < d[2]; ++row) {
                for (std::int64_t column = 0; column < d[3]; ++column) {
                    const std::size_t at = place(d, n, o, row, column);
                    double value = sum(n, o, row, column);
                    if (spec.has_bias) value += bias[static_cast<std::size_t>(o)];
                    if (spec.adds_to_destination) value += residual[at];
                    y[at] = std::clamp(value, double{spec.activation.low},
                                       double{spec.activation.high});
                }
            }
        }
    }
    return y;
}

// Aligned memory with canaries on both sides.
class Guarded {
public:
    explicit Guarded(std::size_t count) : count_(count), memory_(count + 2 * kGuard + 16, kCanary) {
        const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
        first_ = kGuard + (64 - address % 64) % 64 / sizeof(float);
    }
    std::span<float> values() { return std::span(memory_).subspan(first_, count_); }
    bool isWhole() const {
        const auto untouched = [](float value) { return value == kCanary; };
        const auto begin = memory_.begin() + static_cast<std::ptrdiff_t>(first_);
        return std::all_of(memory_.begin(), begin, untouched) &&
               std::all_of(begin + static_cast<std::ptrdiff_t>(count_), memory_.end(), untouched);
    }

private:
    std::size_t count_;
    std::vector<float> memory_;
    std::size_t first_;
};

bool isMissing() {
    return test::missing("the instructions of AVX2", winograd::canRun());
}

void fill(Guarded& memory, std::span<const float> values) {
    std::ranges::copy(values, memory.values().begin());
}

TEST(Winograd, IsTheDefinition) {
    if (isMissing()) return;
    for (const Case& one : cases()) {
        SCOPED_TRACE(one.name);
        const ConvolutionSpec spec = specOf(one);
        const auto elements = [](const Shape& shape) {
            return static_cast<std::size_t>(shape.elementCount());
        };
        const auto x = random(elements(spec.source), 1, 1);
        const auto residual = random(elements(spec.destination), 1, 2);
        const auto bias = random(static_cast<std::size_t>(one.out), 0.3F, 3);
        const Tensor weights(
            spec.weight,
            random(elements(spec.weight), 1.7F / std::sqrt(9.0F * static_cast<float>(one.in)), 4));
        const auto expected = definition(spec, x, weights.values(), bias, residual);
        double largest = 0;
        for (const double value : expected)
            largest = std::max(largest, std::abs(value));

        for (const int threads : {1, 2, 5, 16}) {
            const ComputeScope scope(threads);
            Winograd winograd(spec, threads);
            Guarded source(x.size());
            Guarded destination(residual.size());
            Guarded scratch(static_cast<std::size_t>(winograd.scratchBytes()) / sizeof(float));
            fill(source, x);
            fill(destination, residual);
            winograd.bind({.source = source.values().data(),
                           .weights = std::make_shared<TileWeights>(weights),
                           .bias = one.has_bias ? bias.data() : nullptr,
                           .destination = destination.values().data(),
                           .scratch = scratch.values().data()});
            winograd.execute();
            const auto y = destination.values();
            std::size_t wrong = 0;
            for (std::size_t i = 0; i < y.size(); ++i)
                wrong += std::abs(y[i] - expected[i]) <= 5e-6 * largest ? 0U : 1U;
            EXPECT_EQ(wrong, 0U) << "of " << y.size() << " with threads " << threads;
            EXPECT_TRUE(source.isWhole() && destination.isWhole() && scratch.isWhole());
            EXPECT_TRUE(std::ranges::equal(source.values(), x)) << "source overwritten";
        }
    }
}

TEST(Winograd, IsForWhatItCanDo) {
    const auto suits = [](const ConvolutionSpec& spec, Layout from = kBlocks, Layout to = kBlocks) {
        return Winograd::suits(spec, from, to);
    };
    const ConvolutionSpec fine = specOf({.name = "", .height = 20, .width = 20});
    EXPECT_EQ(suits(fine), winograd::canRun());
    if (isMissing()) return;
    EXPECT_FALSE(suits(fine, Layout{1}));
    EXPECT_FALSE(suits(fine, kBlocks, Layout{16}));
    const auto without = [&](auto change) {
        ConvolutionSpec spec = fine;
        change(spec);
        return !suits(spec);
    };
    EXPECT_TRUE(without([](ConvolutionSpec& spec) { spec.groups = 2; }));
    EXPECT_TRUE(without([](ConvolutionSpec& spec) { spec.window.stride = {2, 1}; }));
    EXPECT_TRUE(without([](ConvolutionSpec& spec) { spec.window.kernel = {3, 1}; }));
    EXPECT_TRUE(without(
        [](ConvolutionSpec& spec) { spec.activation = net::Activation::of(net::Curve::kSwish); }));
    EXPECT_FALSE(suits(specOf({.name = "", .in = 20, .height = 20, .width = 20})));
    EXPECT_FALSE(suits(specOf({.name = "", .in = 8, .height = 20, .width = 20})));
    // Weights take longer to read than these tiles to compute, or most of them lies outside.
    EXPECT_FALSE(suits(specOf({.name = "", .height = 4, .width = 8})));
    EXPECT_FALSE(suits(specOf({.name = "", .height = 1, .width = 60})));
}

// What is not a number stays within the tiles that see it, and the next picture is not affected.
TEST(Winograd, NotANumberSpreadsNoFurtherThanItsTiles) {
    if (isMissing()) return;
    const ConvolutionSpec spec = specOf({.name = "", .height = 16, .width = 16});
    const ComputeScope scope(2);
    Winograd winograd(spec, 2);
    const auto size = static_cast<std::size_t>(spec.source.elementCount());
    Guarded source(size);
    Guarded destination(size);
    Guarded scratch(static_cast<std::size_t>(winograd.scratchBytes()) / sizeof(float));
    const Tensor weights(spec.weight, random(16 * 16 * 9, 0.1F, 5));
    winograd.bind({.source = source.values().data(),
                   .weights = std::make_shared<TileWeights>(weights),
                   .destination = destination.values().data(),
                   .scratch = scratch.values().data()});
    const auto x = random(size, 1, 6);
    fill(source, x);
    winograd.execute();
    const std::vector<float> clean(destination.values().begin(), destination.values().end());

    source.values()[place(spec.source, 0, 3, 0, 0)] = std::numeric_limits<float>::quiet_NaN();
    winograd.execute();
    const auto y = destination.values();
    EXPECT_TRUE(std::isnan(y[place(spec.destination, 0, 0, 0, 0)]));
    for (std::int64_t row = 8; row < 16; ++row) {
        const std::size_t at = place(spec.destination, 0, 5, row, 9);
        EXPECT_EQ(y[at], clean[at]);
    }
    fill(source, x);
    winograd.execute();
    EXPECT_TRUE(std::ranges::equal(destination.values(), clean));
}

}  // namespace
}  // namespace overfeat::backend::onednn
