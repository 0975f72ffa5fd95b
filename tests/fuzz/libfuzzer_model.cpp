// SPDX-License-Identifier: Apache-2.0
//
// How libFuzzer changes models, in the place of its own ways.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/model_mutator.h"

extern "C" {

std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                    unsigned int seed) {
    onnx::ModelProto model;
    // A few files that are none are wanted, too.
    if (seed % 64 == 0 || !model.ParseFromArray(data, static_cast<int>(size)))
        return LLVMFuzzerMutate(data, size, max_size);
    overfeat::fuzz::ModelMutator(model, seed).mutate();
    const std::size_t bytes = model.ByteSizeLong();
    if (bytes == 0 || bytes > max_size) return size;
    model.SerializeToArray(data, static_cast<int>(max_size));
    return bytes;
}

}  // extern "C"
