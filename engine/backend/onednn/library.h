// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/backend/onednn/layout.h"
#include "engine/core/shape.h"
#include "engine/net/graph.h"

namespace overfeat::backend::onednn {

// Everything the project asks of oneDNN, so that its types and the differences between its versions
// stay in library.cpp. Written for 2.6 and 3.x; tested with those
// of Debian 12 and 13.

struct LibraryInfo {
    std::string version;  // "2.6.3"
    std::string isa;      // "AVX2": the instructions it generates code for
    bool avx512 = false;
};
// Throws Error(kRuntime) if the library finds no processor it can work on.
LibraryInfo libraryInfo();

// One convolution. Order of work: convolution, bias, addition to what the destination holds,
// activation.
struct ConvolutionSpec {
    Shape source;       // NCHW
    Shape weight;       // [out][in / groups][kH][kW]
    Shape destination;  // NCHW
    net::SlidingWindow window;
    std::int64_t groups = 1;
    bool has_bias = false;
    bool adds_to_destination = false;
    net::Activation activation;
};

// What runs a convolution, worst first: the library's plain loops, its matrix products over a
// copied image, or code generated for the shape.
enum class Code { kLoops, kMatrixProduct, kGenerated };

// Weights in the order one kind of convolution reads them.
class PackedWeights;
std::int64_t byteCount(const PackedWeights& weights) noexcept;

// One compiled convolution.
// Threads: compile, bind and execute with the same OpenMP thread count.
class Convolution {
public:
    // `source` and `destination` fix the layouts to read and to write, nothing lets the library
    // choose. Returns nothing if the library cannot do that.
    static std::unique_ptr<Convolution> create(const ConvolutionSpec& spec,
                                               std::optional<Layout> source,
                                               std::optional<Layout> destination);
    ~Convolution();
    Convolution(const Convolution&) = delete;
    Convolution& operator=(const Convolution&) = delete;

    Layout sourceLayout() const noexcept;
    Layout destinationLayout() const noexcept;
    // The library's name for the code it uses, such as "jit:avx2".
    const std::string& implementation() const noexcept;
    Code code() const noexcept;
    std::int64_t scratchBytes() const;  // oneDNN's answer takes memory, of which there may be none

    // `weights` is [out][in / groups][kH][kW].
    std::shared_ptr<const PackedWeights> pack(const float* weights) const;
    bool accepts(const PackedWeights& weights) const;

    struct Operands {
        float* source = nullptr;
        std::shared_ptr<const PackedWeights> weights;
        const float* bias = nullptr;
        float* destination = nullptr;
        float* scratch = nullptr;
    };
    // Generates the code and gives it its memory.
    void bind(Operands operands);
    // Throws Error(kRuntime) if the library fails. Allocates nothing itself.
    void execute();

private:
    struct Impl;
    explicit Convolution(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace overfeat::backend::onednn
