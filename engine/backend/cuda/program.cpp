// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/cuda/program.h"

#include <algorithm>
#include <utility>

namespace overfeat::backend::cuda {

BufferId Arena::add(std::int64_t floats) {
    buffers_.push_back({floats, nullptr});
    return plan_.add(floats * std::int64_t{sizeof(float)});
}

BufferId Arena::addBytes(std::int64_t bytes) {
    return add((bytes + std::int64_t{sizeof(float)} - 1) / std::int64_t{sizeof(float)});
}

BufferId Arena::addConstant(std::shared_ptr<const DeviceMemory> memory, std::int64_t floats) {
    buffers_.push_back({floats, std::move(memory)});
    return plan_.add(0);
}

void Arena::use(BufferId buffer, int step) {
    if (at(buffer).constant == nullptr) plan_.use(buffer, step);
}

void Arena::allocate(const DeviceApi& api) {
    block_ = cuda::allocate(api, std::max<std::int64_t>(bytes_, 1));
}

void* Arena::data(BufferId buffer) const {
    if (at(buffer).constant) return at(buffer).constant->get();
    return static_cast<std::byte*>(block_.get()) + plan_.offset(buffer);
}

Array<float> Arena::array(BufferId buffer) const {
    return {static_cast<float*>(data(buffer)), at(buffer).floats};
}

}  // namespace overfeat::backend::cuda
