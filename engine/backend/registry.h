// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "engine/backend/backend.h"
#include "engine/core/api.h"
#include "engine/core/device_choice.h"

namespace overfeat::backend {

// All backends of this build, best first; the order is written in registry.cpp and nowhere else.
OVERFEAT_API std::span<const Backend* const> backends();

// What is wanted of a backend, beside running a graph.
struct Wanted {
    // "auto", "cpu" (any backend on the processor), a backend's name, or "kserve:HOST:PORT/MODEL"
    // ("kserve+grpc:..."): an inference server, and what "auto" means where that cannot be used.
    std::string_view device = "auto";
    // The server's backend, where somebody has it already (connectServer).
    std::shared_ptr<const Backend> server = nullptr;
    // Tried before those of this build, where the device is "auto".
    std::span<const Backend* const> first{};
    // Those that failed, and why: they are passed over.
    std::span<const DeviceChoice::PassedOver> failed{};
};

// Whether the next one computes when such a device fails: a device that somebody chose by its name
// is not replaced, but a server is another machine, which may go away whenever it likes.
OVERFEAT_API bool mayBeReplaced(std::string_view device) noexcept;

// For a device that is an inference server; nothing for others. Nobody is asked anything yet.
// Throws Error(kUsage) for an address that is none, and Error(kRuntime) if this build asks no
// servers.
OVERFEAT_API std::shared_ptr<const Backend> connectServer(std::string_view device);

struct Choice {
    std::shared_ptr<const Backend> backend;  // those of this build live as long as the program
    DeviceChoice device;
};

// Of several backends the best one that can be used, and can run `graph` if one is given; the
// choice tells which better ones could not, and why. Throws Error(kUsage) for an unknown name,
// Error(kRuntime) with the probe's sentence if none can be used, and Error(kModel) naming the node
// that none can run.
OVERFEAT_API Choice chooseBackend(std::string_view wanted);
OVERFEAT_API Choice chooseBackend(std::string_view wanted, const net::Graph& graph);
OVERFEAT_API Choice chooseBackend(const Wanted& wanted, const net::Graph& graph);

}  // namespace overfeat::backend
