// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/library.h"

#include <dnnl.hpp>

#include <array>
#include <cstdlib>
#include <limits>
#include <new>
#include <utility>
#include <vector>

#include "engine/core/error.h"

namespace overfeat::backend::onednn {
namespace {

using dnnl::memory;
using Dims = memory::dims;
using Tag = memory::format_tag;

// Creating the engine is cheap, and the library may be used from several threads with one.
const dnnl::engine& engine() {
    static const dnnl::engine kEngine(dnnl::engine::kind::cpu, 0);
    return kEngine;
}

Dims dimsOf(const Shape& shape) {
    return {shape.dims().begin(), shape.dims().end()};
}

memory::desc anyDesc(const Dims& dims) {
    return {dims, memory::data_type::f32, Tag::any};
}

memory::desc describe(const Shape& shape, Tag tag) {
    return {dimsOf(shape), memory::data_type::f32, tag};
}

constexpr std::array<std::pair<std::int64_t, Tag>, 4> kBlockedTags{{
    {1, Tag::nchw},
    {4, Tag::nChw4c},
    {8, Tag::nChw8c},
    {16, Tag::nChw16c},
}};

// The library's names for a layout. With 16 channels, blocks of 16 are also NHWC: the same bytes,
// but the library has code for the one or the other. Without a layout it chooses, and if it chooses
// one that is none of ours, it has to make do with NCHW.
std::vector<memory::desc> descriptions(const Shape& shape, std::optional<Layout> layout) {
    if (!layout) return {anyDesc(dimsOf(shape)), describe(shape, Tag::nchw)};
    std::vector<memory::desc> names;
    for (const auto& [block, tag] : kBlockedTags)
        if (block == layout->block) names.push_back(describe(shape, tag));
    if (layout->block == shape[1]) names.push_back(describe(shape, Tag::nhwc));
    return names;
}

// The layout of a descriptor the library chose; nothing if it is none of ours.
std::optional<Layout> layoutOf(const memory::desc& desc, const Shape& shape) {
    for (const auto& [block, tag] : kBlockedTags)
        if (desc == describe(shape, tag)) return Layout{block};
    if (desc == describe(shape, Tag::nhwc)) return Layout{shape[1]};
    return std::nullopt;
}

void appendCurve(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha, float beta) {
#if DNNL_VERSION_MAJOR >= 3
    ops.append_eltwise(algorithm, alpha, beta);
#else
    ops.append_eltwise(1.0F, algorithm, alpha, beta);
#endif
}

void appendActivation(dnnl::post_ops& ops, const net::Activation& activation) {
    using dnnl::algorithm;
    switch (activation.curve) {
        case net::Curve::kClip:
            if (activation == net::Activation::relu()) {
                return appendCurve(ops, algorithm::eltwise_relu, 0, 0);
            }
            return appendCurve(ops, algorithm::eltwise_clip, activation.low, activation.high);
        case net::Curve::kSigmoid:
            return appendCurve(ops, algorithm::eltwise_logistic, 0, 0);
        case net::Curve::kHardSigmoid:
            appendCurve(ops, algorithm::eltwise_linear, activation.slope, activation.offset);
            return appendCurve(ops, algorithm::eltwise_clip, 0, 1);
        case net::Curve::kLeakyRelu:
            return appendCurve(ops, algorithm::eltwise_relu, activation.slope, 0);
        case net::Curve::kSwish:
            return appendCurve(ops, algorithm::eltwise_swish, 1, 0);
        case net::Curve::kHardSwish:
            // Version 2 knows no other slope and offset.
            return appendCurve(ops, algorithm::eltwise_hardswish, 1.0F / 6, 0.5F);
        case net::Curve::kGelu:
            return appendCurve(ops, algorithm::eltwise_gelu_erf, 0, 0);
        case net::Curve::kTanh:
            return appendCurve(ops, algorithm::eltwise_tanh, 0, 0);
        case net::Curve::kSqrt:
        case net::Curve::kErf:
        case net::Curve::kFloor:
        case net::Curve::kCeil:
            break;  // `fuse` leaves these to loops of their own
    }
    throw Error(ErrorCode::kModel,
                "A convolution ends with an activation that only a layer of its own computes.");
}

dnnl::primitive_attr attributes(const ConvolutionSpec& spec) {
    dnnl::post_ops ops;
    // The optimised code adds to the destination only as the first step after the bias.
    if (spec.adds_to_destination) ops.append_sum(1.0F);
    if (!spec.activation.isNone()) appendActivation(ops, spec.activation);
    dnnl::primitive_attr attr;
    attr.set_post_ops(ops);
    // With memory of its own the library ties a primitive to the thread that created it.
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attr;
}

struct ConvolutionDescs {
    memory::desc source;
    memory::desc weight;
    memory::desc bias;
    memory::desc destination;
};

dnnl::convolution_forward::primitive_desc compile(const ConvolutionSpec& spec,
                                                  const ConvolutionDescs& descs) {
    const net::SlidingWindow& window = spec.window;
    const Dims strides{window.stride.height, window.stride.width};
    // The library counts the gaps between taps, ONNX the distance.
    const Dims dilations{window.dilation.height - 1, window.dilation.width - 1};
    const Dims before{window.padding.top, window.padding.left};
    const Dims after{window.padding.bottom, window.padding.right};
    constexpr auto kKind = dnnl::prop_kind::forward_inference;
    constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;
    using Forward = dnnl::convolution_forward;
#if DNNL_VERSION_MAJOR >= 3
    return Forward::primitive_desc(engine(), kKind, kAlgorithm, descs.source, descs.weight,
                                   descs.bias, descs.destination, strides, dilations, before, after,
                                   attributes(spec));
#else
    const Forward::desc desc =
        spec.has_bias ? Forward::desc(kKind, kAlgorithm, descs.source, descs.weight, descs.bias,
                                      descs.destination, strides, dilations, before, after)
                      : Forward::desc(kKind, kAlgorithm, descs.source, descs.weight,
                                      descs.destination, strides, dilations, before, after);
    return Forward::primitive_desc(desc, attributes(spec), engine());
#endif
}

// With groups the library wants them as an axis of their own.
Dims weightDims(const ConvolutionSpec& spec) {
    Dims dims = dimsOf(spec.weight);
    if (spec.groups == 1) return dims;
    dims[0] /= spec.groups;
    dims.insert(dims.begin(), spec.groups);
    return dims;
}

bool hasAvx512(dnnl::cpu_isa isa) {
    constexpr auto kAvx512 = static_cast<unsigned>(dnnl::cpu_isa::avx512_core);
    return (static_cast<unsigned>(isa) & kAvx512) == kAvx512;
}

std::string isaName(dnnl::cpu_isa isa) {
    switch (isa) {
        case dnnl::cpu_isa::sse41:
            return "SSE4.1";
        case dnnl::cpu_isa::avx:
            return "AVX";
        case dnnl::cpu_isa::avx2:
            return "AVX2";
        case dnnl::cpu_isa::avx2_vnni:
            return "AVX2 VNNI";
        default:
            return hasAvx512(isa) ? "AVX-512" : "generic";
    }
}

[[noreturn]] void refuse(const dnnl::error& error, const std::string& what) {
    throw Error(ErrorCode::kRuntime, "The library oneDNN " + what + " (" + error.what() +
                                         "); try the device 'reference'.");
}

struct FreeAligned {
    void operator()(float* p) const noexcept { std::free(p); }
};

}  // namespace

class PackedWeights {
public:
    explicit PackedWeights(memory::desc desc)
        : desc_(desc), bytes_((desc_.get_size() + 63) / 64 * 64) {
        data_.reset(static_cast<float*>(std::aligned_alloc(64, bytes_)));
        if (!data_) throw std::bad_alloc();
    }
    const memory::desc& desc() const noexcept { return desc_; }
    float* data() const noexcept { return data_.get(); }
    std::size_t bytes() const noexcept { return bytes_; }

private:
    memory::desc desc_;
    std::size_t bytes_;
    std::unique_ptr<float, FreeAligned> data_;
};

std::int64_t byteCount(const PackedWeights& weights) noexcept {
    return static_cast<std::int64_t>(weights.bytes());
}

LibraryInfo libraryInfo() {
    try {
        engine();
        const dnnl_version_t* version = dnnl_version();
        const dnnl::cpu_isa isa = dnnl::get_effective_cpu_isa();
        return {std::to_string(version->major) + '.' + std::to_string(version->minor) + '.' +
                    std::to_string(version->patch),
                isaName(isa), hasAvx512(isa)};
    } catch (const dnnl::error& error) {
        refuse(error, "cannot work on this processor");
    }
}

struct Convolution::Impl {
    Impl(const ConvolutionSpec& spec_in, dnnl::convolution_forward::primitive_desc pd_in,
         Layout source_in, Layout destination_in)
        : spec(spec_in),
          pd(std::move(pd_in)),
          stream(engine()),
          source(source_in),
          destination(destination_in),
          name(pd.impl_info_str()) {}

