// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/backend/simulated/simulated_device.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine/backend/cuda/kernels.h"
#include "tests/engine/backend/simulated/simulated_convolution.h"
#include "tests/engine/backend/simulated/simulated_memory.h"
#include "tests/engine/backend/simulated/simulated_work.h"

namespace overfeat::test {

using backend::cuda::Card;
using backend::cuda::ConvolutionBuffers;
using backend::cuda::ConvolutionHandle;
using backend::cuda::ConvolutionShape;
using backend::cuda::ConvolutionTag;
using backend::cuda::DeviceApi;
using backend::cuda::EventHandle;
using backend::cuda::EventTag;
using backend::cuda::GraphHandle;
using backend::cuda::GraphTag;
using backend::cuda::Status;
using backend::cuda::StreamHandle;
using backend::cuda::StreamTag;

namespace {

thread_local std::string reason;
thread_local bool is_inside = false;

struct Inside {
    Inside() { is_inside = true; }
    ~Inside() { is_inside = false; }
};

}  // namespace

class SimulatedDevice::Implementation {
public:
    explicit Implementation(const Options& options) : options_(options), api_(makeApi()) {}

    const DeviceApi& api() const { return api_; }

    std::int64_t calls() const {
        const std::scoped_lock lock(mutex_);
        return calls_;
    }
    void failAt(std::int64_t call, Status status, bool lost) {
        const std::scoped_lock lock(mutex_);
        fails_at_ = calls_ + call;
        failure_ = status;
        stays_lost_ = lost;
        lost_ = false;
    }
    void repair() {
        const std::scoped_lock lock(mutex_);
        fails_at_ = 0;
        lost_ = false;
    }
    std::int64_t things() const {
        const std::scoped_lock lock(mutex_);
        return static_cast<std::int64_t>(memory_.blocks() + streams_.size() + events_.size() +
                                         graphs_.size() + convolutions_.size());
    }
    std::int64_t bytes() const {
        const std::scoped_lock lock(mutex_);
        return memory_.bytes();
    }
    std::string fault() const {
        const std::scoped_lock lock(mutex_);
        return fault_;
    }

private:
    using Kind = SimulatedMemory::Kind;

    // Everything that can fail goes through here.
    template <class Body>
    static Status call(void* self, Body body) {
        auto& device = *static_cast<Implementation*>(self);
        const std::scoped_lock lock(device.mutex_);
        const Inside inside;
        ++device.calls_;
        if (device.lost_ || device.calls_ == device.fails_at_) {
            device.lost_ = device.lost_ || device.stays_lost_;
            reason = "simulated failure";
            return device.failure_;
        }
        try {
            return body(device);
        } catch (const std::exception& error) {
            if (device.fault_.empty()) device.fault_ = error.what();
            reason = error.what();
            return Status::kFailed;
        }
    }
    // The module records in mode cudaStreamCaptureModeThreadLocal, which takes what may wait for
    // the card from the recording thread only.
    void requireThreadNotCapturing() const {
        for (const StreamTag* stream : streams_) {
            if (stream->capturer == std::this_thread::get_id()) requireNotCapturing(*stream);
        }
    }

    struct Toucher {
        const Implementation& device;
        template <class T>
        void reads(const backend::cuda::Array<T>& array) {
            if (array.data == nullptr) return;
            device.memory_.requireWithin(
                array.data, static_cast<std::size_t>(array.count) * sizeof(T), Kind::kDevice);
        }
        template <class T>
        void writes(const backend::cuda::Array<T>& array) {
            if (array.data == nullptr) throw Misuse("A kernel writes to nowhere.");
            reads(array);
        }
    };

    Status allocate(std::size_t bytes, Kind kind, void** memory) {
        requireThreadNotCapturing();
        *memory = memory_.allocate(bytes, kind);
        if (*memory != nullptr) return Status::kOk;
        reason = "out of memory";
        return Status::kOutOfMemory;
    }
    void release(void* memory, Kind kind) {
        const std::scoped_lock lock(mutex_);
        try {
            memory_.release(memory, kind);
        } catch (const Misuse& misuse) {
            fault_ = misuse.what();
        }
    }

    // ---- Running --------------------------------------------------------------------------------

