// SPDX-License-Identifier: Apache-2.0
#include "engine/learn/class_library.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <optional>
#include <set>
#include <unordered_set>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/label_set.h"
#include "engine/learn/identifier.h"
#include "engine/learn/library_state.h"

namespace overfeat::learn {
namespace {

Error usage(const std::string& message) {
    return {ErrorCode::kUsage, message};
}

std::optional<ClassRow> findNamed(Database& database, std::string_view name) {
    Statement rows = database.prepare("SELECT id FROM class WHERE name = ?1 COLLATE NOCASE");
    rows.bind(1, name);
    if (!rows.step()) return std::nullopt;
    return findClass(database, rows.text(0));
}

void requireFreeName(Database& database, std::string_view name, std::string_view but_for) {
    const auto other = findNamed(database, name);
    if (other && other->id != but_for) {
        throw usage("There is a class named " + other->name +
                    " already; choose another name, or merge the two.");
    }
}

ClassRow newClass(Database& database, Recorder& recorder, const std::string& name) {
    if (database.number("SELECT count(*) FROM class") >= kMostClasses) {
        throw usage("A class library holds at most " + std::to_string(kMostClasses) +
                    " classes; delete some first.");
    }
    ClassRow row{.id = newIdentifier(),
                 .position = 0,
                 .name = name,
                 .colour = TaughtClass::kAutomaticColour,
                 .enabled = 1,
                 .threshold = {}};
    recorder.touchClass(row.id);
    put(database, row);
    return row;
}

std::vector<std::string> add(Database& database, Recorder& recorder, const std::string& class_id,
                             bool negative, std::span<const NewCapture> captures) {
    const auto many = static_cast<std::int64_t>(captures.size());
    if (database.number("SELECT count(*) FROM capture") + many > kMostCaptures) {
        throw usage("A class library holds at most " + std::to_string(kMostCaptures) +
                    " captures; delete some first.");
    }
    std::vector<std::string> ids;
    for (const NewCapture& capture : captures) {
        CaptureRow row{.id = newIdentifier(),
                       .position = 0,
                       .class_id = {},
                       .negative = negative ? 1 : 0,
                       // No negative zeros: SQLite does not keep them.
                       .box = {capture.box.x + 0.0, capture.box.y + 0.0, capture.box.width,
                               capture.box.height},
                       .source = sanitisedLabel(capture.source, kLongestSourceBytes),
                       .made_unix_s = capture.made_unix_s};
        if (!class_id.empty()) row.class_id = class_id;
        if (row.made_unix_s == 0) row.made_unix_s = nowUnixS();
        recorder.touchCapture(row.id);
        putPicture(database, row.id, capture.picture);
        put(database, row);
        ids.push_back(row.id);
    }
    return ids;
}

// "a capture", "3 captures".
std::string counted(std::size_t count, const std::string& thing) {
    return count == 1 ? "a " + thing : std::to_string(count) + " " + thing + "s";
}

// Each once, in their order.
std::vector<std::string> withoutDoubles(std::span<const std::string> ids) {
    std::vector<std::string> each;
    std::unordered_set<std::string_view> seen;
    for (const std::string& id : ids) {
        if (seen.insert(id).second) each.push_back(id);
    }
    return each;
}

void checkCaptures(std::span<const NewCapture> captures) {
    if (captures.empty()) throw usage("There is no capture to add; hand over at least one.");
    for (const NewCapture& capture : captures)
        checkCapture(capture);
}

std::vector<std::string> capturesOf(Database& database, std::string_view class_id) {
    std::vector<std::string> ids;
    Statement rows = database.prepare("SELECT id FROM capture WHERE class_id = ?1");
    rows.bind(1, class_id);
    while (rows.step())
        ids.push_back(rows.text(0));
    return ids;
}

void reassign(Database& database, Recorder& recorder, CaptureRow row, const std::string& class_id) {
    recorder.touchCapture(row.id);
    row.class_id.reset();
    if (!class_id.empty()) row.class_id = class_id;
    row.position = 0;  // last
    put(database, row);
}

void remove(Database& database, const char* table, std::string_view id) {
    Statement statement = database.prepare("DELETE FROM " + std::string(table) + " WHERE id = ?1");
    statement.bind(1, id).finish();
}

}  // namespace

std::string checkedName(std::string_view name) {
    std::string clean = sanitisedLabel(name, kLongestNameBytes);
    const auto first = clean.find_first_not_of(' ');
    if (first == std::string::npos) throw usage("A class needs a name; type one.");
    clean = clean.substr(first, clean.find_last_not_of(' ') - first + 1);
    return clean;
}

void checkCapture(const NewCapture& capture) {
    if (capture.picture.empty()) throw usage("A capture has no picture; capture it again.");
    if (capture.picture.size() > kLargestPictureBytes) {
        throw usage("The picture of a capture is larger than " +
                    std::to_string(kLargestPictureBytes >> 20) + " MiB; make it smaller.");
    }
    if (!isBox(capture.box)) {
        throw usage("The box of a capture is empty or not a box; draw it again.");
    }
}

ClassRow ClassLibrary::State::classOf(std::string_view id) {
    auto row = findClass(database, id);
    if (!row) throw usage("There is no such class any more; look at the library again.");
    return *std::move(row);
}

CaptureRow ClassLibrary::State::captureOf(std::string_view id) {
    auto row = findCapture(database, id);
    if (!row) throw usage("There is no such capture any more; look at the library again.");
    return *std::move(row);
}

std::string ClassLibrary::teach(std::string_view name, std::span<const NewCapture> captures) {
    const std::string clean = checkedName(name);
    checkCaptures(captures);
    return state_->change([&] {
        Database& database = state_->database;
        const auto known = findNamed(database, clean);
        Recorder recorder(database,
                          known
                              ? "add " + counted(captures.size(), "capture") + " to " + known->name
                              : "teach " + clean,
                          nowUnixS());
        std::string id = known ? known->id : newClass(database, recorder, clean).id;
        add(database, recorder, id, false, captures);
        recorder.seal();
        return id;
    });
}

std::vector<std::string> ClassLibrary::addCaptures(const std::string& class_id,
                                                   std::span<const NewCapture> captures) {
    checkCaptures(captures);
    return state_->change([&] {
        const ClassRow row = state_->classOf(class_id);
        Recorder recorder(state_->database,
                          "add " + counted(captures.size(), "capture") + " to " + row.name,
                          nowUnixS());
        auto ids = add(state_->database, recorder, class_id, false, captures);
        recorder.seal();
        return ids;
    });
}

std::vector<std::string> ClassLibrary::addNegatives(const std::string& class_id,
                                                    std::span<const NewCapture> captures) {
    checkCaptures(captures);
    return state_->change([&] {
        const std::string what = class_id.empty() ? "" : " to " + state_->classOf(class_id).name;
        Recorder recorder(state_->database, "add a counterexample" + what, nowUnixS());
        auto ids = add(state_->database, recorder, class_id, true, captures);
        recorder.seal();
        return ids;
    });
}

std::string ClassLibrary::addClass(std::string_view name) {
    const std::string clean = checkedName(name);
    return state_->change([&] {
        requireFreeName(state_->database, clean, {});
        Recorder recorder(state_->database, "add " + clean, nowUnixS());
        const ClassRow row = newClass(state_->database, recorder, clean);
        recorder.seal();
        return row.id;
    });
}

namespace {

// Changes one row of a class; nothing at all if it stays the same.
template <typename Edit>
void edit(Database& database, const ClassRow& before, const std::string& what, const Edit& change) {
    ClassRow after = before;
    change(after);
    if (after.checksum() == before.checksum()) return;
    Recorder recorder(database, what, nowUnixS());
    recorder.touchClass(after.id);
    put(database, after);
    recorder.seal();
}

}  // namespace

void ClassLibrary::rename(const std::string& class_id, std::string_view name) {
    const std::string clean = checkedName(name);
    state_->change([&] {
        const ClassRow row = state_->classOf(class_id);
        requireFreeName(state_->database, clean, class_id);
        edit(state_->database, row, "rename " + row.name + " to " + clean,
             [&](ClassRow& after) { after.name = clean; });
        return true;
    });
}

void ClassLibrary::setThreshold(const std::string& class_id, std::optional<double> threshold) {
    if (threshold && !(*threshold >= 0 && *threshold <= 1)) {
        throw usage("A threshold lies between 0 and 1.");
    }
    if (threshold) *threshold += 0.0;
    state_->change([&] {
        const ClassRow row = state_->classOf(class_id);
        edit(state_->database, row, "set the threshold of " + row.name,
             [&](ClassRow& after) { after.threshold = threshold; });
        return true;
    });
}

void ClassLibrary::setEnabled(const std::string& class_id, bool enabled) {
    state_->change([&] {
        const ClassRow row = state_->classOf(class_id);
        edit(state_->database, row, (enabled ? "switch on " : "switch off ") + row.name,
             [&](ClassRow& after) { after.enabled = enabled ? 1 : 0; });
        return true;
    });
}

void ClassLibrary::setColour(const std::string& class_id, int colour) {
    if (colour < TaughtClass::kAutomaticColour || colour > 0xFFFFFF) {
        throw usage("A colour lies between 0x000000 and 0xFFFFFF.");
    }
    state_->change([&] {
        const ClassRow row = state_->classOf(class_id);
        edit(state_->database, row, "set the colour of " + row.name,
             [&](ClassRow& after) { after.colour = colour; });
        return true;
    });
}

void ClassLibrary::merge(const std::string& from, const std::string& into) {
    if (from == into) throw usage("A class cannot be merged into itself; choose two.");
    state_->change([&] {
        Database& database = state_->database;
        const ClassRow gone = state_->classOf(from);
        const ClassRow kept = state_->classOf(into);
        Recorder recorder(database, "merge " + gone.name + " into " + kept.name, nowUnixS());
        for (const std::string& id : capturesOf(database, from)) {
            reassign(database, recorder, state_->captureOf(id), into);
        }
        recorder.touchClass(from);
        remove(database, "class", from);
        recorder.seal();
        return true;
    });
}

std::string ClassLibrary::split(std::span<const std::string> capture_ids, std::string_view name) {
    const std::string clean = checkedName(name);
    if (capture_ids.empty()) throw usage("Choose the captures that become a class of their own.");
    return state_->change([&] {
        Database& database = state_->database;
        requireFreeName(database, clean, {});
        Recorder recorder(database, "split off " + clean, nowUnixS());
        const ClassRow row = newClass(database, recorder, clean);
        for (const std::string& id : capture_ids) {
            reassign(database, recorder, state_->captureOf(id), row.id);
        }
        recorder.seal();
        return row.id;
    });
}

void ClassLibrary::moveCaptures(std::span<const std::string> capture_ids,
                                const std::string& class_id, bool negative) {
    if (class_id.empty() && !negative) throw usage("Choose the class that the capture goes to.");
    state_->change([&] {
        const std::string to = class_id.empty() ? "" : " to " + state_->classOf(class_id).name;
        std::vector<CaptureRow> moved;
        for (const std::string& id : withoutDoubles(capture_ids)) {
            CaptureRow capture = state_->captureOf(id);
            const bool was_negative = capture.negative != 0;
            if (capture.class_id.value_or(std::string()) == class_id && was_negative == negative) {
                continue;
            }
            capture.negative = negative ? 1 : 0;
            moved.push_back(std::move(capture));
        }
        if (moved.empty()) return true;
        Recorder recorder(
            state_->database,
            "move " + counted(moved.size(), negative ? "counterexample" : "capture") + to,
            nowUnixS());
        for (CaptureRow& capture : moved)
            reassign(state_->database, recorder, std::move(capture), class_id);
        recorder.seal();
        return true;
    });
}

void ClassLibrary::deleteCaptures(std::span<const std::string> capture_ids) {
    if (capture_ids.empty()) return;
    state_->change([&] {
        const std::vector<std::string> ids = withoutDoubles(capture_ids);
        std::set<std::optional<std::string>> classes;
        for (const std::string& id : ids)
            classes.insert(state_->captureOf(id).class_id);  // throws if there is none
        std::string of;
        if (classes.size() == 1 && *classes.begin())
            of = " of " + state_->classOf(**classes.begin()).name;
        Recorder recorder(state_->database, "delete " + counted(ids.size(), "capture") + of,
                          nowUnixS());
        for (const std::string& id : ids) {
            recorder.touchCapture(id);
            remove(state_->database, "capture", id);
        }
        recorder.seal();
        return true;
    });
}

void ClassLibrary::deleteClass(const std::string& class_id) {
    state_->change([&] {
        Database& database = state_->database;
        const ClassRow row = state_->classOf(class_id);
        Recorder recorder(database, "delete " + row.name, nowUnixS());
        for (const std::string& id : capturesOf(database, class_id)) {
            recorder.touchCapture(id);
            remove(database, "capture", id);
        }
        recorder.touchClass(class_id);
        remove(database, "class", class_id);
        recorder.seal();
        return true;
    });
}

namespace {

// The step that is next in the file, if it is the one that was shown.
std::optional<std::string> checkedStep(const std::optional<HistoryStep>& shown_step,
                                       const std::optional<HistoryStep>& next) {
    if (next != shown_step) {
        throw Error(ErrorCode::kRuntime,
                    "Another program has just changed the library; look at it and try again.");
    }
    return next ? std::optional(next->what) : std::nullopt;
}

}  // namespace

std::optional<std::string> ClassLibrary::undo() {
    if (!state_->content) content();
    const auto shown_step = state_->undo;
    return state_->change([&] {
        const auto step = stepToUndo(state_->database);
        auto what = checkedStep(shown_step, step);
        if (what) learn::undo(state_->database, *step);
        return what;
    });
}

std::optional<std::string> ClassLibrary::redo() {
    if (!state_->content) content();
    const auto shown_step = state_->redo;
    return state_->change([&] {
        const auto step = stepToRedo(state_->database);
        auto what = checkedStep(shown_step, step);
        if (what) learn::redo(state_->database, *step);
        return what;
    });
}

}  // namespace overfeat::learn
