// SPDX-License-Identifier: Apache-2.0
#include "engine/backend/registry.h"
#include "engine/c/guard.h"

size_t overfeat_device_count(void) {
    return overfeat::backend::backends().size();
}

overfeat_status overfeat_device_at(size_t index, overfeat_device* device) {
    return overfeat::c::guarded([&] {
        overfeat::c::require(device, "The place for the device");
        const auto all = overfeat::backend::backends();
        overfeat::c::requireIndex(index, all.size(), "device");
        static thread_local std::string sentence;
        const overfeat::backend::Availability state = all[index]->probe();
        sentence = state.sentence;
        *device = {.name = all[index]->name().data(),  // a literal
                   .available = state.available ? 1 : 0,
                   .sentence = sentence.c_str()};
    });
}