    void enqueue(StreamHandle stream, Work work) {
        requireKnown(streams_, stream, "stream");
        if (stream->capturer) {
            stream->captured.push_back(std::move(work));
        } else {
            stream->queue.add(std::move(work));
        }
    }
    // (Events may be given back while something is queued that records them.)
    bool isReady(const StreamTag& stream) const {
        if (stream.queue.empty()) return false;
        const Work& next = stream.queue.front();
        return next.waits == nullptr || !events_.contains(next.waits) ||
               next.waits->happened >= next.times;
    }
    int busyStreams() const {
        return static_cast<int>(std::ranges::count_if(
            streams_, [](const StreamTag* stream) { return !stream->queue.empty(); }));
    }
    // Runs what may run, by chance, until the stream has nothing left.
    void runUntilDone(StreamTag& wanted) {
        while (!wanted.queue.empty()) {
            std::vector<StreamTag*> ready;
            for (StreamTag* stream : streams_)
                if (isReady(*stream)) ready.push_back(stream);
            if (ready.empty()) throw Misuse("Streams wait for one another.");
            chance_ = chance_ * 1664525U + 1013904223U;
            StreamTag& stream = *ready[(chance_ >> 8) % ready.size()];
            const Work work = stream.queue.take();
            if (work.run) work.run();
            if (events_.contains(work.records)) {
                ++work.records->happened;
                work.records->time = std::chrono::steady_clock::now();
            }
        }
    }

    template <class Body>
    void runKernel(const Body& body, std::int64_t first, std::int64_t count) {
        Toucher toucher{*this};
        body.touch(toucher);
        // Backwards, for a change: nothing may depend on the order.
        for (std::int64_t i = first + count; i-- > first;)
            body(i);
    }

    // ---- The table ------------------------------------------------------------------------------

    DeviceApi makeApi() {
        DeviceApi api{};
        api.self = this;
        fillMemory(api);
        fillStreams(api);
        fillWork(api);
        return api;
    }

    static void fillMemory(DeviceApi& api) {
        api.describe = [](void* self, Card* card) {
            return call(self, [&](Implementation& device) { return device.describe(*card); });
        };
        api.explain = [](void*) { return reason.c_str(); };
        api.allocate = [](void* self, std::size_t bytes, void** memory) {
            return call(self, [&](Implementation& device) {
                return device.allocate(bytes, Kind::kDevice, memory);
            });
        };
        api.release = [](void* self, void* memory) {
            static_cast<Implementation*>(self)->release(memory, Kind::kDevice);
        };
        api.allocatePinned = [](void* self, std::size_t bytes, void** memory) {
            return call(self, [&](Implementation& device) {
                return device.allocate(bytes, Kind::kPinned, memory);
            });
        };
        api.releasePinned = [](void* self, void* memory) {
            static_cast<Implementation*>(self)->release(memory, Kind::kPinned);
        };
    }

    Status describe(Card& card) const {
        card = {};
        std::strcpy(card.name, "Simulated card");
        card.capability_major = options_.capability / 10;
        card.capability_minor = options_.capability % 10;
        card.driver = options_.driver;
        card.needed_driver = 13000;
        card.cudnn = 91900;
        card.memory_bytes = options_.memory_bytes;
        card.work_per_look = options_.work_per_look;
        return options_.describes;
    }

    static void fillStreams(DeviceApi& api) {
        api.createStream = [](void* self, StreamHandle* stream) {
            return call(self, [&](Implementation& device) {
                *stream = make<StreamTag>(device.streams_);
                return Status::kOk;
            });
        };
        api.destroyStream = [](void* self, StreamHandle stream) {
            static_cast<Implementation*>(self)->destroyStream(stream);
        };
        api.synchronize = [](void* self, StreamHandle stream) {
            return call(self, [&](Implementation& device) {
                requireKnown(device.streams_, stream, "stream");
                requireNotCapturing(*stream);
                if (device.options_.on_wait) device.options_.on_wait(device.busyStreams());
                device.runUntilDone(*stream);
                return Status::kOk;
            });
        };
        api.createEvent = [](void* self, EventHandle* event) {
            return call(self, [&](Implementation& device) {
                *event = make<EventTag>(device.events_);
                return Status::kOk;
            });
        };
        api.destroyEvent = [](void* self, EventHandle event) {
            auto& device = *static_cast<Implementation*>(self);
            device.destroy(device.events_, event);
        };
        api.recordEvent = [](void* self, StreamHandle stream, EventHandle event) {
            return call(self, [&](Implementation& device) {
                requireKnown(device.events_, event, "event");
                requireNotCapturing(*stream);
                ++event->recorded;
                device.enqueue(stream, {.run = {}, .records = event});
                return Status::kOk;
            });
        };
        api.waitForEvent = [](void* self, StreamHandle stream, EventHandle event) {
            return call(self, [&](Implementation& device) {
                requireKnown(device.events_, event, "event");
                requireNotCapturing(*stream);
                device.enqueue(stream, {.run = {}, .waits = event, .times = event->recorded});
                return Status::kOk;
            });
        };
        api.elapsed = [](void* self, EventHandle from, EventHandle to, float* ms) {
            return call(self, [&](Implementation& device) {
                requireKnown(device.events_, from, "event");
                requireKnown(device.events_, to, "event");
                if (from->happened == 0 || to->happened == 0)
                    throw Misuse("These events have not happened.");
                *ms = std::chrono::duration<float, std::milli>(to->time - from->time).count();
                return Status::kOk;
            });
        };
    }

