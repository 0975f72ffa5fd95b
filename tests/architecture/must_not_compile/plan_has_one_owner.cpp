// SPDX-License-Identifier: Apache-2.0
// A plan owns the memory its network runs in, and belongs to one thread: no copies.
// MUST NOT COMPILE: deleted|abstract
#include "engine/backend/backend.h"

const overfeat::backend::Plan& same(const overfeat::backend::Plan& plan) {
#ifdef MUST_NOT_COMPILE
    overfeat::backend::Plan copy = plan;
#endif
    return plan;
}