    ConvolutionSpec spec;
    dnnl::convolution_forward::primitive_desc pd;
    dnnl::convolution_forward primitive;  // made by bind(): many descriptors are only looked at
    dnnl::stream stream;
    Layout source;
    Layout destination;
    std::string name;
    std::shared_ptr<const PackedWeights> weights;
    std::vector<memory> memories;  // keeps the handles in `arguments` alive
    std::vector<dnnl_exec_arg_t> arguments;
};

Convolution::Convolution(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Convolution::~Convolution() = default;

std::unique_ptr<Convolution> Convolution::create(const ConvolutionSpec& spec,
                                                 std::optional<Layout> source,
                                                 std::optional<Layout> destination) {
    ConvolutionDescs descs{{}, anyDesc(weightDims(spec)), {}, {}};
    if (spec.has_bias) descs.bias = {{spec.weight[0]}, memory::data_type::f32, Tag::x};
    const auto tryDescs = [&]() -> std::unique_ptr<Convolution> {
        try {
            auto pd = compile(spec, descs);
            const auto in = layoutOf(pd.src_desc(), spec.source);
            const auto out = layoutOf(pd.dst_desc(), spec.destination);
            if (!in || !out) return nullptr;
            return std::unique_ptr<Convolution>(
                new Convolution(std::make_unique<Impl>(spec, std::move(pd), *in, *out)));
        } catch (const dnnl::error& error) {
            if (error.status == dnnl_unimplemented || error.status == dnnl_invalid_arguments) {
                return nullptr;
            }
            refuse(error, "could not prepare a convolution");
        }
    };
    std::unique_ptr<Convolution> best;
    for (const memory::desc& in : descriptions(spec.source, source)) {
        for (const memory::desc& out : descriptions(spec.destination, destination)) {
            descs.source = in;
            descs.destination = out;
            auto tried = tryDescs();
            if (tried && (!best || tried->code() > best->code())) best = std::move(tried);
            if (best && best->code() == Code::kGenerated) return best;
        }
    }
    return best;
}

Layout Convolution::sourceLayout() const noexcept {
    return impl_->source;
}
Layout Convolution::destinationLayout() const noexcept {
    return impl_->destination;
}
const std::string& Convolution::implementation() const noexcept {
    return impl_->name;
}
Code Convolution::code() const noexcept {
    // Names look like "jit_dw:avx2", "brgconv:avx2", "x64:gemm:jit", "gemm:ref", "ref:any".
    if (impl_->name.find("gemm") != std::string::npos) return Code::kMatrixProduct;
    return impl_->name.find("ref") != std::string::npos ? Code::kLoops : Code::kGenerated;
}
std::int64_t Convolution::scratchBytes() const {
    return static_cast<std::int64_t>(impl_->pd.scratchpad_desc().get_size());
}

std::shared_ptr<const PackedWeights> Convolution::pack(const float* weights) const {
    try {
        const Dims dims = weightDims(impl_->spec);
        const memory::desc plain(dims, memory::data_type::f32,
                                 dims.size() == 5 ? Tag::goihw : Tag::oihw);
        auto packed = std::make_shared<PackedWeights>(impl_->pd.weights_desc());
        memory from(plain, engine(), const_cast<float*>(weights));  // only read
        memory to(packed->desc(), engine(), packed->data());
        dnnl::stream stream(engine());
        dnnl::reorder(from, to).execute(stream, from, to);
        stream.wait();
        return packed;
    } catch (const dnnl::error& error) {
        refuse(error, "could not rearrange the weights of a convolution");
    }
}

bool Convolution::accepts(const PackedWeights& weights) const {
    return weights.desc() == impl_->pd.weights_desc();
}

void Convolution::bind(Operands operands) {
    Impl& impl = *impl_;
    impl.memories.clear();
    impl.arguments.clear();
    const auto add = [&](int argument, const memory::desc& desc, const float* data) {
        impl.memories.emplace_back(desc, engine(), const_cast<float*>(data));
        impl.arguments.push_back({argument, impl.memories.back().get()});
    };
    try {
        impl.primitive = dnnl::convolution_forward(impl.pd);
        impl.weights = std::move(operands.weights);
        add(DNNL_ARG_SRC, impl.pd.src_desc(), operands.source);
        add(DNNL_ARG_WEIGHTS, impl.pd.weights_desc(), impl.weights->data());
        if (impl.spec.has_bias) add(DNNL_ARG_BIAS, impl.pd.bias_desc(), operands.bias);
        add(DNNL_ARG_DST, impl.pd.dst_desc(), operands.destination);
        if (scratchBytes() > 0)
            add(DNNL_ARG_SCRATCHPAD, impl.pd.scratchpad_desc(), operands.scratch);
    } catch (const dnnl::error& error) {
        refuse(error, "could not use the memory of a convolution");
    }
}

void Convolution::execute() {
    // The C function, because the C++ one collects its arguments anew for every call.
    const dnnl_status_t status =
        dnnl_primitive_execute(impl_->primitive.get(), impl_->stream.get(),
                               static_cast<int>(impl_->arguments.size()), impl_->arguments.data());
    if (status != dnnl_success) {
        const std::string code = "status " + std::to_string(static_cast<int>(status));
        refuse(dnnl::error(status, code.c_str()), "failed to run a convolution");
    }
}

}  // namespace overfeat::backend::onednn