    static void fillWork(DeviceApi& api) {
        api.beginCapture = [](void* self, StreamHandle stream) {
            return call(self, [&](Implementation& device) {
                requireKnown(device.streams_, stream, "stream");
                requireNotCapturing(*stream);
                stream->capturer = std::this_thread::get_id();
                stream->captured.clear();
                return Status::kOk;
            });
        };
        api.endCapture = [](void* self, StreamHandle stream, GraphHandle* graph) {
            return call(self, [&](Implementation& device) {
                requireKnown(device.streams_, stream, "stream");
                if (stream->capturer != std::this_thread::get_id())
                    throw Misuse("No graph was begun by this thread.");
                stream->capturer.reset();
                *graph = make<GraphTag>(device.graphs_);
                (*graph)->works = std::move(stream->captured);
                return Status::kOk;
            });
        };
        api.launchGraph = [](void* self, StreamHandle stream, GraphHandle graph) {
            return call(self, [&](Implementation& device) {
                requireKnown(device.graphs_, graph, "graph");
                requireNotCapturing(*stream);
                stream->queue.add(graph->works);
                return Status::kOk;
            });
        };
        api.destroyGraph = [](void* self, GraphHandle graph) {
            auto& device = *static_cast<Implementation*>(self);
            device.destroy(device.graphs_, graph);
        };
        api.copyToDevice = [](void* self, StreamHandle stream, void* to, const void* from,
                              std::size_t bytes) {
            return call(self, [&](Implementation& device) {
                return device.copy(stream, to, Kind::kDevice, from, Kind::kPinned, bytes);
            });
        };
        api.copyToPinned = [](void* self, StreamHandle stream, void* to, const void* from,
                              std::size_t bytes) {
            return call(self, [&](Implementation& device) {
                return device.copy(stream, to, Kind::kPinned, from, Kind::kDevice, bytes);
            });
        };
        api.createConvolution = [](void* self, StreamHandle stream, const ConvolutionShape* shape,
                                   std::size_t* scratch_bytes, ConvolutionHandle* convolution) {
            return call(self, [&](Implementation& device) {
                requireKnown(device.streams_, stream, "stream");
                return device.createConvolution(*shape, *scratch_bytes, *convolution);
            });
        };
        api.destroyConvolution = [](void* self, ConvolutionHandle convolution) {
            auto& device = *static_cast<Implementation*>(self);
            device.destroy(device.convolutions_, convolution);
        };
        api.convolve = [](void* self, StreamHandle stream, ConvolutionHandle convolution,
                          const ConvolutionBuffers* buffers) {
            return call(self, [&](Implementation& device) {
                return device.convolve(stream, convolution, *buffers);
            });
        };
        api.launch = [](void* self, StreamHandle stream, std::int32_t kernel, const void* body,
                        std::size_t bytes, std::int64_t first, std::int64_t count) {
            return call(self, [&](Implementation& device) {
                const bool known =
                    backend::cuda::Kernels::with(kernel, body, bytes, [&](const auto& typed) {
                        device.enqueue(stream, {[&device, typed, first, count] {
                                           device.runKernel(typed, first, count);
                                       }});
                    });
                if (!known || count < 1) throw Misuse("There is no such kernel.");
                return Status::kOk;
            });
        };
    }

