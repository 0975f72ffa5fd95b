// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/plan_cache.h"

#include <algorithm>
#include <utility>

namespace overfeat::backend {

std::shared_ptr<Plan> PlanCache::get(const Backend& backend,
                                     const std::shared_ptr<const net::Graph>& graph,
                                     const Shape& input, const CompileOptions& options) {
    const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) {
        return entry.backend == &backend && entry.graph == graph && entry.input == input &&
               entry.threads == options.threads;
    });
    if (found != entries_.end()) {
        entries_.splice(entries_.begin(), entries_, found);
        return entries_.front().plan;
    }
    std::shared_ptr<Plan> plan = backend.compile(*graph, input, options);
    ++compilations_;
    entries_.push_front(
        {&backend, graph, input, options.threads, plan, plan->statistics().workspace_bytes});
    const auto over = [this] {
        return entries_.size() > limits_.max_plans ||
               workspaceBytes() > limits_.max_workspace_bytes;
    };
    while (entries_.size() > 1 && over())
        entries_.pop_back();
    return plan;
}

std::int64_t PlanCache::workspaceBytes() const noexcept {
    std::int64_t total = 0;
    for (const Entry& entry : entries_)
        total += entry.workspace_bytes;
    return total;
}

}  // namespace overfeat::backend
