// SPDX-License-Identifier: Apache-2.0
//
// Every operator that is no convolution or pooling, on the input's layout and on a convolution's.
#include "engine/net/graph.h"
#include "tests/engine/backend/graph_maker.h"
#include "tests/engine/backend/layer_parts.h"
#include "tests/engine/backend/parity_cases.h"

namespace overfeat::test {
namespace {

using net::Activation;
using net::Curve;
using net::ValueId;

using Kind = net::Arithmetic::Kind;

net::Activate activate(Curve which) {
    return net::Activate{curve(which)};
}

struct OperatorRow {
    const char* name;
    ValueId (*apply)(GraphMaker& make, ValueId x);  // x is [2, channels, 6, 5]
};

constexpr std::int64_t kChannels[] = {16, 11};

const std::vector<OperatorRow>& operatorRows(std::int64_t channels) {
    static std::int64_t c = 0;  // the rows are plain functions; they are called at once
    c = channels;
    static const std::vector<OperatorRow> kRows{
        {"relu", [](auto& m, auto x) { return m.node(net::Activate{Activation::relu()}, {x}); }},
        {"clip",
         [](auto& m, auto x) {
             return m.node(net::Activate{{0.1F, 0.5F}}, {x});
         }},
        {"sigmoid", [](auto& m, auto x) { return m.node(activate(Curve::kSigmoid), {x}); }},
        {"swish", [](auto& m, auto x) { return m.node(activate(Curve::kSwish), {x}); }},
        {"hard_swish", [](auto& m, auto x) { return m.node(activate(Curve::kHardSwish), {x}); }},
        {"hard_sigmoid",
         [](auto& m, auto x) {
             return m.node(
                 net::Activate{{.curve = Curve::kHardSigmoid, .slope = 0.3F, .offset = 0.4F}}, {x});
         }},
        {"leaky_relu",
         [](auto& m, auto x) {
             return m.node(net::Activate{{.curve = Curve::kLeakyRelu, .slope = 0.1F}}, {x});
         }},
        {"gelu", [](auto& m, auto x) { return m.node(activate(Curve::kGelu), {x}); }},
        {"erf", [](auto& m, auto x) { return m.node(activate(Curve::kErf), {x}); }},
        {"tanh", [](auto& m, auto x) { return m.node(activate(Curve::kTanh), {x}); }},
        {"sqrt",
         [](auto& m, auto x) {
             return m.node(activate(Curve::kSqrt), {m.node(activate(Curve::kSigmoid), {x})});
         }},
        {"multiply_itself",
         [](auto& m, auto x) {
             return m.node(net::Arithmetic{}, {x, x});
         }},
        {"multiply_vector",
         [](auto& m, auto x) {
             const auto mean = m.node(net::GlobalAveragePool{}, {x});
             const auto gate = m.conv(mean, {.in = c,
                                             .out = c,
                                             .window = window({1, 1}),
                                             .activation = curve(Curve::kSigmoid)});
             return m.node(net::Arithmetic{}, {x, gate});
         }},
        {"vector_squared",
         [](auto& m, auto x) {
             const auto mean = m.node(net::GlobalAveragePool{}, {x});
             return m.node(net::Arithmetic{Kind::kPower}, {mean, m.constant({}, {2})});
         }},
        {"vector_minus_map",
         [](auto& m, auto x) {
             const auto mean = m.node(net::GlobalAveragePool{}, {x});
             return m.node(net::Arithmetic{Kind::kSubtract}, {mean, x});
         }},
        {"divide_per_channel",
         [](auto& m, auto x) {
             return m.node(net::Arithmetic{Kind::kDivide}, {x, m.random({c, 1, 1}, 0.5F, 1)});
         }},
        {"divide_by_map",
         [](auto& m, auto x) {
             const auto positive = m.node(activate(Curve::kSigmoid), {x});
             return m.node(net::Arithmetic{Kind::kDivide}, {m.random({1}, 1), positive});
         }},
        {"power",
         [](auto& m, auto x) {
             const auto positive = m.node(activate(Curve::kSigmoid), {x});
             return m.node(net::Arithmetic{Kind::kPower}, {positive, m.random({5}, 0.5F, 1)});
         }},
        {"pad_value",
         [](auto& m, auto x) {
             return m.node(net::Pad{{1, 0, 2, 3}, 0.5F, false}, {x});
         }},
        {"pad_edge",
         [](auto& m, auto x) {
             return m.node(net::Pad{{1, 2, 0, 3}, 0, true}, {x});
         }},
        {"reshape",
         [](auto& m, auto x) {
             return m.node(net::Reshape{{0, 5, -1}}, {x});
         }},
        {"transpose",
         [](auto& m, auto x) {
             return m.node(net::Transpose{{0, 2, 3, 1}}, {x});
         }},
        {"transpose_batch",
         [](auto& m, auto x) {
             return m.node(net::Transpose{{3, 0, 1, 2}}, {x});
         }},
        {"some_channels",
         [](auto& m, auto x) {
             return m.node(net::Gather{1, {3, 4, 5, 10, 0, 0, 9, 1, 2}}, {x});
         }},
        {"some_columns",
         [](auto& m, auto x) {
             return m.node(net::Gather{-1, {4, 0, 2}}, {x});
         }},
        {"mean_of_channels", [](auto& m, auto x) { return m.node(net::ReduceMean{{1}}, {x}); }},
        {"mean_of_two_axes",
         [](auto& m, auto x) {
             return m.node(net::ReduceMean{{-1, 1}, false}, {x});
         }},
        {"mean_of_all",
         [](auto& m, auto x) {
             return m.node(net::ReduceMean{{}, false}, {x});
         }},
        {"layer_norm_channels",
         [](auto& m, auto x) {
             return m.node(net::LayerNormalization{1, true, 1e-6F},
                           {x, m.random({c}, 1), m.random({c}, 1)});
         }},
        {"layer_norm_width",
         [](auto& m, auto x) {
             return m.node(net::LayerNormalization{-1}, {x, m.random({5}, 1), net::kNoValue});
         }},
        {"layer_norm_pictures",
         [](auto& m, auto x) {
             return m.node(net::LayerNormalization{1},
                           {x, m.random({c, 6, 5}, 1), m.random({c, 6, 5}, 1)});
         }},
        {"matrix_product",
         [](auto& m, auto x) {
             return m.node(net::MatMul{}, {x, m.random({1, 1, 5, 7}, 0.3F)});
         }},
        {"matrix_product_with_itself",
         [](auto& m, auto x) {
             const auto turned = m.node(net::Transpose{{0, 1, 3, 2}}, {x});
             return m.node(net::MatMul{}, {turned, x});
         }},
        {"identity", [](auto& m, auto x) { return m.node(net::Identity{}, {x}); }},
        {"flatten", [](auto& m, auto x) { return m.node(net::Flatten{}, {x}); }},
        {"flatten_axis_2", [](auto& m, auto x) { return m.node(net::Flatten{2}, {x}); }},
        {"global_average", [](auto& m, auto x) { return m.node(net::GlobalAveragePool{}, {x}); }},
        {"batch_norm",
         [](auto& m, auto x) {
             return m.node(net::BatchNormalization{}, {x, m.random({c}, 1), m.random({c}, 1),
                                                       m.random({c}, 1), m.random({c}, 0.5F, 1)});
         }},
        {"add_constant",
         [](auto& m, auto x) {
             return m.node(net::Add{}, {x, m.random({2, c, 6, 5}, 1)});
         }},
        {"add_itself",
         [](auto& m, auto x) {
             return m.node(net::Add{Activation::relu()}, {x, x});
         }},
        {"add_per_channel",
         [](auto& m, auto x) {
             return m.node(net::Add{}, {x, m.random({c, 1, 1}, 1)});
         }},
        {"add_per_column",
         [](auto& m, auto x) {
             return m.node(net::Add{}, {m.random({5}, 1), x});
         }},
        {"add_scalar",
         [](auto& m, auto x) {
             return m.node(net::Add{}, {x, m.random({}, 1)});
         }},
        {"add_growing",
         [](auto& m, auto x) {
             return m.node(net::Add{}, {x, m.random({3, 1, c, 1, 5}, 1)});
         }},
        {"concat_channels",
         [](auto& m, auto x) {
             const auto r = m.node(net::Activate{Activation::relu()}, {x});
             return m.node(net::Concat{1}, {x, r, x});
         }},
        {"concat_channels_constant",
         [](auto& m, auto x) {
             return m.node(net::Concat{1}, {m.random({2, 3, 6, 5}, 1), x});
         }},
        {"concat_width",
         [](auto& m, auto x) {
             return m.node(net::Concat{-1}, {x, x});
         }},
        {"softmax_channels", [](auto& m, auto x) { return m.node(net::Softmax{1}, {x}); }},
        {"softmax_width", [](auto& m, auto x) { return m.node(net::Softmax{-1}, {x}); }},
        {"softmax_flat",
         [](auto& m, auto x) {
             return m.node(net::Softmax{1, true}, {x});
         }},
        {"gemm",
         [](auto& m, auto x) {
             const auto flat = m.node(net::Flatten{}, {x});
             return m.node(net::Gemm{.transpose_b = true},
                           {flat, m.random({20, c * 30}, 0.1F), m.random({20}, 1)});
         }},
        {"gemm_scaled",
         [](auto& m, auto x) {
             const auto flat = m.node(net::Flatten{}, {x});
             return m.node(net::Gemm{.alpha = 0.5F, .beta = 2},
                           {flat, m.random({c * 30, 9}, 0.1F), m.random({1, 9}, 1)});
         }},
        {"gemm_full_addend",
         [](auto& m, auto x) {
             const auto flat = m.node(net::Flatten{}, {x});
             return m.node(net::Gemm{}, {flat, m.random({c * 30, 4}, 0.1F), m.random({2, 4}, 1)});
         }},
        {"gemm_column_addend",
         [](auto& m, auto x) {
             const auto flat = m.node(net::Flatten{}, {x});
             return m.node(net::Gemm{}, {flat, m.random({c * 30, 4}, 0.1F), m.random({2, 1}, 1)});
         }},
        {"gemm_transposed",
         [](auto& m, auto x) {
             const auto flat = m.node(net::Flatten{}, {x});
             return m.node(net::Gemm{.transpose_a = true},
                           {flat, m.random({2, 3}, 0.3F), net::kNoValue});
         }},
    };
    return kRows;
}

}  // namespace

void addOperatorCases(std::vector<ParityCase>& cases) {
    for (const std::int64_t channels : kChannels) {
        for (const OperatorRow& row : operatorRows(channels)) {
            for (const bool after_conv : {false, true}) {
                const Shape input{2, channels, 6, 5};
                GraphMaker make(input);
                ValueId x = make.input();
                if (after_conv) {
                    x = make.conv(x, {.in = channels,
                                      .out = channels,
                                      .window = window({3, 3}, {1, 1}, {1, 1}, all(1))});
                }
                const auto y = row.apply(make, x);
                cases.push_back({std::string(row.name) + "_" + std::to_string(channels) +
                                     (after_conv ? "_after_conv" : ""),
                                 make.finish({y}), input});
            }
        }
    }
}

}  // namespace overfeat::test