    Status copy(StreamHandle stream, void* to, Kind to_kind, const void* from, Kind from_kind,
                std::size_t bytes) {
        memory_.requireWithin(to, bytes, to_kind);
        memory_.requireWithin(from, bytes, from_kind);
        enqueue(stream, {[this, to, to_kind, from, from_kind, bytes] {
                    memory_.requireWithin(to, bytes, to_kind);
                    memory_.requireWithin(from, bytes, from_kind);
                    std::memcpy(to, from, bytes);
                }});
        return Status::kOk;
    }

    Status createConvolution(const ConvolutionShape& shape, std::size_t& scratch_bytes,
                             ConvolutionHandle& convolution) {
        const bool fused = shape.with_bias + shape.with_residual + shape.with_relu > 0;
        const bool padded = shape.padding_height + shape.padding_width > 0;
        if (!options_.knows_convolutions || (fused && !options_.knows_fusion) ||
            (padded && !options_.knows_padding))
            return Status::kUnsupported;
        const std::size_t needed = std::min<std::size_t>(scratch_bytes, 1000);
        scratch_bytes = needed;
        convolution = make<ConvolutionTag>(convolutions_);
        *convolution = {shape, needed};
        return Status::kOk;
    }

    Status convolve(StreamHandle stream, ConvolutionHandle convolution,
                    const ConvolutionBuffers& buffers) {
        requireKnown(convolutions_, convolution, "convolution");
        enqueue(stream, {[this, convolution, buffers] {
                    requireKnown(convolutions_, convolution, "convolution");
                    const ConvolutionShape& shape = convolution->shape;
                    for (const auto& [data, floats] : extentsOf(shape, buffers))
                        if (data != nullptr)
                            memory_.requireWithin(data, floats * sizeof(float), Kind::kDevice);
                    memory_.requireWithin(buffers.scratch, convolution->scratch_bytes,
                                          Kind::kDevice);
                    // What is left there by one layer may be no other's business.
                    std::memset(buffers.scratch, 0xFF, convolution->scratch_bytes);
                    simulateConvolution(shape, buffers);
                }});
        return Status::kOk;
    }

    // Waits, as the runtime does.
    void destroyStream(StreamHandle stream) {
        const std::scoped_lock lock(mutex_);
        if (stream == nullptr) return;
        if (!lost_ && !stream->capturer) {
            try {
                runUntilDone(*stream);
            } catch (const std::exception& error) {
                if (fault_.empty()) fault_ = error.what();
            }
        }
        streams_.erase(stream);
        delete stream;
    }
    template <class T>
    static T* make(std::set<T*>& known) {
        T* thing = new T{};
        known.insert(thing);
        return thing;
    }
    template <class T>
    void destroy(std::set<T*>& known, T* thing) {
        const std::scoped_lock lock(mutex_);
        if (thing == nullptr) return;
        if (known.erase(thing) == 0) {
            fault_ = "Something was released twice.";
            return;
        }
        delete thing;
    }

    Options options_;
    mutable std::mutex mutex_;
    SimulatedMemory memory_{options_.memory_bytes};
    std::set<StreamTag*> streams_;
    std::set<EventTag*> events_;
    std::set<GraphTag*> graphs_;
    std::set<ConvolutionTag*> convolutions_;
    std::uint32_t chance_ = 1;
    std::int64_t calls_ = 0;
    std::int64_t fails_at_ = 0;
    Status failure_ = Status::kFailed;
    bool stays_lost_ = false;
    bool lost_ = false;
    std::string fault_;
    DeviceApi api_;
};

bool SimulatedDevice::isInside() noexcept {
    return is_inside;
}

SimulatedDevice::SimulatedDevice(const Options& options)
    : implementation_(std::make_unique<Implementation>(options)) {}
SimulatedDevice::~SimulatedDevice() = default;

const DeviceApi& SimulatedDevice::api() const {
    return implementation_->api();
}
std::int64_t SimulatedDevice::calls() const {
    return implementation_->calls();
}
void SimulatedDevice::failAt(std::int64_t call, Status status, bool lost) {
    implementation_->failAt(call, status, lost);
}
void SimulatedDevice::repair() {
    implementation_->repair();
}
std::int64_t SimulatedDevice::things() const {
    return implementation_->things();
}
std::int64_t SimulatedDevice::bytes() const {
    return implementation_->bytes();
}
std::string SimulatedDevice::fault() const {
    return implementation_->fault();
}

}  // namespace overfeat::test
