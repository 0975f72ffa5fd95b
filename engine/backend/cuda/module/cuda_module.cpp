// SPDX-License-Identifier: Apache-2.0
//
// The table of device_api.h on a card: CUDA's runtime, cuDNN, and kernels of our own.
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string_view>

#include "engine/backend/cuda/device_api.h"
#include "engine/backend/cuda/module/convolution.h"
#include "engine/backend/cuda/module/failures.h"
#include "engine/backend/cuda/module/launch.h"

namespace overfeat::backend::cuda {

struct StreamTag {
    cudaStream_t stream = nullptr;
    cudnnHandle_t library = nullptr;

    ~StreamTag() {
        if (stream != nullptr) cudaStreamSynchronize(stream);
        if (library != nullptr) cudnnDestroy(library);
        if (stream != nullptr) cudaStreamDestroy(stream);
    }
};
struct GraphTag {
    cudaGraphExec_t graph = nullptr;
};
struct ConvolutionTag {
    std::unique_ptr<Convolution> convolution;
};

namespace {

// The first card.
constexpr int kCard = 0;

cudaEvent_t asEvent(EventHandle event) {
    return reinterpret_cast<cudaEvent_t>(event);
}

// Multiply-adds in a millisecond, roughly: two per lane and clock, half of which come to pass.
std::int64_t workPerMillisecond(const cudaDeviceProp& properties) {
    return std::int64_t{properties.multiProcessorCount} * 128 * 500'000;
}

Status describeCard(void* /*self*/, Card* card) {
    *card = {};
    card->needed_driver = CUDART_VERSION;
    card->cudnn = static_cast<std::int32_t>(cudnnGetVersion());
    if (const cudaError_t error = cudaDriverGetVersion(&card->driver); error != cudaSuccess)
        return statusOf(error);
    if (card->driver == 0) return Status::kNoDriver;
    int count = 0;
    if (const cudaError_t error = cudaGetDeviceCount(&count); error != cudaSuccess)
        return statusOf(error);
    if (count == 0) return Status::kNoCard;
    cudaDeviceProp properties{};
    if (const cudaError_t error = cudaGetDeviceProperties(&properties, kCard); error != cudaSuccess)
        return statusOf(error);
    const std::string_view name(properties.name);
    std::copy_n(name.data(), std::min(name.size(), sizeof(card->name) - 1), card->name);
    card->capability_major = properties.major;
    card->capability_minor = properties.minor;
    card->memory_bytes = static_cast<std::int64_t>(properties.totalGlobalMem);
    card->work_per_look = workPerMillisecond(properties);
    return Status::kOk;
}

Status createStream(void* /*self*/, StreamHandle* stream) {
    std::unique_ptr<StreamTag> made(new (std::nothrow) StreamTag);
    if (!made) return Status::kOutOfMemory;
    if (const cudaError_t error = cudaSetDevice(kCard); error != cudaSuccess)
        return statusOf(error);
    // Independent of the default stream, which other libraries of the process may use.
    const cudaError_t error = cudaStreamCreateWithFlags(&made->stream, cudaStreamNonBlocking);
    if (error != cudaSuccess) return statusOf(error);
    if (const cudnnStatus_t failed = cudnnCreate(&made->library); failed != CUDNN_STATUS_SUCCESS) {
        const Status status = statusOf(failed);
        return status == Status::kUnsupported ? Status::kFailed : status;
    }
    const cudnnStatus_t failed = cudnnSetStream(made->library, made->stream);
    if (failed != CUDNN_STATUS_SUCCESS) return statusOf(failed);
    *stream = made.release();
    return Status::kOk;
}

Status endCapture(void* /*self*/, StreamHandle stream, GraphHandle* graph) {
    cudaGraph_t recorded = nullptr;
    if (const cudaError_t error = cudaStreamEndCapture(stream->stream, &recorded);
        error != cudaSuccess)
        return statusOf(error);
    std::unique_ptr<GraphTag> made(new (std::nothrow) GraphTag);
    const cudaError_t error =
        made ? cudaGraphInstantiate(&made->graph, recorded, 0) : cudaErrorMemoryAllocation;
    cudaGraphDestroy(recorded);
    if (error != cudaSuccess) return statusOf(error);
    *graph = made.release();
    return Status::kOk;
}

Status createConvolution(void* /*self*/, StreamHandle stream, const ConvolutionShape* shape,
                         std::size_t* scratch_bytes, ConvolutionHandle* convolution) {
    Status status = Status::kOutOfMemory;
    std::unique_ptr<ConvolutionTag> made(new (std::nothrow) ConvolutionTag);
    if (!made) return status;
    made->convolution = Convolution::create(stream->library, *shape, *scratch_bytes, status);
    if (made->convolution) *convolution = made.release();
    return status;
}

Status convolve(void* /*self*/, StreamHandle stream, ConvolutionHandle convolution,
                const ConvolutionBuffers* buffers) {
    const Status status = convolution->convolution->run(stream->library, *buffers);
    // What was chosen has to run.
    return status == Status::kUnsupported ? Status::kFailed : status;
}

void fillMemory(DeviceApi& api) {
    api.describe = describeCard;
    api.explain = [](void*) { return lastFailure(); };
    api.allocate = [](void*, std::size_t bytes, void** memory) {
        return statusOf(cudaMalloc(memory, bytes));
    };
    api.release = [](void*, void* memory) { cudaFree(memory); };
    api.allocatePinned = [](void*, std::size_t bytes, void** memory) {
        return statusOf(cudaMallocHost(memory, bytes));
    };
    api.releasePinned = [](void*, void* memory) { cudaFreeHost(memory); };
}

void fillStreams(DeviceApi& api) {
    api.createStream = createStream;
    api.destroyStream = [](void*, StreamHandle stream) { delete stream; };
    api.synchronize = [](void*, StreamHandle stream) {
        return statusOf(cudaStreamSynchronize(stream->stream));
    };
    api.createEvent = [](void*, EventHandle* event) {
        cudaEvent_t made = nullptr;
        const Status status = statusOf(cudaEventCreate(&made));
        if (status == Status::kOk) *event = reinterpret_cast<EventHandle>(made);
        return status;
    };
    api.destroyEvent = [](void*, EventHandle event) {
        if (event != nullptr) cudaEventDestroy(asEvent(event));
    };
    api.recordEvent = [](void*, StreamHandle stream, EventHandle event) {
        return statusOf(cudaEventRecord(asEvent(event), stream->stream));
    };
    api.waitForEvent = [](void*, StreamHandle stream, EventHandle event) {
        return statusOf(cudaStreamWaitEvent(stream->stream, asEvent(event), 0));
    };
    api.elapsed = [](void*, EventHandle from, EventHandle to, float* milliseconds) {
        return statusOf(cudaEventElapsedTime(milliseconds, asEvent(from), asEvent(to)));
    };
}

void fillWork(DeviceApi& api) {
    api.beginCapture = [](void*, StreamHandle stream) {
        // Other threads may set their own plans up meanwhile.
        return statusOf(cudaStreamBeginCapture(stream->stream, cudaStreamCaptureModeThreadLocal));
    };
    api.endCapture = endCapture;
    api.launchGraph = [](void*, StreamHandle stream, GraphHandle graph) {
        return statusOf(cudaGraphLaunch(graph->graph, stream->stream));
    };
    api.destroyGraph = [](void*, GraphHandle graph) {
        if (graph == nullptr) return;
        cudaGraphExecDestroy(graph->graph);
        delete graph;
    };
    api.copyToDevice = [](void*, StreamHandle stream, void* memory, const void* pinned,
                          std::size_t bytes) {
        return statusOf(
            cudaMemcpyAsync(memory, pinned, bytes, cudaMemcpyHostToDevice, stream->stream));
    };
    api.copyToPinned = [](void*, StreamHandle stream, void* pinned, const void* memory,
                          std::size_t bytes) {
        return statusOf(
            cudaMemcpyAsync(pinned, memory, bytes, cudaMemcpyDeviceToHost, stream->stream));
    };
    api.createConvolution = createConvolution;
    api.destroyConvolution = [](void*, ConvolutionHandle convolution) { delete convolution; };
    api.convolve = convolve;
    api.launch = [](void*, StreamHandle stream, std::int32_t kernel, const void* body,
                    std::size_t body_bytes, std::int64_t first, std::int64_t count) {
        return statusOf(launchBody(stream->stream, kernel, body, body_bytes, first, count));
    };
}

}  // namespace
}  // namespace overfeat::backend::cuda

extern "C" {

[[gnu::visibility("default")]] extern const std::uint32_t overfeat_cuda_abi;
const std::uint32_t overfeat_cuda_abi = overfeat::backend::cuda::kModuleAbi;

[[gnu::visibility("default")]] const overfeat::backend::cuda::DeviceApi* overfeat_cuda_device();
const overfeat::backend::cuda::DeviceApi* overfeat_cuda_device() {
    using namespace overfeat::backend::cuda;
    static const DeviceApi kApi = [] {
        DeviceApi api{};
        fillMemory(api);
        fillStreams(api);
        fillWork(api);
        return api;
    }();
    return &kApi;
}
}
