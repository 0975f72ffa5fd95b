// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

// Memory of the whole program, so that nothing of the process escapes whoever counts or limits it,
// whichever library asks. For one source of a program, which says what allocated() is.
namespace overfeat::test {

void* allocated(std::size_t bytes);

// Pieces that were given out and not given back.
inline std::atomic<long> pieces_in_use{0};

// What there is without any of this. Throws std::bad_alloc.
inline void* plainMemory(std::size_t bytes) {
    void* memory = std::malloc(bytes > 0 ? bytes : 1);
    if (memory == nullptr) throw std::bad_alloc();
    ++pieces_in_use;
    return memory;
}
inline void giveBack(void* memory) noexcept {
    if (memory != nullptr) --pieces_in_use;
    std::free(memory);
}

}  // namespace overfeat::test

void* operator new(std::size_t bytes) {
    return overfeat::test::allocated(bytes);
}
void* operator new[](std::size_t bytes) {
    return overfeat::test::allocated(bytes);
}
// Said as well, because the address sanitizer has one of its own.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
    try {
        return overfeat::test::allocated(bytes);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void operator delete(void* memory) noexcept {
    overfeat::test::giveBack(memory);
}
void operator delete[](void* memory) noexcept {
    overfeat::test::giveBack(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    overfeat::test::giveBack(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    overfeat::test::giveBack(memory);
}
