// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

#include "engine/core/error.h"
#include "engine/core/label_set.h"

namespace overfeat::fuzz {

// Not an Error: nothing that is tested throws one of these.
struct BrokenPromise : std::logic_error {
    using std::logic_error::logic_error;
};

inline void promise(bool kept, const std::string& what) {
    if (!kept) throw BrokenPromise("Broken promise: " + what);
}

// Text that is shown to people as it is: one line, valid, without anything that steers a terminal.
inline void promiseShowable(const std::string& text) {
    promise(sanitisedLabel(text, text.size()) == text, "text that may be shown: " + text);
}

// Whether the action went through. If not, it was refused as everything is: by an Error of the kind
// expected, in one sentence.
template <class Action>
bool taken(ErrorCode expected, const Action& action) {
    try {
        action();
        return true;
    } catch (const Error& error) {
        const std::string sentence = error.what();
        promise(error.code() == expected, "the kind of error: " + sentence);
        // That it may be shown is what Error itself sees to.
        promise(sentence.ends_with('.'), "a sentence: " + sentence);
        return false;
    }
}

}  // namespace overfeat::fuzz
