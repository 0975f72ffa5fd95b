// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

// The one way from plans to a card: a table of plain functions over plain types, so that nothing
// but this header has to agree between the program and the module beside it, no exception and no
// type of the standard library crosses, and a simulated device can stand in for a card.
namespace overfeat::backend::cuda {

// Changes with every change of this header or of kernels.h. The module shows its own in the symbol
// `overfeat_cuda_abi`, which is compared before anything of it is called.
inline constexpr std::uint32_t kModuleAbi = 2;

enum class Status : std::int32_t {
    kOk,
    kNoDriver,
    kDriverTooOld,
    kNoCard,
    kOutOfMemory,
    kUnsupported,  // the library has no code for this convolution; nothing is broken
    kFailed,       // anything else; the device cannot be relied on any more
};

struct Card {
    char name[128];
    std::int32_t capability_major;
    std::int32_t capability_minor;
    std::int32_t driver;         // the newest runtime it serves, 13000 = 13.0; 0 = no driver
    std::int32_t needed_driver;  // the runtime that the module was built with
    std::int32_t cudnn;          // 91900 = 9.19.0
    std::int64_t memory_bytes;
    // Multiply-adds, or numbers looked at, that take about a millisecond: what may be queued
    // between two looks for a stop request.
    std::int64_t work_per_look;
};

// Pictures are NHWC, weights [out][height][width][in / groups], floats.
struct ConvolutionShape {
    std::int32_t batch;
    std::int32_t in_channels;
    std::int32_t in_height;
    std::int32_t in_width;
    std::int32_t out_channels;
    std::int32_t out_height;
    std::int32_t out_width;
    std::int32_t kernel_height;
    std::int32_t kernel_width;
    std::int32_t stride_height;
    std::int32_t stride_width;
    std::int32_t dilation_height;
    std::int32_t dilation_width;
    std::int32_t padding_height;  // on either side
    std::int32_t padding_width;
    std::int32_t groups;
    std::int32_t may_round_factors;  // to the 10 bits of TF32; sums stay float
    // y = relu(convolution + bias + residual), whichever of these are asked for.
    std::int32_t with_bias;
    std::int32_t with_residual;
    std::int32_t with_relu;
};

struct StreamTag;
struct EventTag;
struct GraphTag;
struct ConvolutionTag;
using StreamHandle = StreamTag*;
using EventHandle = EventTag*;
using GraphHandle = GraphTag*;
using ConvolutionHandle = ConvolutionTag*;

struct ConvolutionBuffers {
    const float* source;
    const float* weights;
    const float* bias;      // null without
    const float* residual;  // null without
    float* destination;
    void* scratch;
};

// `self` goes first into every function. What makes something hands it out only with kOk; what
// releases something is never refused and takes null. Threads: any; a stream, and what was made for
// it, belongs to one thread at a time.
struct DeviceApi {
    void* self;

    // Whether there is a card that can be used, and which; makes no context.
    Status (*describe)(void* self, Card* card);
    // What went wrong in this thread's last call that was not kOk.
    const char* (*explain)(void* self);

    Status (*allocate)(void* self, std::size_t bytes, void** memory);
    void (*release)(void* self, void* memory);
    Status (*allocatePinned)(void* self, std::size_t bytes, void** memory);
    void (*releasePinned)(void* self, void* memory);

    Status (*createStream)(void* self, StreamHandle* stream);
    void (*destroyStream)(void* self, StreamHandle stream);
    Status (*synchronize)(void* self, StreamHandle stream);

    Status (*createEvent)(void* self, EventHandle* event);
    void (*destroyEvent)(void* self, EventHandle event);
    Status (*recordEvent)(void* self, StreamHandle stream, EventHandle event);
    // What is queued after this waits for the event as it was recorded last.
    Status (*waitForEvent)(void* self, StreamHandle stream, EventHandle event);
    // Of events that have happened.
    Status (*elapsed)(void* self, EventHandle from, EventHandle to, float* milliseconds);

    // What is queued between these two does not run, but becomes a graph.
    Status (*beginCapture)(void* self, StreamHandle stream);
    Status (*endCapture)(void* self, StreamHandle stream, GraphHandle* graph);
    Status (*launchGraph)(void* self, StreamHandle stream, GraphHandle graph);
    void (*destroyGraph)(void* self, GraphHandle graph);

    // Queued: `pinned` is of allocatePinned and may not be touched until the stream has got there.
    Status (*copyToDevice)(void* self, StreamHandle stream, void* memory, const void* pinned,
                           std::size_t bytes);
    Status (*copyToPinned)(void* self, StreamHandle stream, void* pinned, const void* memory,
                           std::size_t bytes);

    // Chooses an algorithm once. `scratch_bytes` come in as the most it may need and go out as what
    // it needs.
    Status (*createConvolution)(void* self, StreamHandle stream, const ConvolutionShape* shape,
                                std::size_t* scratch_bytes, ConvolutionHandle* convolution);
    void (*destroyConvolution)(void* self, ConvolutionHandle convolution);
    Status (*convolve)(void* self, StreamHandle stream, ConvolutionHandle convolution,
                       const ConvolutionBuffers* buffers);

    // Runs body(first) ... body(first + count - 1) of one of the bodies of kernels.h, in any order.
    Status (*launch)(void* self, StreamHandle stream, std::int32_t kernel, const void* body,
                     std::size_t body_bytes, std::int64_t first, std::int64_t count);
};

}  // namespace overfeat::backend::cuda

// What the module shows.
extern "C" {
using OverfeatCudaDevice = const overfeat::backend::cuda::DeviceApi*();
// extern const std::uint32_t overfeat_cuda_abi;
// const DeviceApi* overfeat_cuda_device();
}
