// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/backend/parity_cases.h"

#include <sstream>
#include <variant>

#include "engine/backend/layer_label.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/backend/layer_parts.h"

namespace overfeat::test {
namespace {

using net::Activation;
using net::Curve;
using net::SlidingWindow;
using net::ValueId;

constexpr Activation kRelu6{0, 6};

// ---- Single convolutions --------------------------------------------------------------------

struct ConvRow {
    const char* name;
    Shape input;
    std::int64_t out;
    SlidingWindow window;
    std::int64_t groups = 1;
    Activation activation{};
    bool bias = true;
};

const std::vector<ConvRow>& convRows() {
    static const std::vector<ConvRow> kRows{
        {"first_layer", {1, 3, 33, 47}, 32, window({3, 3}, {1, 1}, {1, 1}, all(1))},
        {"first_layer_stride_2",
         {1, 3, 64, 64},
         32,
         window({3, 3}, {2, 2}, {1, 1}, all(1)),
         1,
         kRelu6},
        {"first_layer_valid", {1, 3, 31, 23}, 24, window({7, 7}, {2, 2})},
        {"first_layer_11x11", {1, 3, 47, 47}, 16, window({11, 11}, {4, 4}), 1, Activation::relu()},
        {"grey_input", {1, 1, 16, 16}, 8, window({5, 5})},
        {"one_channel_out", {1, 16, 9, 9}, 1, window({1, 1})},
        {"odd_channels", {1, 5, 9, 11}, 7, window({3, 3}, {1, 1}, {1, 1}, all(1))},
        {"odd_channels_relu", {1, 13, 8, 8}, 19, window({3, 3}), 1, Activation::relu()},
        {"same_3x3", {1, 16, 20, 15}, 24, window({3, 3}, {1, 1}, {1, 1}, all(1))},
        {"valid_3x3", {1, 16, 20, 15}, 24, window({3, 3})},
        {"no_bias", {1, 16, 10, 10}, 16, window({3, 3}), 1, {}, false},
        {"stride_2", {1, 16, 21, 18}, 32, window({3, 3}, {2, 2}, {1, 1}, all(1))},
        {"stride_2x1", {1, 16, 21, 18}, 16, window({3, 3}, {2, 1}, {1, 1}, all(1))},
        {"stride_3", {1, 8, 20, 20}, 16, window({2, 2}, {3, 3})},
        {"asymmetric_pads", {1, 16, 12, 12}, 16, window({3, 3}, {2, 2}, {1, 1}, {0, 1, 1, 2})},
        {"pad_top_only", {1, 8, 6, 6}, 8, window({3, 2}, {1, 1}, {1, 1}, {2, 0, 0, 0})},
        {"tall_kernel", {1, 16, 16, 9}, 16, window({5, 1}, {1, 1}, {1, 1}, {2, 0, 2, 0})},
        {"wide_kernel", {1, 16, 9, 16}, 16, window({1, 7}, {1, 1}, {1, 1}, {0, 3, 0, 3})},
        {"wide_padding_9x9", {1, 16, 17, 17}, 16, window({9, 9}, {1, 1}, {1, 1}, all(4))},
        {"padding_beyond_kernel", {1, 8, 6, 6}, 8, window({3, 3}, {1, 1}, {1, 1}, all(4))},
        {"dilation_2", {1, 16, 20, 17}, 24, window({3, 3}, {1, 1}, {2, 2}, all(2))},
        {"dilation_2_valid", {1, 16, 20, 17}, 24, window({3, 3}, {1, 1}, {2, 2})},
        {"dilation_3", {1, 16, 20, 17}, 24, window({3, 3}, {1, 1}, {3, 3}, all(3))},
        {"dilation_4", {1, 16, 20, 17}, 24, window({3, 3}, {1, 1}, {4, 4}, all(4)), 1, kRelu6},
        {"dilation_2x3", {1, 16, 20, 17}, 16, window({3, 3}, {1, 1}, {2, 3}, {2, 3, 2, 3})},
        {"dilation_2_stride_2", {1, 16, 21, 21}, 16, window({3, 3}, {2, 2}, {2, 2}, all(2))},
        {"dilated_first_layer", {1, 3, 30, 30}, 16, window({3, 3}, {1, 1}, {2, 2}, all(1))},
        {"whole_window", {1, 32, 4, 4}, 40, window({4, 4})},
        {"whole_window_dense", {1, 32, 11, 9}, 40, window({4, 4})},
        {"whole_window_dilated", {1, 32, 15, 13}, 40, window({4, 4}, {1, 1}, {2, 2})},
        {"point", {1, 32, 7, 9}, 64, window({1, 1})},
        {"point_relu6", {1, 24, 14, 14}, 144, window({1, 1}), 1, kRelu6},
        {"point_stride_2", {1, 32, 15, 15}, 64, window({1, 1}, {2, 2})},
        {"point_padded", {1, 16, 5, 5}, 16, window({1, 1}, {1, 1}, {1, 1}, all(1))},
        {"single_cell", {1, 128, 1, 1}, 72, window({1, 1})},
        {"single_cell_odd", {1, 30, 1, 1}, 10, window({1, 1})},
        {"clip_with_offset", {1, 16, 6, 6}, 16, window({3, 3}), 1, {0.25F, 0.75F}},
        {"clip_with_offset_odd", {1, 12, 6, 6}, 9, window({3, 3}), 1, {0.25F, 0.75F}},
        {"upper_bound_only",
         {1, 16, 6, 6},
         16,
         window({3, 3}),
         1,
         {-std::numeric_limits<float>::infinity(), 0.1F}},
        {"point_sigmoid", {1, 24, 14, 14}, 40, window({1, 1}), 1, curve(Curve::kSigmoid)},
        {"cell_hard_sigmoid",
         {1, 24, 1, 1},
         40,
         window({1, 1}),
         1,
         {.curve = Curve::kHardSigmoid, .slope = 1.0F / 6, .offset = 0.5F}},
        {"same_leaky",
         {1, 24, 14, 14},
         40,
         window({3, 3}, {1, 1}, {1, 1}, all(1)),
         1,
         {.curve = Curve::kLeakyRelu, .slope = 0.1F}},
        {"point_swish", {1, 24, 14, 14}, 144, window({1, 1}), 1, curve(Curve::kSwish)},
        {"swish_odd", {1, 13, 8, 8}, 19, window({3, 3}), 1, curve(Curve::kSwish)},
        {"same_hard_swish",
         {1, 16, 20, 15},
         24,
         window({3, 3}, {1, 1}, {1, 1}, all(1)),
         1,
         curve(Curve::kHardSwish)},
        {"point_gelu", {1, 24, 14, 14}, 96, window({1, 1}), 1, curve(Curve::kGelu)},
        {"point_tanh", {1, 24, 14, 14}, 96, window({1, 1}), 1, curve(Curve::kTanh)},
        {"depthwise_swish",
         {1, 32, 14, 14},
         32,
         window({5, 5}, {2, 2}, {1, 1}, all(2)),
         32,
         curve(Curve::kSwish)},
        {"depthwise_hard_swish_dilated",
         {1, 32, 14, 14},
         32,
         window({3, 3}, {1, 1}, {2, 2}, all(2)),
         32,
         curve(Curve::kHardSwish)},
        {"depthwise_7x7", {1, 24, 15, 14}, 24, window({7, 7}, {1, 1}, {1, 1}, all(3)), 24},
        {"batch_3", {3, 16, 9, 10}, 24, window({3, 3}, {1, 1}, {1, 1}, all(1))},
        {"batch_2_first_layer", {2, 3, 16, 18}, 16, window({3, 3})},
        {"groups_2", {1, 32, 10, 9}, 48, window({3, 3}, {1, 1}, {1, 1}, all(1)), 2},
        {"groups_of_4", {1, 32, 10, 9}, 32, window({3, 3}, {1, 1}, {1, 1}, all(1)), 8},
        {"groups_odd", {1, 9, 8, 8}, 15, window({3, 3}), 3},
        {"groups_two_convolutions", {1, 6, 8, 8}, 4, window({3, 3}), 2},
        {"depthwise", {1, 32, 14, 14}, 32, window({3, 3}, {1, 1}, {1, 1}, all(1)), 32, kRelu6},
        {"depthwise_stride_2",
         {1, 24, 15, 17},
         24,
         window({3, 3}, {2, 2}, {1, 1}, all(1)),
         24,
         kRelu6},
        {"depthwise_odd", {1, 13, 9, 9}, 13, window({3, 3}, {1, 1}, {1, 1}, all(1)), 13},
        {"depthwise_dilation_2", {1, 32, 14, 14}, 32, window({3, 3}, {1, 1}, {2, 2}, all(2)), 32},
        {"depthwise_dilation_4", {1, 32, 14, 14}, 32, window({3, 3}, {1, 1}, {4, 4}, all(4)), 32},
        {"depthwise_asymmetric",
         {1, 16, 9, 9},
         16,
         window({3, 3}, {2, 2}, {1, 1}, {0, 0, 1, 1}),
         16},
        {"depthwise_5x5_batch_2", {2, 16, 9, 9}, 16, window({5, 5}, {1, 1}, {1, 1}, all(2)), 16},
        {"depthwise_point_padded", {1, 16, 7, 7}, 16, window({1, 1}, {1, 1}, {1, 1}, all(1)), 16},
        {"depthwise_point_dilated_odd",
         {1, 13, 7, 7},
         13,
         window({1, 1}, {1, 1}, {2, 2}, all(2)),
         13},
        {"depthwise_multiplier_2", {1, 16, 9, 9}, 32, window({3, 3}), 16},
    };
    return kRows;
}

void addConvolutions(std::vector<ParityCase>& cases) {
    for (const ConvRow& row : convRows()) {
        GraphMaker make(row.input);
        const auto y = make.conv(make.input(), {.in = row.input[1],
                                                .out = row.out,
                                                .window = row.window,
                                                .groups = row.groups,
                                                .activation = row.activation,
                                                .bias = row.bias});
        cases.push_back({std::string("conv_") + row.name, make.finish({y}), row.input});
    }
}

// ---- Pooling --------------------------------------------------------------------------------

struct PoolRow {
    const char* name;
    Shape input;
    SlidingWindow window;
    bool ceil_mode = false;
};

const std::vector<PoolRow>& poolRows() {
    static const std::vector<PoolRow> kRows{
        {"2x2", {1, 16, 12, 14}, window({2, 2}, {2, 2})},
        {"3x3_padded", {1, 16, 13, 14}, window({3, 3}, {2, 2}, {1, 1}, all(1))},
        {"asymmetric", {1, 16, 12, 12}, window({3, 3}, {2, 2}, {1, 1}, {0, 1, 1, 0})},
        {"ceil", {1, 16, 12, 13}, window({3, 3}, {2, 2}), true},
        {"ceil_padded", {1, 16, 12, 15}, window({3, 3}, {2, 2}, {1, 1}, all(1)), true},
        {"ceil_stride_3", {1, 8, 11, 10}, window({2, 2}, {3, 3}), true},
        {"dilation_2", {1, 16, 12, 13}, window({2, 2}, {1, 1}, {2, 2})},
        {"dilation_3_padded", {1, 16, 14, 13}, window({3, 3}, {1, 1}, {3, 3}, all(3))},
        {"dilation_2_stride_2", {1, 16, 14, 13}, window({3, 3}, {2, 2}, {2, 2}, all(1))},
        {"fine_stride_4x4", {1, 32, 12, 9}, window({4, 4})},
        {"fine_stride_4x4_dilated", {1, 32, 12, 9}, window({4, 4}, {1, 1}, {2, 2})},
        {"odd_channels", {1, 5, 9, 9}, window({3, 3}, {2, 2})},
        {"large", {1, 16, 20, 17}, window({9, 8})},
        {"large_odd_channels_batch_2", {2, 21, 12, 14}, window({9, 14})},
        {"large_dilated", {1, 24, 26, 29}, window({9, 8}, {1, 1}, {2, 3})},
        {"batch_2", {2, 24, 9, 9}, window({2, 3}, {2, 1})},
        {"one_cell", {1, 8, 7, 7}, window({7, 7})},
    };
    return kRows;
}

void addPooling(std::vector<ParityCase>& cases) {
    for (const PoolRow& row : poolRows()) {
        // After a convolution, so that the values lie in the backend's own layout; and directly.
        for (const bool after_conv : {false, true}) {
            for (const std::string kind : {"max", "average", "average_counting_padding"}) {
                GraphMaker make(row.input);
                ValueId x = make.input();
                if (after_conv) {
                    x = make.conv(x, {.in = row.input[1],
                                      .out = row.input[1],
                                      .window = window({3, 3}, {1, 1}, {1, 1}, all(1))});
                }
                const auto y =
                    kind == "max"
                        ? make.node(net::MaxPool{row.window, row.ceil_mode}, {x})
                        : make.node(net::AveragePool{row.window, row.ceil_mode, kind != "average"},
                                    {x});
                cases.push_back({kind + "_pool_" + row.name + (after_conv ? "_after_conv" : ""),
                                 make.finish({y}), row.input});
            }
        }
    }
}

// ---- Networks -------------------------------------------------------------------------------

const SlidingWindow kSame3x3 = window({3, 3}, {1, 1}, {1, 1}, all(1));

// y = relu(conv(conv(x)) + x), the residual fused as the passes do it.
ValueId residualBlock(GraphMaker& make, ValueId x, std::int64_t channels,
                      const SlidingWindow& w = kSame3x3) {
    const auto hidden = make.conv(
        x, {.in = channels, .out = channels, .window = w, .activation = Activation::relu()});
    return make.conv(hidden, {.in = channels,
                              .out = channels,
                              .window = w,
                              .activation = Activation::relu(),
                              .residual = x});
}

ValueId stem(GraphMaker& make, std::int64_t channels) {
    return make.conv(
        make.input(),
        {.in = 3, .out = channels, .window = kSame3x3, .activation = Activation::relu()});
}

void addNetworks(std::vector<ParityCase>& cases) {
    const Shape picture{1, 3, 20, 24};
    for (const std::int64_t channels : {16, 12}) {
        const std::string suffix = "_" + std::to_string(channels);
        {
            GraphMaker make(picture);
            auto x = stem(make, channels);
            for (int i = 0; i < 4; ++i)
                x = residualBlock(make, x, channels);
            cases.push_back({"residual_chain" + suffix, make.finish({x}), picture});
        }
        {
            // Everybody's value is an output, so nothing may be overwritten.
            GraphMaker make(picture);
            const auto a = stem(make, channels);
            const auto b = residualBlock(make, a, channels);
            const auto c = residualBlock(make, b, channels);
            cases.push_back(
                {"residuals_that_are_outputs" + suffix, make.finish({c, b, a}), picture});
        }
        {
            // The convolution reads its own residual.
            GraphMaker make(picture);
            const auto a = stem(make, channels);
            const auto b =
                make.conv(a, {.in = channels, .out = channels, .window = kSame3x3, .residual = a});
            cases.push_back({"residual_is_the_source" + suffix, make.finish({b}), picture});
        }
        {
            // Through an Identity: the same memory under another name.
            GraphMaker make(picture);
            const auto a = stem(make, channels);
            const auto alias = make.node(net::Identity{}, {a});
            const auto b = make.conv(
                a, {.in = channels, .out = channels, .window = kSame3x3, .residual = alias});
            const auto c = make.node(net::Add{}, {b, alias});
            cases.push_back({"residual_under_two_names" + suffix, make.finish({c}), picture});
        }
    }
    {
        GraphMaker make({1, 16, 9, 9});
        const auto y = make.conv(
            make.input(), {.in = 16, .out = 16, .window = kSame3x3, .residual = make.input()});
        cases.push_back({"residual_is_the_input", make.finish({y}), {1, 16, 9, 9}});
    }
    {
        GraphMaker make({1, 16, 9, 9});
        const auto residual = make.random({1, 16, 9, 9}, 1);
        const auto y = make.conv(make.input(),
                                 {.in = 16, .out = 16, .window = kSame3x3, .residual = residual});
        cases.push_back({"residual_is_constant", make.finish({y}), {1, 16, 9, 9}});
    }
    {
        // The shape of the default model at fine stride: everything after the pooling is dilated.
        GraphMaker make({1, 3, 48, 40});
        auto x = stem(make, 32);
        x = residualBlock(make, x, 32);
        x = make.node(net::MaxPool{window({2, 2})}, {x});
        const SlidingWindow dilated = window({3, 3}, {1, 1}, {2, 2}, all(2));
        x = make.conv(x, {.in = 32, .out = 64, .window = dilated, .activation = kRelu6});
        x = residualBlock(make, x, 64, dilated);
        const auto features = make.node(net::AveragePool{window({4, 4}, {1, 1}, {2, 2})}, {x});
        const auto logits = make.conv(features, {.in = 64, .out = 21, .window = window({1, 1})});
        const auto boxes = make.conv(features, {.in = 64, .out = 4, .window = window({1, 1})});
        const auto scores = make.node(net::Softmax{1}, {logits});
        cases.push_back(
            {"dense_two_heads_fine", make.finish({scores, boxes, features}), {1, 3, 48, 40}});
    }
    {
        // An inverted bottleneck as in MobileNetV2, then a classifier.
        GraphMaker make({1, 3, 32, 32});
        auto x = make.conv(make.input(), {.in = 3,
                                          .out = 16,
                                          .window = window({3, 3}, {2, 2}, {1, 1}, all(1)),
                                          .activation = kRelu6});
        for (int i = 0; i < 2; ++i) {
            const auto wide =
                make.conv(x, {.in = 16, .out = 96, .window = window({1, 1}), .activation = kRelu6});
            const auto deep = make.conv(
                wide,
                {.in = 96, .out = 96, .window = kSame3x3, .groups = 96, .activation = kRelu6});
            x = make.conv(deep, {.in = 96, .out = 16, .window = window({1, 1}), .residual = x});
        }
        x = make.node(net::GlobalAveragePool{}, {x});
        x = make.node(net::Flatten{}, {x});
        x = make.node(net::Gemm{.transpose_b = true},
                      {x, make.random({30, 16}, 0.4F), make.random({30}, 0.1F)});
        x = make.node(net::Softmax{}, {x});
        cases.push_back({"inverted_bottlenecks", make.finish({x}), {1, 3, 32, 32}});
    }
    {
        GraphMaker make(picture);
        const auto a = stem(make, 16);
        const auto b = make.conv(a, {.in = 16, .out = 24, .window = kSame3x3});
        const auto c = make.conv(a, {.in = 16, .out = 8, .window = window({1, 1})});
        const auto joined = make.node(net::Concat{1}, {b, c, a});
        const auto y = make.conv(joined, {.in = 48, .out = 8, .window = kSame3x3});
        cases.push_back({"branches_joined", make.finish({y}), picture});
    }
    {
        GraphMaker make({2, 3});
        const auto constant = make.random({2, 4}, 1);
        const auto y = make.node(net::Concat{1}, {make.input(), constant});
        cases.push_back(
            {"matrix_input_and_constant_output", make.finish({y, constant, make.input()}), {2, 3}});
    }
}

}  // namespace

const std::vector<ParityCase>& parityCases() {
    static const std::vector<ParityCase> kCases = [] {
        std::vector<ParityCase> cases;
        addConvolutions(cases);
        addPooling(cases);
        addOperatorCases(cases);
        addNetworks(cases);
        return cases;
    }();
    return kCases;
}

std::string describe(const ParityCase& parity_case) {
    const std::vector<Shape> shapes = net::inferShapes(parity_case.graph, parity_case.input);
    const auto shape = [&](ValueId id) { return shapes[static_cast<std::size_t>(id)].toString(); };
    std::ostringstream text;
    text << parity_case.name << ", input " << parity_case.input.toString() << '\n';
    for (const net::Node& node : parity_case.graph.nodes) {
        text << "  " << node.name << ": " << backend::layerLabel(node);
        const auto pads = [&](const SlidingWindow& w) {
            text << " pads " << w.padding.top << ' ' << w.padding.left << ' ' << w.padding.bottom
                 << ' ' << w.padding.right;
        };
        if (const auto* conv = std::get_if<net::Conv>(&node.op)) {
            pads(conv->window);
            text << " clip " << conv->activation.low << ' ' << conv->activation.high;
        } else if (const auto* max_pool = std::get_if<net::MaxPool>(&node.op)) {
            pads(max_pool->window);
            if (max_pool->ceil_mode) text << " ceil";
        } else if (const auto* average_pool = std::get_if<net::AveragePool>(&node.op)) {
            pads(average_pool->window);
            if (average_pool->ceil_mode) text << " ceil";
            if (average_pool->count_include_padding) text << " counts padding";
        }
        text << " (";
        for (const ValueId id : node.inputs)
            text << ' '
                 << (id == net::kNoValue ? "-" : parity_case.graph.valueName(id) + ':' + shape(id));
        text << " ) -> " << shape(node.output) << '\n';
    }
    return text.str();
}

}  // namespace overfeat::test
