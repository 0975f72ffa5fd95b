// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace overfeat::test {

struct ColourModelOptions {
    bool boxes = false;       // an output that always answers the middle half of the window
    bool background = false;  // a fourth class, for black
    bool teachable = false;   // it averages in two steps, so that there is a map twice as fine
    bool slides = true;       // otherwise it adds a number of its own to every pixel of the window
};

// An ONNX file of a network that knows the classes "red", "green" and "blue" (ids c0, c1, c2): a
// 4x4 average with stride 4, a global average, and one linear layer, on windows of 8x8 pixels. It
// says at once whether somebody swapped R and B, and every cell of its dense run can be worked out
// by hand. The value "means" holds the three channel means, 0..1; it is also the features output.
std::string colourModel(const ColourModelOptions& options = {});

// A file of a few hundred bytes whose first layer would have 100 GB of outputs.
std::string hungryModel();

}  // namespace overfeat::test
