// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "engine/backend/backend.h"

namespace overfeat::backend {

// Keeps the plans that were used last, so that a picture of a known size costs no compilation and a
// window that is being resized does not collect plans without bound.
//
// Guarantees: never more than `max_plans` plans, and never more than `max_workspace_bytes` of their
// workspaces together unless a single plan needs more; the plan used longest ago goes first. A plan
// that others were taken `max_idle_uses` times since goes, and its memory back to the system: a
// fine grid that was tried once would otherwise be held for good. A plan that was handed out lives
// as long as its pointer, also after it left the cache. Threads: belongs to one thread at a time,
// like the plans in it.
class PlanCache {
public:
    struct Limits {
        std::size_t max_plans = 8;  // four scales, for the present and the previous picture size
        std::int64_t max_workspace_bytes = std::int64_t{1} << 30;
        // A hundred pictures at four scales: what a frame-rate floor leaves out for a moment stays.
        std::uint64_t max_idle_uses = 400;
    };

    PlanCache() : PlanCache(Limits{}) {}
    explicit PlanCache(Limits limits) : limits_(limits) {}

    // The plan of `graph` for one input shape; compiled if it is not there. Two graphs are the same
    // if they are the same object; the cache shares ownership, so an address is never mistaken for
    // a later graph's. Throws what Backend::compile throws, and is then unchanged.
    std::shared_ptr<Plan> get(const Backend& backend,
                              const std::shared_ptr<const net::Graph>& graph, const Shape& input,
                              const CompileOptions& options);

    std::size_t size() const noexcept { return entries_.size(); }
    std::int64_t workspaceBytes() const noexcept;
    // Of the plan that was handed out last, without asking it (which allocates); 0 before.
    std::int64_t lastWorkspaceBytes() const noexcept {
        return entries_.empty() ? 0 : entries_.front().workspace_bytes;
    }
    std::uint64_t compilations() const noexcept { return compilations_; }
    void clear() noexcept { entries_.clear(); }

private:
    struct Entry {
        const Backend* backend;
        std::shared_ptr<const net::Graph> graph;
        Shape input;
        int threads;
        bool may_round_factors;
        std::shared_ptr<Plan> plan;
        std::int64_t workspace_bytes;
        std::uint64_t last_use;
    };
    void dropIdle();

    Limits limits_;
    std::list<Entry> entries_;  // the last used first
    std::uint64_t compilations_ = 0;
    std::uint64_t uses_ = 0;
};

}  // namespace overfeat::backend
