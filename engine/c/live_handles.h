// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "engine/c/guard.h"

namespace overfeat::c {

// The handles of one kind that were made and not given back: what comes from outside is looked up
// here before it is touched, so that a pointer of yesterday is refused and not followed. Whoever
// found one keeps it alive while another thread gives it back.
template <class Handle>
class LiveHandles {
public:
    // Never destroyed: programs give handles back while they end.
    static LiveHandles& all() {
        static LiveHandles& one = *new LiveHandles;
        return one;
    }

    Handle* keep(std::shared_ptr<Handle> made) {
        Handle* const address = made.get();
        const std::unique_lock lock(mutex_);
        handles_.emplace(address, std::move(made));
        return address;
    }

    // Null for one that is not alive.
    std::shared_ptr<Handle> find(const Handle* given) const {
        if (given == nullptr) return nullptr;
        const std::shared_lock lock(mutex_);
        const auto found = handles_.find(given);
        return found != handles_.end() ? found->second : nullptr;
    }

    // Null for one that was not alive.
    std::shared_ptr<Handle> drop(const Handle* given) {
        const std::unique_lock lock(mutex_);
        const auto found = handles_.find(given);
        if (found == handles_.end()) return nullptr;
        auto handle = std::move(found->second);
        handles_.erase(found);
        return handle;
    }

private:
    mutable std::shared_mutex mutex_;
    std::unordered_map<const Handle*, std::shared_ptr<Handle>> handles_;
};

template <class Handle>
Handle* handOut(std::shared_ptr<Handle> made) {
    return LiveHandles<Handle>::all().keep(std::move(made));
}

// What a caller gave; null if it is NULL or was given back.
template <class Handle>
std::shared_ptr<Handle> alive(Handle* given) noexcept {
    return LiveHandles<std::remove_const_t<Handle>>::all().find(given);
}

// The same; throws Error(kUsage), with `what` at the beginning of the sentence.
template <class Handle>
std::shared_ptr<Handle> required(Handle* given, const char* what) {
    require(given, what);
    auto handle = alive(given);
    if (handle == nullptr) throwGivenBack(what);
    return handle;
}

template <class Handle>
std::shared_ptr<Handle> takeBack(Handle* given) noexcept {
    return LiveHandles<Handle>::all().drop(given);
}

}  // namespace overfeat::c
