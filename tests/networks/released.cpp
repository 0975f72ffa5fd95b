// SPDX-License-Identifier: Apache-2.0
#include "tests/networks/released.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace overfeat::released {
namespace {

// As read from the release's own library (offsets in floats): outputs, inputs, kernel, stride.
constexpr std::array<Weights, 8> kSmall{{
    {1, 96, 3, 11, 4, 0x0, 0x8820},
    {4, 256, 96, 5, 1, 0x8880, 0x9e880},
    {8, 512, 256, 3, 1, 0x9e980, 0x1be980},
    {11, 1024, 512, 3, 1, 0x1beb80, 0x63eb80},
    {14, 1024, 1024, 3, 1, 0x63ef80, 0xf3ef80},
    {17, 3072, 1024, 6, 1, 0xf3f380, 0x7b3f380},
    {19, 4096, 3072, 1, 1, 0x7b3ff80, 0x873ff80},
    {21, 1000, 4096, 1, 1, 0x8740f80, 0x8b28f80},
}};
constexpr std::array<Weights, 9> kLarge{{
    {1, 96, 3, 7, 2, 0x0, 0x3720},
    {4, 256, 96, 7, 1, 0x3780, 0x129780},
    {8, 512, 256, 3, 1, 0x129880, 0x249880},
    {11, 512, 512, 3, 1, 0x249a80, 0x489a80},
    {14, 1024, 512, 3, 1, 0x489c80, 0x909c80},
    {17, 1024, 1024, 3, 1, 0x90a080, 0x120a080},
    {20, 4096, 1024, 5, 1, 0x120a480, 0x760a480},
    {22, 4096, 4096, 1, 1, 0x760b480, 0x860b480},
    {24, 1000, 4096, 1, 1, 0x860c480, 0x89f4480},
}};
constexpr std::int64_t kSmallLength = 583'683'488 / 4;
constexpr std::int64_t kLargeLength = 578'625'952 / 4;

enum class Kind : std::uint8_t { kNormalise, kWeights, kThreshold, kPool2, kPool3, kPad };
using enum Kind;
constexpr std::array<Kind, 22> kSmallLayers{
    kNormalise, kWeights,   kThreshold, kPool2,   kWeights,   kThreshold, kPool2,   kPad,
    kWeights,   kThreshold, kPad,       kWeights, kThreshold, kPad,       kWeights, kThreshold,
    kPool2,     kWeights,   kThreshold, kWeights, kThreshold, kWeights};
constexpr std::array<Kind, 25> kLargeLayers{
    kNormalise, kWeights, kThreshold, kPool3,     kWeights, kThreshold, kPool2,     kPad, kWeights,
    kThreshold, kPad,     kWeights,   kThreshold, kPad,     kWeights,   kThreshold, kPad, kWeights,
    kThreshold, kPool3,   kWeights,   kThreshold, kWeights, kThreshold, kWeights};
constexpr int kSmallLastPool = 16;
constexpr int kLargeLastPool = 19;

std::span<const Kind> layersOf(Size size) {
    return size == Size::kSmall ? std::span<const Kind>(kSmallLayers)
                                : std::span<const Kind>(kLargeLayers);
}

std::size_t at(const Map& map, std::int64_t channel, std::int64_t y, std::int64_t x) {
    return static_cast<std::size_t>((channel * map.height + y) * map.width + x);
}

Map empty(std::int64_t channels, std::int64_t height, std::int64_t width) {
    if (height < 1 || width < 1) throw std::runtime_error("The picture is too small.");
    Map map{channels, height, width, {}};
    map.values.resize(static_cast<std::size_t>(channels * height * width));
    return map;
}

Map normalised(const Map& in) {
    Map out = in;
    for (float& value : out.values)
        value = static_cast<float>((static_cast<double>(value) - 118.380948) / 61.896913);
    return out;
}

Map thresholded(const Map& in) {
    Map out = in;
    for (float& value : out.values) {
        if (!(value > 1e-6F)) value = 0;
    }
    return out;
}

Map padded(const Map& in) {
    Map out = empty(in.channels, in.height + 2, in.width + 2);
    for (std::int64_t c = 0; c < in.channels; ++c) {
        for (std::int64_t y = 0; y < in.height; ++y) {
            for (std::int64_t x = 0; x < in.width; ++x)
                out.values[at(out, c, y + 1, x + 1)] = in.values[at(in, c, y, x)];
        }
    }
    return out;
}

// From (top, left) on, as often as the pool fits in.
Map pooled(const Map& in, std::int64_t side, std::int64_t top = 0, std::int64_t left = 0) {
    Map out = empty(in.channels, (in.height - top) / side, (in.width - left) / side);
    for (std::int64_t c = 0; c < out.channels; ++c) {
        for (std::int64_t y = 0; y < out.height; ++y) {
            for (std::int64_t x = 0; x < out.width; ++x) {
                float most = -std::numeric_limits<float>::infinity();
                for (std::int64_t i = 0; i < side * side; ++i) {
                    most = std::max(most, in.values[at(in, c, top + y * side + i / side,
                                                       left + x * side + i % side)]);
                }
                out.values[at(out, c, y, x)] = most;
            }
        }
    }
    return out;
}

// Of the family "xorshift*".
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) {}
    // -1 .. 1
    float next() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        const auto bits = static_cast<std::int32_t>((state_ * 0x2545F4914F6CDD1DULL) >> 40);
        return static_cast<float>(bits - (1 << 23)) / static_cast<float>(1 << 23);
    }

