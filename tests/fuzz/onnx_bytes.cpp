// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as an ONNX model, within a small budget for memory (packaging/fuzz gives libFuzzer the
// one for single pieces).
#include <cstdint>
#include <memory>

#include "engine/net/model.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/targets.h"

namespace overfeat::fuzz {

void onnxBytes(Input input) {
    const net::ReadBudget budget{.max_file_bytes = std::int64_t{1} << 16,
                                 .max_weight_elements = std::int64_t{1} << 16,
                                 .max_nodes = 100,
                                 .max_messages = 10'000};
    std::shared_ptr<const net::Model> model;
    if (!taken(ErrorCode::kModel, [&] { model = net::parseModel(input, "fuzzed", budget); }))
        return;
    promise(model->labels != nullptr && model->labels->size() > 0, "a model has classes");
    promise(!model->graph.outputs.empty(), "a model has scores");
    net::validate(model->graph);
}

}  // namespace overfeat::fuzz
