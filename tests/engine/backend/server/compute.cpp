// SPDX-License-Identifier: Apache-2.0
//
// What inference_server.py computes with: networks from ONNX files, by the plain loops. Of each
// question one line comes in, PATH RANK EXTENT... OUTPUT... between tabs, and the input's numbers;
// out goes for each output a line "shape EXTENT...", and its numbers.
#include <cstdint>
#include <exception>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tests/engine/backend/server/served_models.h"

namespace {

using namespace overfeat;

void answer(const std::string& question, test::ServedModels& models) {
    std::istringstream words(question);
    std::string path;
    std::getline(words, path, '\t');
    int rank = 0;
    words >> rank;
    Shape shape;
    for (int axis = 0; axis < rank; ++axis) {
        std::int64_t extent = 0;
        words >> extent;
        shape.append(extent);
    }
    const std::vector<std::string> outputs{std::istream_iterator<std::string>(words), {}};
    std::vector<float> input(static_cast<std::size_t>(shape.elementCount()));
    std::cin.read(reinterpret_cast<char*>(input.data()),
                  static_cast<std::streamsize>(input.size() * sizeof(float)));
    for (const test::ServedModels::Output& output : models.run(path, shape, input, outputs)) {
        std::cout << "shape";
        for (const std::int64_t extent : output.shape.dims())
            std::cout << ' ' << extent;
        std::cout << '\n';
        std::cout.write(reinterpret_cast<const char*>(output.values.data()),
                        static_cast<std::streamsize>(output.values.size() * sizeof(float)));
    }
}

}  // namespace

int main() {
    test::ServedModels models;
    for (std::string question; std::getline(std::cin, question);) {
        try {
            answer(question, models);
        } catch (const std::exception& error) {
            std::cout << "error " << error.what() << '\n';
        }
        std::cout.flush();
    }
    return 0;
}
