// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/backend/test_networks.h"

#include "tests/engine/backend/graph_maker.h"

namespace overfeat::test {
namespace {

using net::Activation;
using net::SlidingWindow;

constexpr Activation kRelu6{0, 6};

SlidingWindow same3x3(std::int64_t dilation) {
    return {.kernel = {3, 3},
            .dilation = {dilation, dilation},
            .padding = {dilation, dilation, dilation, dilation}};
}

}  // namespace

net::Graph denseNetwork() {
    GraphMaker make({1, 3, -1, -1});
    auto x = make.conv(make.input(),
                       {.in = 3,
                        .out = 32,
                        .window = {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1, 1, 1}},
                        .activation = Activation::relu()});
    std::int64_t channels = 32;
    const auto stage = [&](std::int64_t out, std::int64_t dilation) {
        x = make.conv(x, {.in = channels,
                          .out = out,
                          .window = same3x3(dilation),
                          .activation = Activation::relu()});
        const auto hidden = make.conv(
            x,
            {.in = out, .out = out, .window = same3x3(dilation), .activation = Activation::relu()});
        x = make.conv(hidden, {.in = out,
                               .out = out,
                               .window = same3x3(dilation),
                               .activation = Activation::relu(),
                               .residual = x});
        channels = out;
    };
    stage(32, 1);
    x = make.node(net::MaxPool{{.kernel = {2, 2}}, false}, {x});
    stage(64, 2);
    const auto features =
        make.node(net::AveragePool{{.kernel = {4, 4}, .dilation = {2, 2}}, false, false}, {x});
    const auto logits =
        make.conv(features, {.in = channels, .out = 200, .window = {.kernel = {1, 1}}});
    const auto boxes =
        make.conv(features, {.in = channels, .out = 4, .window = {.kernel = {1, 1}}});
    return make.finish({make.node(net::Softmax{.axis = 1}, {logits}), boxes, features});
}

net::Graph mobileNetwork() {
    GraphMaker make({1, 3, -1, -1});
    auto x = make.conv(make.input(),
                       {.in = 3,
                        .out = 32,
                        .window = {.kernel = {3, 3}, .stride = {2, 2}, .padding = {0, 0, 1, 1}},
                        .activation = kRelu6});
    std::int64_t channels = 32;
    const auto block = [&](std::int64_t out, std::int64_t stride) {
        const std::int64_t wide = channels * 6;
        const auto source = x;
        x = make.conv(
            x, {.in = channels, .out = wide, .window = {.kernel = {1, 1}}, .activation = kRelu6});
        SlidingWindow window = same3x3(1);
        if (stride == 2) window = {{3, 3}, {2, 2}, {1, 1}, {0, 0, 1, 1}};
        x = make.conv(
            x, {.in = wide, .out = wide, .window = window, .groups = wide, .activation = kRelu6});
        const bool adds = stride == 1 && out == channels;
        x = make.conv(x, {.in = wide,
                          .out = out,
                          .window = {.kernel = {1, 1}},
                          .residual = adds ? source : net::kNoValue});
        channels = out;
    };
    block(16, 1);
    block(24, 2);
    block(24, 1);
    block(32, 2);
    block(32, 1);
    x = make.node(net::GlobalAveragePool{}, {x});
    x = make.node(net::Flatten{}, {x});
    const auto weight = make.random({1000, channels}, 0.2F);
    x = make.node(net::Gemm{.transpose_b = true}, {x, weight, make.random({1000}, 0.1F)});
    return make.finish({x});
}

net::Graph residualNetwork18() {
    GraphMaker make({1, 3, -1, -1});
    const auto strided = [](std::int64_t kernel, std::int64_t stride) {
        const std::int64_t around = kernel / 2;
        return SlidingWindow{.kernel = {kernel, kernel},
                             .stride = {stride, stride},
                             .padding = {around, around, around, around}};
    };
    auto x =
        make.conv(make.input(),
                  {.in = 3, .out = 64, .window = strided(7, 2), .activation = Activation::relu()});
    x = make.node(net::MaxPool{strided(3, 2), false}, {x});
    std::int64_t channels = 64;
    const auto block = [&](std::int64_t out, std::int64_t stride) {
        const auto shortcut =
            stride == 1 ? x
                        : make.conv(x, {.in = channels, .out = out, .window = strided(1, stride)});
        x = make.conv(x, {.in = channels,
                          .out = out,
                          .window = strided(3, stride),
                          .activation = Activation::relu()});
        x = make.conv(x, {.in = out,
                          .out = out,
                          .window = strided(3, 1),
                          .activation = Activation::relu(),
                          .residual = shortcut});
        channels = out;
    };
    for (const std::int64_t out : {64, 128, 256, 512}) {
        block(out, out == 64 ? 1 : 2);
        block(out, 1);
    }
    x = make.node(net::AveragePool{{.kernel = {2, 2}}, false, false}, {x});
    x = make.conv(x, {.in = channels, .out = 1000, .window = {.kernel = {1, 1}}});
    return make.finish({x});
}

}  // namespace overfeat::test
