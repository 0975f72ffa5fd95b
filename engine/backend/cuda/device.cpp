// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/device.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "engine/core/error.h"

namespace overfeat::backend::cuda {

void check(const DeviceApi& api, Status status, const char* doing) {
    if (status == Status::kOk) return;
    const char* reason = api.explain(api.self);
    throw Error(ErrorCode::kDeviceLost,
                status == Status::kOutOfMemory
                    ? std::string("The GPU has not enough free memory for ") + doing +
                          "; close other programs that use it, or use the processor."
                    : std::string("The GPU failed while ") + doing + " (" +
                          (reason != nullptr ? reason : "no reason given") + ").",
                "cuda");
}

DeviceMemory allocate(const DeviceApi& api, std::int64_t bytes) {
    void* memory = nullptr;
    check(api, api.allocate(api.self, static_cast<std::size_t>(bytes), &memory),
          "setting a network up");
    return {api, memory};
}

PinnedMemory allocatePinned(const DeviceApi& api, std::int64_t bytes) {
    void* memory = nullptr;
    check(api, api.allocatePinned(api.self, static_cast<std::size_t>(bytes), &memory),
          "setting a network up");
    return {api, memory};
}

Event createEvent(const DeviceApi& api) {
    EventHandle event = nullptr;
    check(api, api.createEvent(api.self, &event), "making an event");
    return {api, event};
}

double millisecondsBetween(const DeviceApi& api, const Event& from, const Event& to) {
    float ms = 0;
    check(api, api.elapsed(api.self, from.get(), to.get(), &ms), "reading a clock");
    return ms;
}

Stream::Stream(const DeviceApi& api) : api_(&api) {
    StreamHandle stream = nullptr;
    check(api, api.createStream(api.self, &stream), "making a stream");
    stream_ = Handle(api, stream);
}

void Stream::synchronize() {
    check(*api_, api_->synchronize(api_->self, get()), "running a network");
}

void Stream::record(const Event& event) {
    check(*api_, api_->recordEvent(api_->self, get(), event.get()), "recording an event");
}

void Stream::waitFor(const Event& event) {
    check(*api_, api_->waitForEvent(api_->self, get(), event.get()), "waiting for an event");
}

void Stream::copyToDevice(void* memory, const void* pinned, std::int64_t bytes) {
    check(*api_,
          api_->copyToDevice(api_->self, get(), memory, pinned, static_cast<std::size_t>(bytes)),
          "copying to it");
}

void Stream::copyToPinned(void* pinned, const void* memory, std::int64_t bytes) {
    check(*api_,
          api_->copyToPinned(api_->self, get(), pinned, memory, static_cast<std::size_t>(bytes)),
          "copying from it");
}

void Stream::beginCapture() {
    check(*api_, api_->beginCapture(api_->self, get()), "beginning a graph");
}

Graph Stream::endCapture() {
    GraphHandle graph = nullptr;
    check(*api_, api_->endCapture(api_->self, get(), &graph), "making a graph");
    return {*api_, graph};
}

void Stream::launch(const Graph& graph) {
    check(*api_, api_->launchGraph(api_->self, get(), graph.get()), "starting a network");
}

void Stream::convolve(const ConvolutionOwner& convolution, const ConvolutionBuffers& buffers) {
    check(*api_, api_->convolve(api_->self, get(), convolution.get(), &buffers),
          "starting a convolution");
}

ConvolutionOwner Stream::createConvolution(const ConvolutionShape& shape,
                                           std::size_t& scratch_bytes) {
    ConvolutionHandle convolution = nullptr;
    const Status status =
        api_->createConvolution(api_->self, get(), &shape, &scratch_bytes, &convolution);
    if (status == Status::kUnsupported) return {};
    check(*api_, status, "choosing a convolution");
    return {*api_, convolution};
}

DeviceMemory Stream::upload(std::span<const std::byte> bytes) {
    const auto size = std::max<std::int64_t>(static_cast<std::int64_t>(bytes.size()), 1);
    uploaded_ = allocate(*api_, size);
    staging_ = allocatePinned(*api_, size);
    std::memcpy(staging_.get(), bytes.data(), bytes.size());
    copyToDevice(uploaded_.get(), staging_.get(), static_cast<std::int64_t>(bytes.size()));
    synchronize();
    staging_ = {};
    return std::move(uploaded_);
}

}  // namespace overfeat::backend::cuda
