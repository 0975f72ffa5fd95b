// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/registry.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#ifdef OVERFEAT_WITH_CUDA
#include "engine/backend/cuda/cuda_backend.h"
#endif
#include "engine/backend/kserve/address.h"
#ifdef OVERFEAT_WITH_KSERVE
#include "engine/backend/kserve/kserve_backend.h"
#endif
#ifdef OVERFEAT_WITH_ONEDNN
#include "engine/backend/onednn/onednn_backend.h"
#endif
#include "engine/backend/reference/reference_backend.h"
#include "engine/core/error.h"

namespace overfeat::backend {
namespace {

// Every backend of this build, best first. `on_cpu` is what the choice "cpu" means.
struct Row {
    const Backend* backend;
    bool on_cpu;
};

std::span<const Row> rows() {
    static const std::array kTable{
#ifdef OVERFEAT_WITH_CUDA
        Row{&cudaBackend(), false},
#endif
#ifdef OVERFEAT_WITH_ONEDNN
        Row{&onednnBackend(), true},
#endif
        Row{&referenceBackend(), true},
    };
    return kTable;
}

std::shared_ptr<const Backend> ofThisBuild(const Backend* backend) {
    return {std::shared_ptr<void>(), backend};
}

bool isMeant(const Row& row, std::string_view wanted) {
    if (mayBeReplaced(wanted)) return true;
    return wanted == "cpu" ? row.on_cpu : row.backend->name() == wanted;
}

[[noreturn]] void throwUnknown(std::string_view wanted) {
    std::string names = "auto, cpu, kserve:HOST:PORT/MODEL, kserve+grpc:HOST:PORT/MODEL";
    for (const Row& row : rows())
        names += ", " + std::string(row.backend->name());
    throw Error(ErrorCode::kUsage,
                "There is no device '" + std::string(wanted) + "'; choose one of " + names + ".");
}

// Those that are meant, best first.
std::vector<std::shared_ptr<const Backend>> candidates(const Wanted& wanted) {
    std::vector<std::shared_ptr<const Backend>> list;
    if (kserve::isServer(wanted.device))
        list.push_back(wanted.server != nullptr ? wanted.server : connectServer(wanted.device));
    if (wanted.device == "auto")
        std::ranges::transform(wanted.first, std::back_inserter(list), ofThisBuild);
    for (const Row& row : rows())
        if (isMeant(row, wanted.device)) list.push_back(ofThisBuild(row.backend));
    return list;
}

Choice choose(const Wanted& wanted, const net::Graph* graph) {
    Choice choice;
    std::optional<Error> refusal;
    for (const std::shared_ptr<const Backend>& backend : candidates(wanted)) {
        const std::string name(backend->name());
        const auto failure =
            std::ranges::find(wanted.failed, name, &DeviceChoice::PassedOver::name);
        if (failure != wanted.failed.end()) {
            choice.device.passed_over.push_back(*failure);
            continue;
        }
        Availability availability = backend->probe();
        if (!availability.available) {
            choice.device.passed_over.push_back({name, std::move(availability.sentence)});
            continue;
        }
        const auto problem = graph != nullptr ? backend->supports(*graph) : std::nullopt;
        if (problem) {
            choice.device.passed_over.push_back({name, "it cannot run this network: " + *problem});
            if (!refusal) refusal.emplace(ErrorCode::kModel, *problem, name);
            continue;
        }
        choice.backend = backend;
        choice.device.name = name;
        choice.device.description = std::move(availability.sentence);
        return choice;
    }
    if (refusal) throw Error(*refusal);
    if (choice.device.passed_over.empty()) throwUnknown(wanted.device);
    std::string reasons;
    for (const DeviceChoice::PassedOver& other : choice.device.passed_over)
        reasons += (reasons.empty() ? "" : " ") + other.name + ": " + other.why;
    throw Error(ErrorCode::kRuntime,
                "The device '" + std::string(wanted.device) + "' cannot be used: " + reasons);
}

}  // namespace

std::span<const Backend* const> backends() {
    static const std::vector<const Backend*> kBackends = [] {
        std::vector<const Backend*> list;
        for (const Row& row : rows())
            list.push_back(row.backend);
        return list;
    }();
    return kBackends;
}

bool mayBeReplaced(std::string_view device) noexcept {
    return device == "auto" || kserve::isServer(device);
}

std::shared_ptr<const Backend> connectServer(std::string_view device) {
    if (!kserve::isServer(device)) return nullptr;
#ifdef OVERFEAT_WITH_KSERVE
    const auto processor = std::ranges::find_if(
        rows(), [](const Row& row) { return row.on_cpu && row.backend->probe().available; });
    return makeKserveBackend(device, *processor->backend);  // the plain loops run everywhere
#else
    throw Error(ErrorCode::kRuntime,
                "This build cannot use inference servers, because it was made without libcurl; "
                "choose another device.");
#endif
}

Choice chooseBackend(std::string_view wanted) {
    return choose({.device = wanted}, nullptr);
}

Choice chooseBackend(std::string_view wanted, const net::Graph& graph) {
    return choose({.device = wanted}, &graph);
}

Choice chooseBackend(const Wanted& wanted, const net::Graph& graph) {
    return choose(wanted, &graph);
}

}  // namespace overfeat::backend
