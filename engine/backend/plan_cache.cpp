// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/plan_cache.h"

#include <algorithm>
#include <utility>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace overfeat::backend {

std::shared_ptr<Plan> PlanCache::get(const Backend& backend,
                                     const std::shared_ptr<const net::Graph>& graph,
                                     const Shape& input, const CompileOptions& options) {
    const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
        return entry.backend == &backend && entry.graph == graph && entry.input == input &&
               entry.threads == options.threads &&
               entry.may_round_factors == options.may_round_factors;
    });
    ++uses_;
    if (found != entries_.end()) {
        entries_.splice(entries_.begin(), entries_, found);
        entries_.front().last_use = uses_;
        dropIdle();
        return entries_.front().plan;
    }
    std::shared_ptr<Plan> plan = backend.compile(*graph, input, options);
    ++compilations_;
    entries_.push_front({&backend, graph, input, options.threads, options.may_round_factors, plan,
                         plan->statistics().workspace_bytes, uses_});
    const auto over = [this] {
        return entries_.size() > limits_.max_plans ||
               workspaceBytes() > limits_.max_workspace_bytes;
    };
    while (entries_.size() > 1 && over())
        entries_.pop_back();
    dropIdle();
    return plan;
}

void PlanCache::dropIdle() {
    const std::size_t before = entries_.size();
    while (uses_ - entries_.back().last_use > limits_.max_idle_uses)
        entries_.pop_back();
    if (entries_.size() == before) return;
#ifdef __GLIBC__
    malloc_trim(0);  // what was freed in the middle of the heap stays with the process otherwise
#endif
}

std::int64_t PlanCache::workspaceBytes() const noexcept {
    std::int64_t total = 0;
    for (const Entry& entry : entries_)
        total += entry.workspace_bytes;
    return total;
}

}  // namespace overfeat::backend