private:
    std::uint64_t state_;
};

}  // namespace

std::span<const Weights> weightsOf(Size size) {
    return size == Size::kSmall ? std::span<const Weights>(kSmall)
                                : std::span<const Weights>(kLarge);
}

std::int64_t lengthOf(Size size) {
    return size == Size::kSmall ? kSmallLength : kLargeLength;
}

int windowOf(Size size) {
    return size == Size::kSmall ? 231 : 221;
}

int strideOf(Size size) {
    return size == Size::kSmall ? 32 : 36;
}

void makeWeights(Size size, const std::filesystem::path& file, const MakerOptions& options) {
    std::ofstream out(file, std::ios::binary);
    Random random(options.seed);
    for (const Weights& layer : weightsOf(size)) {
        const std::int64_t inputs = layer.inputs * layer.kernel * layer.kernel;
        const bool middles = options.middles_only && layer.kernel == 3;
        const float scale = std::sqrt(6.0F / static_cast<float>(middles ? layer.inputs : inputs));
        std::vector<float> row(static_cast<std::size_t>(inputs));
        for (std::int64_t o = 0; o < layer.outputs; ++o) {
            for (std::size_t i = 0; i < row.size(); ++i)
                row[i] = middles && i % 9 != 4 ? 0.0F : scale * random.next();
            out.write(reinterpret_cast<const char*>(row.data()),
                      static_cast<std::streamsize>(row.size() * sizeof(float)));
        }
        std::vector<float> biases(static_cast<std::size_t>(layer.outputs));
        for (float& bias : biases)
            bias = 0.1F * random.next();
        out.write(reinterpret_cast<const char*>(biases.data()),
                  static_cast<std::streamsize>(biases.size() * sizeof(float)));
    }
    out.close();
    if (!out) throw std::runtime_error("The weights cannot be written to " + file.string());
}

std::vector<float> Network::read(std::int64_t offset, std::int64_t count) {
    std::vector<float> numbers(static_cast<std::size_t>(count));
    file_.seekg(offset * static_cast<std::int64_t>(sizeof(float)));
    file_.read(reinterpret_cast<char*>(numbers.data()),
               static_cast<std::streamsize>(numbers.size() * sizeof(float)));
    if (!file_) throw std::runtime_error("The weights cannot be read.");
    return numbers;
}

