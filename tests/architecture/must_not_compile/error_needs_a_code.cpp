// SPDX-License-Identifier: Apache-2.0
// Exit codes and what a window offers hang on the code: a sentence alone is no error.
// MUST NOT COMPILE: no matching function|no matching constructor
#include "engine/core/error.h"

void fail() {
    throw overfeat::Error(overfeat::ErrorCode::kInput, "a.png: is no picture.");
#ifdef MUST_NOT_COMPILE
    throw overfeat::Error("a.png: is no picture.");
#endif
}
