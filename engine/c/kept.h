// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <forward_list>
#include <mutex>
#include <utility>

namespace overfeat::c {

// A value that another one may replace while callers still point into it: the older ones stay where
// they are for as long as this does. For what changes seldom. Any thread.
template <class Value>
class Kept {
public:
    explicit Kept(Value first) { values_.push_front(std::move(first)); }

    const Value& now() const {
        const std::scoped_lock lock(mutex_);
        return values_.front();
    }
    void become(Value next) {
        const std::scoped_lock lock(mutex_);
        if (!(values_.front() == next)) values_.push_front(std::move(next));
    }

private:
    mutable std::mutex mutex_;
    std::forward_list<Value> values_;
};

}  // namespace overfeat::c
