// SPDX-License-Identifier: Apache-2.0
#include "engine/learn/history.h"

#include <vector>

#include "engine/core/label_set.h"
#include "engine/learn/checksum.h"
#include "engine/learn/rows.h"

namespace overfeat::learn {
namespace {

struct ActionRow {
    std::int64_t id = 0;
    std::int64_t made_unix_s = 0;
    std::string what;
    std::int64_t undone = 0;

    std::int64_t checksum() const noexcept {
        return Checksum().add(id).add(made_unix_s).add(what).add(undone).value();
    }
};

void put(Database& database, const ActionRow& row) {
    Statement insert = database.prepare(
        "INSERT INTO action(id, made_unix_s, what, undone, checksum) VALUES(?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT(id) DO UPDATE SET undone = ?4, checksum = ?5");
    insert.bind(1, row.id).bind(2, row.made_unix_s).bind(3, row.what).bind(4, row.undone);
    insert.bind(5, row.checksum()).finish();
}

std::optional<ActionRow> readAction(Database& database, std::string_view which) {
    Statement rows = database.prepare(
        "SELECT id, made_unix_s, what, undone, checksum FROM action " + std::string(which));
    if (!rows.step()) return std::nullopt;
    const ActionRow row{.id = rows.integer(0),
                        .made_unix_s = rows.integer(1),
                        .what = rows.text(2),
                        .undone = rows.integer(3)};
    // Two names and the words between them.
    constexpr std::size_t kLongest = 2 * kLongestNameBytes + 100;
    if (rows.integer(4) != row.checksum() || sanitisedLabel(row.what, kLongest) != row.what) {
        throwDamaged(database, "an action of the history is not as it was written");
    }
    return row;
}

constexpr std::string_view kLastDone = "WHERE undone = 0 ORDER BY id DESC LIMIT 1";
constexpr std::string_view kFirstUndone = "WHERE undone = 1 ORDER BY id LIMIT 1";

std::optional<HistoryStep> stepOf(std::optional<ActionRow> row) {
    if (!row) return std::nullopt;
    return HistoryStep{row->id, std::move(row->what)};
}

void copyRows(Database& database, std::string_view sql, std::int64_t action, std::int64_t after) {
    Statement copy = database.prepare(sql);
    copy.bind(1, action).bind(2, after).finish();
}

// The rows of one side of an action, checked before they become those of the tables.
void checkRows(Database& database, std::int64_t action, std::int64_t after) {
    const std::string where = " WHERE action_id = ?1 AND after = ?2";
    Statement classes =
        database.prepare("SELECT " + std::string(kClassColumns) + " FROM class_history" + where);
    classes.bind(1, action).bind(2, after);
    while (classes.step())
        readClass(database, classes);
    Statement captures = database.prepare("SELECT " + std::string(kCaptureColumns) +
                                          " FROM capture_history" + where);
    captures.bind(1, action).bind(2, after);
    while (captures.step())
        readCapture(database, captures);
}

// The rows of the tables become those of one side of an action.
void restore(Database& database, std::int64_t action, std::int64_t after) {
    checkRows(database, action, after);
    const std::string class_columns(kClassColumns);
    const std::string capture_columns(kCaptureColumns);
    for (const char* table : {"capture", "class"}) {
        const std::string name(table);
        std::string sql = "DELETE FROM " + name;
        sql.append(" WHERE id IN (SELECT id FROM ").append(name);
        Statement remove = database.prepare(sql.append("_history WHERE action_id = ?1)"));
        remove.bind(1, action).finish();
    }
    copyRows(database,
             "INSERT INTO class(" + class_columns + ") SELECT " + class_columns +
                 " FROM class_history WHERE action_id = ?1 AND after = ?2",
             action, after);
    copyRows(database,
             "INSERT INTO capture(" + capture_columns + ") SELECT " + capture_columns +
                 " FROM capture_history WHERE action_id = ?1 AND after = ?2",
             action, after);
}

void setDone(Database& database, const HistoryStep& step, bool done) {
    std::optional<ActionRow> row =
        readAction(database, "WHERE id = " + std::to_string(step.action));
    if (!row) throwDamaged(database, "an action is missing from its history");
    restore(database, row->id, done ? 1 : 0);
    row->undone = done ? 0 : 1;
    put(database, *row);
}

// Removes actions with their rows, and the pictures (and with them the embeddings) of captures that
// neither are there nor can come back.
void forget(Database& database, std::string_view which) {
    std::vector<std::string> captures;
    Statement touched = database.prepare(
        "SELECT DISTINCT id FROM capture_history WHERE action_id IN (SELECT id FROM action " +
        std::string(which) + ")");
    while (touched.step())
        captures.push_back(touched.text(0));
    database.run(("DELETE FROM action " + std::string(which)).c_str());
    Statement remove = database.prepare(
        "DELETE FROM picture WHERE capture_id = ?1"
        " AND NOT EXISTS (SELECT 1 FROM capture WHERE id = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM capture_history WHERE id = ?1)");
    for (const std::string& id : captures)
        remove.bind(1, id).finish();
}

}  // namespace

std::optional<HistoryStep> stepToUndo(Database& database) {
    return stepOf(readAction(database, kLastDone));
}

std::optional<HistoryStep> stepToRedo(Database& database) {
    return stepOf(readAction(database, kFirstUndone));
}

void undo(Database& database, const HistoryStep& step) {
    setDone(database, step, false);
}

void redo(Database& database, const HistoryStep& step) {
    setDone(database, step, true);
}

Recorder::Recorder(Database& database, std::string_view what, std::int64_t now_unix_s)
    : database_(database),
      // Before anything is forgotten, so that a number is never used for two actions.
      action_(database.number("SELECT coalesce(max(id), 0) + 1 FROM action")) {
    forget(database_, "WHERE undone = 1");
    put(database_,
        {.id = action_, .made_unix_s = now_unix_s, .what = std::string(what), .undone = 0});
}

void Recorder::touchClass(const std::string& id) {
    if (!classes_.insert(id).second) return;
    const std::string columns(kClassColumns);
    Statement copy = database_.prepare("INSERT INTO class_history(action_id, after, " + columns +
                                       ") SELECT ?1, 0, " + columns + " FROM class WHERE id = ?2");
    copy.bind(1, action_).bind(2, id).finish();
}

void Recorder::touchCapture(const std::string& id) {
    if (!captures_.insert(id).second) return;
    const std::string columns(kCaptureColumns);
    Statement copy =
        database_.prepare("INSERT INTO capture_history(action_id, after, " + columns +
                          ") SELECT ?1, 0, " + columns + " FROM capture WHERE id = ?2");
    copy.bind(1, action_).bind(2, id).finish();
}

void Recorder::seal() {
    const std::string class_columns(kClassColumns);
    const std::string capture_columns(kCaptureColumns);
    Statement classes =
        database_.prepare("INSERT INTO class_history(action_id, after, " + class_columns +
                          ") SELECT ?1, 1, " + class_columns + " FROM class WHERE id = ?2");
    for (const std::string& id : classes_)
        classes.bind(1, action_).bind(2, id).finish();
    Statement captures =
        database_.prepare("INSERT INTO capture_history(action_id, after, " + capture_columns +
                          ") SELECT ?1, 1, " + capture_columns + " FROM capture WHERE id = ?2");
    for (const std::string& id : captures_)
        captures.bind(1, action_).bind(2, id).finish();
    forget(database_, "WHERE id IN (SELECT id FROM action ORDER BY id DESC LIMIT -1 OFFSET " +
                          std::to_string(kMostActions) + ")");
}

}  // namespace overfeat::learn
