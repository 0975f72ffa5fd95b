// SPDX-License-Identifier: Apache-2.0
#include "app/store/embedded_model.h"

// Defined in embedded_model.S.
extern "C" {
extern const std::byte overfeat_default_model_begin[];
extern const std::byte overfeat_default_model_end[];
}

namespace overfeat::store {

std::span<const std::byte> embeddedModel() noexcept {
    return {overfeat_default_model_begin, overfeat_default_model_end};
}

}  // namespace overfeat::store
