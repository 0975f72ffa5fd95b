// SPDX-License-Identifier: Apache-2.0
//
// Files of weights of the right size for whoever has none of the release's:
//
//     overfeat-released make small|large FILE [SEED]       random weights
//     overfeat-released print small|large FILE LAYER       what the release's program prints of a
//     layer
//                                                          for the PPM picture on standard input
//
// The latter is the second implementation that the tests compare with (released.h).
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/networks/released.h"

namespace overfeat::released {
namespace {

// A binary PPM of one byte for each colour, without comments.
Map readPpm(std::istream& in) {
    std::string kind;
    std::int64_t width = 0;
    std::int64_t height = 0;
    int most = 0;
    in >> kind >> width >> height >> most;
    in.get();
    if (!in || kind != "P6" || most != 255) throw std::runtime_error("That is no PPM picture.");
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const auto pixels = static_cast<std::size_t>(width * height);
    if (bytes.size() < 3 * pixels) throw std::runtime_error("The picture is cut short.");
    Map picture{3, height, width, {}};
    for (std::size_t c = 0; c < 3; ++c) {
        for (std::size_t i = 0; i < pixels; ++i)
            picture.values.push_back(static_cast<unsigned char>(bytes[3 * i + c]));
    }
    return picture;
}

void print(const Map& map) {
    std::cout << map.channels << " " << map.height << " " << map.width << "\n";
    for (const float value : map.values)
        std::cout << value << " ";
    std::cout << "\n";
}

int run(const std::vector<std::string>& arguments) {
    const std::string& task = arguments.at(0);
    const Size size = arguments.at(1) == "large" ? Size::kLarge : Size::kSmall;
    const std::string& file = arguments.at(2);
    if (task == "make") {
        makeWeights(size, file, {.seed = arguments.size() > 3 ? std::stoull(arguments[3]) : 1});
    } else if (task == "print") {
        print(Network(size, file).run(readPpm(std::cin)).at(std::stoi(arguments.at(3))));
    } else {
        throw std::out_of_range("task");
    }
    return 0;
}

}  // namespace
}  // namespace overfeat::released

int main(int argc, char** argv) {
    try {
        return overfeat::released::run({argv + 1, argv + argc});
    } catch (const std::out_of_range&) {
        std::cerr << "usage: overfeat-released make small|large FILE [SEED]\n"
                     "       overfeat-released print small|large FILE LAYER <PICTURE.ppm\n";
        return 2;
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
