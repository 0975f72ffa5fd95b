// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "engine/backend/backend.h"
#include "engine/backend/onednn/onednn_backend.h"
#include "engine/backend/reference/reference_backend.h"
#include "engine/core/error.h"

namespace overfeat::backend {
namespace {

// Every backend of this build, best first. `on_cpu` is what the choice "cpu" means.
struct Row {
    const Backend* backend;
    bool on_cpu;
};
constexpr std::size_t kRows = 2;

const std::array<Row, kRows>& rows() {
    static const std::array<Row, kRows> kTable{{
        {&onednnBackend(), true},
        {&referenceBackend(), true},
    }};
    return kTable;
}

std::string listed() {
    std::string names = "auto, cpu";
    for (const Row& row : rows())
        names += ", " + std::string(row.backend->name());
    return names;
}

// The first available backend among `candidates`, with what was wrong with those before it.
Choice firstAvailable(std::span<const Row> candidates, bool cpu_only) {
    std::string refusals;
    for (const Row& row : candidates) {
        if (cpu_only && !row.on_cpu) continue;
        const Availability availability = row.backend->probe();
        std::string sentence(row.backend->name());
        if (availability.available && !refusals.empty()) {
            sentence.append(", because ").append(refusals);
            return {row.backend, std::move(sentence)};
        }
        sentence.append(": ").append(availability.sentence);
        if (availability.available) return {row.backend, std::move(sentence)};
        if (!refusals.empty()) refusals += "; ";
        refusals += sentence;
    }
    throw Error(ErrorCode::kRuntime, "No device can be used: " + refusals + ".");
}

}  // namespace

std::span<const Backend* const> backends() {
    static const auto kBackends = [] {
        std::array<const Backend*, kRows> list{};
        std::ranges::transform(rows(), list.begin(), &Row::backend);
        return list;
    }();
    return kBackends;
}

Choice chooseBackend(std::string_view wanted) {
    if (wanted == "auto" || wanted == "cpu") return firstAvailable(rows(), wanted == "cpu");
    const auto row =
        std::ranges::find(rows(), wanted, [](const Row& r) { return r.backend->name(); });
    if (row == rows().end()) {
        throw Error(ErrorCode::kUsage, "There is no device '" + std::string(wanted) +
                                           "'; choose one of " + listed() + ".");
    }
    const Availability availability = row->backend->probe();
    if (!availability.available) {
        throw Error(ErrorCode::kRuntime, "The device '" + std::string(wanted) +
                                             "' cannot be used: " + availability.sentence);
    }
    return {row->backend, std::string(wanted) + ": " + availability.sentence};
}

}  // namespace overfeat::backend