Map Network::convolution(const Weights& layer, const Map& in) {
    const std::int64_t kernel = layer.kernel;
    const std::vector<float> weights =
        read(layer.weights, layer.outputs * layer.inputs * kernel * kernel);
    const std::vector<float> biases = read(layer.biases, layer.outputs);
    Map out = empty(layer.outputs, (in.height - kernel) / layer.stride + 1,
                    (in.width - kernel) / layer.stride + 1);
    const auto cells = static_cast<std::size_t>(out.height * out.width);
    std::vector<double> sums(cells);
    const float* weight = weights.data();
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
        std::ranges::fill(sums, biases[static_cast<std::size_t>(o)]);
        for (std::int64_t i = 0; i < layer.inputs; ++i) {
            for (std::int64_t k = 0; k < kernel * kernel; ++k) {
                const double factor = *weight++;
                for (std::int64_t y = 0; y < out.height; ++y) {
                    const float* from =
                        &in.values[at(in, i, y * layer.stride + k / kernel, k % kernel)];
                    double* to = &sums[static_cast<std::size_t>(y * out.width)];
                    for (std::int64_t x = 0; x < out.width; ++x)
                        to[x] += factor * static_cast<double>(from[x * layer.stride]);
                }
            }
        }
        std::ranges::transform(sums, &out.values[static_cast<std::size_t>(o) * cells],
                               [](double sum) { return static_cast<float>(sum); });
    }
    return out;
}

std::map<int, Map> Network::run(const Map& picture) {
    std::map<int, Map> outputs;
    const Map* last = &picture;
    auto layer = weightsOf(size_).begin();
    int number = 0;
    for (const Kind kind : layersOf(size_)) {
        Map out;
        switch (kind) {
            case kNormalise:
                out = normalised(*last);
                break;
            case kWeights:
                if (layer->layer != number) throw std::runtime_error("The tables do not agree.");
                out = convolution(*layer++, *last);
                break;
            case kThreshold:
                out = thresholded(*last);
                break;
            case kPool2:
                out = pooled(*last, 2);
                break;
            case kPool3:
                out = pooled(*last, 3);
                break;
            case kPad:
                out = padded(*last);
                break;
        }
        last = &(outputs[number++] = std::move(out));
    }
    return outputs;
}

Map Network::runFine(const std::map<int, Map>& outputs) {
    const bool small = size_ == Size::kSmall;
    const std::int64_t side = small ? 2 : 3;
    const Map& unpooled = outputs.at((small ? kSmallLastPool : kLargeLastPool) - 1);
    const auto classifier = weightsOf(size_).last(3);
    const std::int64_t extent = classifier.front().kernel;
    Map fine;
    for (std::int64_t dy = 0; dy < side; ++dy) {
        for (std::int64_t dx = 0; dx < side; ++dx) {
            const bool fits =
                (unpooled.height - dy) / side >= extent && (unpooled.width - dx) / side >= extent;
            if (!fits) continue;  // no window begins there
            Map map = pooled(unpooled, side, dy, dx);
            for (const Weights& layer : classifier) {
                map = convolution(layer, map);
                if (&layer != &classifier.back()) map = thresholded(map);
            }
            if (fine.values.empty()) {
                // Window (0, 0) of each offset is there, so rows and columns have no gaps.
                const auto count = [&](std::int64_t cells) { return cells - side * extent + 1; };
                fine = empty(map.channels, count(unpooled.height), count(unpooled.width));
            }
            for (std::int64_t c = 0; c < map.channels; ++c) {
                for (std::int64_t y = 0; y < map.height; ++y) {
                    for (std::int64_t x = 0; x < map.width; ++x) {
                        fine.values[at(fine, c, y * side + dy, x * side + dx)] =
                            map.values[at(map, c, y, x)];
                    }
                }
            }
        }
    }
    return fine;
}

}  // namespace overfeat::released
