// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <string>

#include "engine/c/overfeat.h"
#include "engine/core/error.h"

namespace overfeat::c {

// What overfeat_last_error() says on this thread. Allocates nothing.
void remember(const char* sentence) noexcept;

// What a std::bad_alloc means.
inline constexpr const char* kNoMemory = "There is not enough memory.";

// Runs what may throw; whatever it throws becomes a status and a sentence.
template <class Body>
overfeat_status guarded(const Body& body) noexcept {
    try {
        body();
        return OVERFEAT_OK;
    } catch (const Error& error) {
        remember(error.what());
        return static_cast<overfeat_status>(exitCode(error.code()));
    } catch (const std::bad_alloc&) {
        remember(kNoMemory);
    } catch (const std::exception& error) {
        remember(error.what());
    } catch (...) {
        remember("Something failed and does not say what.");
    }
    return OVERFEAT_RUNTIME;
}

// Throws Error(kUsage) for a null pointer; `what` begins the sentence.
void require(const void* pointer, const char* what);
// Throws Error(kUsage) for a handle that is not alive; `what` begins the sentence.
[[noreturn]] void throwGivenBack(const char* what);
// Throws Error(kUsage) unless `index` is one of `count`.
void requireIndex(std::size_t index, std::size_t count, const char* what);

// A struct that begins with its size: what the caller's version of it has, over the defaults.
template <class Versioned>
Versioned completed(const Versioned* given, Versioned defaults, const char* what) {
    if (given == nullptr) return defaults;
    if (given->size < sizeof(std::size_t)) {
        throw Error(ErrorCode::kUsage, std::string(what) +
                                           " has no size; fill it with its _init "
                                           "function first.");
    }
    std::memcpy(&defaults, given, std::min(given->size, sizeof defaults));
    defaults.size = sizeof defaults;
    return defaults;
}

// The same towards the caller: no more than its version of the struct has.
template <class Versioned>
void hand(const Versioned& made, Versioned* to, std::size_t size) noexcept {
    std::memcpy(to, &made, std::min(size, sizeof made));
    if (size >= sizeof(std::size_t)) to->size = std::min(size, sizeof made);
}

}  // namespace overfeat::c
