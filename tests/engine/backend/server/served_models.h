// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/core/shape.h"
#include "engine/net/graph.h"

namespace overfeat::test {

// What servers for tests compute with: networks from ONNX files, by the plain loops.
class ServedModels {
public:
    struct Output {
        Shape shape;
        std::vector<float> values;
    };
    // Throws what reading and running a network throws.
    std::vector<Output> run(const std::string& path, const Shape& shape,
                            const std::vector<float>& input,
                            const std::vector<std::string>& outputs);

private:
    const net::Graph& at(const std::string& path);

    std::map<std::string, net::Graph> known_;
};

}  // namespace overfeat::test
