// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/onednn/workspace.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace overfeat::backend::onednn {

void Workspace::FreeAligned::operator()(std::byte* p) const noexcept {
    std::free(p);
}

BufferId Workspace::add(std::int64_t bytes) {
    buffers_.push_back({});
    return plan_.add(bytes);
}

BufferId Workspace::addForeign(const float* data) {
    // Users of constants only read; no step touches it in the plan, so it takes no room there.
    buffers_.push_back({.foreign = data, .address = const_cast<float*>(data)});
    return plan_.add(0);
}

void Workspace::use(BufferId id, int step) {
    if (!isForeign(id)) plan_.use(id, step);
}

void Workspace::allocate() {
    const auto size = static_cast<std::size_t>(std::max(bytes_, kAlignment));
    block_.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, size)));
    if (!block_) throw std::bad_alloc();
    std::memset(block_.get(), 0, size);  // the pages exist before the first frame comes
    for (std::size_t i = 0; i < buffers_.size(); ++i) {
        if (buffers_[i].foreign != nullptr) continue;
        const std::int64_t offset = plan_.offset(static_cast<BufferId>(i));
        buffers_[i].address = reinterpret_cast<float*>(block_.get() + offset);
    }
}

}  // namespace overfeat::backend::onednn
