// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <vector>

// The networks of the OverFeat release a second time, as its program computes them: plain loops
// that run layer after layer over a picture of any size, with sums in double precision. Shares
// nothing with the engine, and has its own table of where in the file each layer's numbers begin.
namespace overfeat::released {

enum class Size : std::uint8_t { kSmall, kLarge };

// Channels, rows and columns.
struct Map {
    std::int64_t channels = 0;
    std::int64_t height = 0;
    std::int64_t width = 0;
    std::vector<float> values;
};

// A layer with weights: [outputs][inputs][kernel][kernel] from `weights` on, then [outputs].
struct Weights {
    int layer = 0;  // as the release counts
    std::int64_t outputs = 0;
    std::int64_t inputs = 0;
    std::int64_t kernel = 0;
    std::int64_t stride = 1;
    std::int64_t weights = 0;  // offsets in floats
    std::int64_t biases = 0;
};
std::span<const Weights> weightsOf(Size size);
// In floats.
std::int64_t lengthOf(Size size);
// Sides of a window; the distance of windows.
int windowOf(Size size);
int strideOf(Size size);

struct MakerOptions {
    std::uint64_t seed = 1;
    // Of 3x3 kernels all but the middle is 0: then the zeros that are put around their inputs reach
    // no output, and every window of a picture is on its own.
    bool middles_only = false;
};
// Writes a file of the right size with random weights, scaled so that numbers neither grow nor
// vanish from layer to layer.
void makeWeights(Size size, const std::filesystem::path& file, const MakerOptions& options = {});

class Network {
public:
    Network(Size size, const std::filesystem::path& file) : size_(size), file_(file) {}

    // The outputs of all layers for a picture [3][height][width] of 0..255, by their numbers.
    std::map<int, Map> run(const Map& picture);

    // The scores of the dense map with the resolution of the last pooling given back, as the paper
    // does it (section 3.3): the unpooled map is pooled from every offset, the classifier slides
    // over each of these, and the results are interleaved. Requires the outputs of run().
    Map runFine(const std::map<int, Map>& outputs);

private:
    Map convolution(const Weights& layer, const Map& in);
    std::vector<float> read(std::int64_t offset, std::int64_t count);

    Size size_;
    std::ifstream file_;
};

}  // namespace overfeat::released
