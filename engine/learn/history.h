// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "engine/learn/sqlite.h"
#include "engine/learn/taught.h"

namespace overfeat::learn {

// The history is a row of actions, each with the rows it changed as they were before and after. All
// programs that use a library share it. Everything here happens in a transaction of the caller.

std::optional<HistoryStep> stepToUndo(Database& database);
std::optional<HistoryStep> stepToRedo(Database& database);

// Puts the rows of an action back to how they were before it, or after it.
void undo(Database& database, const HistoryStep& step);
void redo(Database& database, const HistoryStep& step);

// Writes down one action: every row is announced before it is changed, and seal() comes last.
class Recorder {
public:
    // What was undone can no longer be redone.
    Recorder(Database& database, std::string_view what, std::int64_t now_unix_s);

    void touchClass(const std::string& id);
    void touchCapture(const std::string& id);
    // Forgets the oldest actions, and the pictures that nothing refers to any more.
    void seal();

private:
    Database& database_;
    std::int64_t action_ = 0;
    std::set<std::string> classes_;
    std::set<std::string> captures_;
};

}  // namespace overfeat::learn
