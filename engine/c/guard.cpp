// SPDX-License-Identifier: Apache-2.0
#include "engine/c/guard.h"

#include <array>

namespace overfeat::c {
namespace {

thread_local std::array<char, 2048> sentence_of_thread{};

}  // namespace

void remember(const char* sentence) noexcept {
    std::strncpy(sentence_of_thread.data(), sentence, sentence_of_thread.size() - 1);
}

void require(const void* pointer, const char* what) {
    if (pointer == nullptr) throw Error(ErrorCode::kUsage, std::string(what) + " is NULL.");
}

void throwGivenBack(const char* what) {
    throw Error(
        ErrorCode::kUsage,
        std::string(what) + " was given back before, or never was one; use one that is open.");
}

void requireIndex(std::size_t index, std::size_t count, const char* what) {
    if (index < count) return;
    throw Error(ErrorCode::kUsage, "There is no " + std::string(what) + " " +
                                       std::to_string(index) + "; there are " +
                                       std::to_string(count) + ".");
}

}  // namespace overfeat::c

const char* overfeat_last_error(void) {
    return overfeat::c::sentence_of_thread.data();
}

const char* overfeat_version(void) {
    return OVERFEAT_VERSION;
}
