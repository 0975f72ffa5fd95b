// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

// Of what is read of files and servers that nobody vouches for these kinds (packaging/README.md
// says which others there are): a function for each takes any bytes and throws if a promise is
// broken (promises.h); the sanitizers see what else is wrong. libFuzzer calls one of them with what
// it makes up (libfuzzer.cpp, packaging/fuzz), and the test fuzz/corpus all of them with what lies
// in corpus/NAME, wherever tests are built.
namespace overfeat::fuzz {

using Input = std::span<const std::byte>;

void annotations(Input input);
void grpc(Input input);
void kserve(Input input);
void labels(Input input);
void library(Input input);
void onnxBytes(Input input);
void onnxModel(Input input);
void sidecar(Input input);
void wheel(Input input);

}  // namespace overfeat::fuzz
