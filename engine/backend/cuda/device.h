// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <type_traits>

#include "engine/backend/cuda/device_api.h"
#include "engine/backend/cuda/kernels.h"

namespace overfeat::backend::cuda {

// Throws Error(kDeviceLost) with what the device says unless `status` is kOk.
void check(const DeviceApi& api, Status status, const char* doing);

// What a table of functions hands out and takes back.
template <class T, auto Release>
class Owned {
public:
    Owned() = default;
    Owned(const DeviceApi& api, T* thing) : thing_(thing, Releaser{&api}) {}
    T* get() const noexcept { return thing_.get(); }
    explicit operator bool() const noexcept { return thing_ != nullptr; }

private:
    struct Releaser {
        const DeviceApi* api = nullptr;
        void operator()(T* thing) const noexcept { (api->*Release)(api->self, thing); }
    };
    std::unique_ptr<T, Releaser> thing_;
};

using DeviceMemory = Owned<void, &DeviceApi::release>;
using PinnedMemory = Owned<void, &DeviceApi::releasePinned>;
using Event = Owned<EventTag, &DeviceApi::destroyEvent>;
using Graph = Owned<GraphTag, &DeviceApi::destroyGraph>;
using ConvolutionOwner = Owned<ConvolutionTag, &DeviceApi::destroyConvolution>;

DeviceMemory allocate(const DeviceApi& api, std::int64_t bytes);
PinnedMemory allocatePinned(const DeviceApi& api, std::int64_t bytes);
Event createEvent(const DeviceApi& api);
// Of two that have happened.
double millisecondsBetween(const DeviceApi& api, const Event& from, const Event& to);

// A stream whose failures are exceptions. Belongs to one thread at a time.
class Stream {
public:
    explicit Stream(const DeviceApi& api);

    const DeviceApi& api() const noexcept { return *api_; }
    StreamHandle get() const noexcept { return stream_.get(); }

    void synchronize();
    void record(const Event& event);
    // What is queued from here on waits for the event as it was recorded last.
    void waitFor(const Event& event);
    void copyToDevice(void* memory, const void* pinned, std::int64_t bytes);
    void copyToPinned(void* pinned, const void* memory, std::int64_t bytes);
    void beginCapture();
    Graph endCapture();
    void launch(const Graph& graph);
    void convolve(const ConvolutionOwner& convolution, const ConvolutionBuffers& buffers);

    // New memory of the device with these bytes in it, there when it returns.
    DeviceMemory upload(std::span<const std::byte> bytes);

    // Nothing if the device has no code for it.
    ConvolutionOwner createConvolution(const ConvolutionShape& shape, std::size_t& scratch_bytes);

    template <class Body>
    void launch(const Body& body, std::int64_t first, std::int64_t count) {
        static_assert(std::is_trivially_copyable_v<Body>);
        check(*api_,
              api_->launch(api_->self, get(), Kernels::numberOf<Body>(), &body, sizeof(Body), first,
                           count),
              "starting a kernel");
    }

private:
    using Handle = Owned<StreamTag, &DeviceApi::destroyStream>;
    const DeviceApi* api_;
    // Of an upload that failed: work that uses them may still be queued, so they go after the
    // stream.
    DeviceMemory uploaded_;
    PinnedMemory staging_;
    Handle stream_;
};

}  // namespace overfeat::backend::cuda
