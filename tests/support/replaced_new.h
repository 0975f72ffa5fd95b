// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

// Memory of the whole program, so that nothing of the process escapes whoever counts or limits it,
// whichever library asks. For one source of a program, which says what allocated() is.
namespace overfeat::test {

void* allocated(std::size_t bytes);

// What there is without any of this. Throws std::bad_alloc.
inline void* plainMemory(std::size_t bytes) {
    if (void* memory = std::malloc(bytes > 0 ? bytes : 1)) return memory;
    throw std::bad_alloc();
}

}  // namespace overfeat::test

void* operator new(std::size_t bytes) {
    return overfeat::test::allocated(bytes);
}
void* operator new[](std::size_t bytes) {
    return overfeat::test::allocated(bytes);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
    std::free(memory);
}
