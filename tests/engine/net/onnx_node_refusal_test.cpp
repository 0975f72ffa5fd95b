// SPDX-License-Identifier: Apache-2.0
// Nodes that cannot be run as the file wants it, with the sentence each gets.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/engine/net/refusal_case.h"

namespace overfeat {
namespace {

using test::classifier;
using test::OnnxMaker;
using test::Refusal;
using test::setFloat;
using test::setInt;
using test::setInts;
using test::setText;

// A file with one node between "x" and the output "y".
std::string oneNode(const std::string& type, const std::vector<std::string>& more_inputs,
                    const std::function<void(OnnxMaker&, onnx::NodeProto&)>& finish,
                    const std::vector<std::int64_t>& input = {1, 3, 8, 8}, int opset = 13) {
    OnnxMaker maker(input, opset);
    std::vector<std::string> inputs{"x"};
    inputs.insert(inputs.end(), more_inputs.begin(), more_inputs.end());
    auto& node = maker.node(type, inputs, "y", "the node");
    finish(maker, node);
    maker.output("y");
    return maker.bytes();
}

std::string conv(const std::function<void(OnnxMaker&, onnx::NodeProto&)>& change,
                 const std::vector<std::int64_t>& weights = {4, 3, 3, 3}) {
    return oneNode("Conv", {"w"}, [&](OnnxMaker& maker, onnx::NodeProto& node) {
        maker.weights("w", weights);
        change(maker, node);
    });
}

const auto kUnchanged = [](OnnxMaker&, onnx::NodeProto&) {};

const std::vector<Refusal> kNodes{
    {"three_dimensional_conv",
     [] {
         return conv(kUnchanged, {4, 3, 3, 3, 3});
     },
     {"'the node' (Conv)", "two-dimensional"}},
    {"kernel_differs_from_weights",
     [] { return conv([](auto&, auto& node) {
              setInts(node, "kernel_shape", {5, 5});
          }); },
     {"'kernel_shape'", "4x3x3x3"}},
    {"one_stride",
     [] { return conv([](auto&, auto& node) { setInts(node, "strides", {2}); }); },
     {"1 numbers in 'strides'"}},
    {"stride_zero",
     [] { return conv([](auto&, auto& node) {
              setInts(node, "strides", {0, 1});
          }); },
     {"outside 1..65536 in 'strides'"}},
    {"six_paddings",
     [] { return conv([](auto&, auto& node) {
              setInts(node, "pads", {1, 1, 1, 1, 1, 1});
          }); },
     {"6 paddings"}},
    {"negative_padding",
     [] { return conv([](auto&, auto& node) {
              setInts(node, "pads", {0, -1, 0, 0});
          }); },
     {"padding outside 0..65536"}},
    {"giant_dilation",
     [] {
         return conv([](auto&, auto& node) {
             setInts(node, "dilations", {std::int64_t{1} << 62, 1});
         });
     },
     {"'dilations'"}},
    {"groups_do_not_fit",
     [] { return conv([](auto&, auto& node) { setInt(node, "group", 2); }); },
     {"2 group(s)", "1x3x8x8"}},
    {"no_groups",
     [] { return conv([](auto&, auto& node) { setInt(node, "group", 0); }); },
     {"fewer than one group"}},
    {"wrong_channels",
     [] {
         return conv(kUnchanged, {4, 5, 3, 3});
     },
     {"4x5x3x3", "1x3x8x8"}},
    {"kernel_larger_than_picture",
     [] {
         return conv(kUnchanged, {4, 3, 9, 9});
     },
     {"9x9", "too small"}},
    {"unknown_auto_pad",
     [] { return conv([](auto&, auto& node) { setText(node, "auto_pad", "REFLECT"); }); },
     {"'REFLECT'"}},
    {"auto_pad_and_pads",
     [] {
         return conv([](auto&, auto& node) {
             setText(node, "auto_pad", "SAME_UPPER");
             setInts(node, "pads", {1, 1, 1, 1});
         });
     },
     {"both 'auto_pad' and 'pads'"}},
    {"same_padding_of_open_size",
     [] {
         return oneNode("MaxPool", {},
                        [](auto&, auto& node) {
                            setInts(node, "kernel_shape", {3, 3});
                            setInts(node, "strides", {2, 2});
                            setText(node, "auto_pad", "SAME_UPPER");
                        },
                        {1, 3, -1, -1});
     },
     {"'the node' (MaxPool)", "fixed input size"}},
    {"unknown_attribute",
     [] { return conv([](auto&, auto& node) { setInt(node, "fused_activation", 1); }); },
     {"'fused_activation'", "does not know"}},
    {"attribute_of_wrong_type",
     [] { return conv([](auto&, auto& node) { setText(node, "strides", "2"); }); },
     {"'strides'", "wrong type"}},
    {"attribute_twice",
     [] {
         return conv([](auto&, auto& node) {
             setInt(node, "group", 1);
             setInt(node, "group", 1);
         });
     },
     {"'group' twice"}},
    {"computed_weights",
     [] {
         return conv([](OnnxMaker& maker, onnx::NodeProto& node) {
             (void)maker;
             node.set_input(1, "x");
         });
     },
     {"'the node' (Conv)", "constant"}},
    {"no_weights", [] { return oneNode("Conv", {}, kUnchanged); }, {"has 1 inputs"}},
    {"weights_left_out", [] { return oneNode("Conv", {""}, kUnchanged); }, {"lacks its input 1"}},
    {"no_output",
     [] { return oneNode("Relu", {}, [](auto&, auto& node) { node.clear_output(); }); },
     {"'the node' (Relu)", "no output"}},
    {"integer_weights",
     [] {
         return oneNode("Add", {"i"}, [](OnnxMaker& maker, auto&) {
             auto& tensor = maker.weights("i", {1}, {});
             tensor.set_data_type(onnx::TensorProto::INT64);
             tensor.add_int64_data(3);
         });
     },
     {"integers of 'i'"}},
    {"shapes_do_not_broadcast",
     [] { return oneNode("Add", {"c"}, [](OnnxMaker& maker, auto&) { maker.weights("c", {5}); }); },
     {"cannot add 1x3x8x8 and 5"}},
    {"one_dimensional_pooling",
     [] {
         return oneNode("AveragePool", {},
                        [](auto&, auto& node) { setInts(node, "kernel_shape", {2}); }, {1, 3, 8});
     },
     {"two-dimensional"}},
    {"pooling_without_kernel",
     [] { return oneNode("MaxPool", {}, kUnchanged); },
     {"no 'kernel_shape'"}},
    {"pooling_of_padding_alone",
     [] {
         return oneNode("MaxPool", {}, [](auto&, auto& node) {
             setInts(node, "kernel_shape", {2, 2});
             setInts(node, "pads", {2, 0, 0, 0});
         });
     },
     {"pads by as much as its window"}},
    {"training_batch_normalization",
     [] {
         return oneNode(
             "BatchNormalization", {"s", "s", "s", "s"},
             [](OnnxMaker& maker, auto& node) {
                 maker.weights("s", {3});
                 setInt(node, "training_mode", 1);
             },
             {1, 3, 8, 8}, 15);
     },
     {"training mode"}},
    {"training_dropout",
     [] {
         return oneNode("Dropout", {"", "t"}, [](OnnxMaker& maker, auto&) {
             auto& flag = maker.weights("t", {}, {});
             flag.set_data_type(onnx::TensorProto::BOOL);
             flag.add_int32_data(1);
         });
     },
     {"training mode"}},
    {"dropout_mask_used",
     [] {
         return oneNode("Dropout", {}, [](OnnxMaker& maker, auto& node) {
             node.add_output("mask");
             maker.output("mask");
         });
     },
     {"'mask'", "extra output"}},
    {"clip_with_nan",
     [] {
         return oneNode(
             "Clip", {}, [](auto&, auto& node) { setFloat(node, "min", std::nanf("")); },
             {1, 3, 8, 8}, 7);
     },
     {"bound that is NaN"}},
    {"clip_with_many_bounds",
     [] {
         return oneNode("Clip", {"low"},
                        [](OnnxMaker& maker, auto&) { maker.weights("low", {2}); });
     },
     {"not one number"}},
    {"concat_without_axis", [] { return oneNode("Concat", {"x"}, kUnchanged); }, {"no 'axis'"}},
    {"axis_out_of_range",
     [] { return oneNode("Softmax", {}, [](auto&, auto& node) { setInt(node, "axis", 5); }); },
     {"axis 5"}},
    {"gemm_of_a_map",
     [] {
         return oneNode("Gemm", {"w"}, [](OnnxMaker& maker, auto&) { maker.weights("w", {8, 2}); });
     },
     {"2 dimensions", "1x3x8x8"}},
    {"constant_text",
     [] {
         OnnxMaker maker = classifier();
         setText(maker.node("Constant", {}, "text"), "value_string", "hello");
         return maker.bytes();
     },
     {"text or a sparse tensor"}},
};

class OnnxNodeRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(OnnxNodeRefusal, SaysWhatAndWhere) {
    test::expectRefusal(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Nodes, OnnxNodeRefusal, ::testing::ValuesIn(kNodes),
                         [](const auto& given) { return given.param.name; });

}  // namespace
}  // namespace overfeat
