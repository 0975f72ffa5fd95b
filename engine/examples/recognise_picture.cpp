// SPDX-License-Identifier: Apache-2.0
//
// What is in a picture, in ten lines: recognise_picture MODEL.onnx PICTURE.ppm
#include <overfeat/detect/recogniser.h>
#include <exception>
#include <iostream>

#include "read_ppm.h"

int main(int argc, char** argv) try {
    if (argc != 3) {
        std::cerr << "usage: recognise_picture MODEL.onnx PICTURE.ppm\n";
        return 2;
    }
    const auto model = overfeat::net::loadModel(argv[1]);
    overfeat::detect::Recogniser recogniser({model}, {});
    const overfeat::Recognition seen = recogniser.recognise(overfeat::examples::readPpm(argv[2]));

    for (const auto& [index, score] : overfeat::topClasses(seen.scores, *seen.labels, 5))
        std::cout << score << '\t' << (*seen.labels)[index].label << '\n';
    std::cout << seen.scales.size() << " scales in " << seen.timings.total_ms() << " ms on "
              << seen.device << '\n';
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
