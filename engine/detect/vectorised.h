// SPDX-License-Identifier: Apache-2.0
#pragma once

// A function that is compiled several times; which one runs is decided when the program starts,
// before the sanitizers can be there.
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define OVERFEAT_VECTORISED \
    [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), gnu::flatten]]
#else
#define OVERFEAT_VECTORISED
#endif
