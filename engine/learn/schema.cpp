// SPDX-License-Identifier: Apache-2.0
#include "engine/learn/schema.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/learn/identifier.h"
#include "engine/learn/rows.h"

namespace overfeat::learn {
namespace {

struct Entry {
    std::string_view type;
    std::string_view name;
    const char* sql;
};

// The text is compared with what a file says, so not a blank of it may change within one version.
// Pictures and embeddings lie apart from the captures: they stay where they are while their capture
// is deleted and brought back, and a list of captures is read without them.
constexpr std::array kEntries{
    // One row: a name that a library shares with its backups only.
    Entry{"table", "origin", R"(CREATE TABLE origin(
  id TEXT NOT NULL PRIMARY KEY
) STRICT)"},
    Entry{"table", "class",
          R"(CREATE TABLE class(
  id TEXT NOT NULL PRIMARY KEY,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  colour INTEGER NOT NULL,
  enabled INTEGER NOT NULL CHECK(enabled IN (0, 1)),
  threshold REAL,
  checksum INTEGER NOT NULL
) STRICT)"},
    Entry{"index", "class_name", "CREATE UNIQUE INDEX class_name ON class(name COLLATE NOCASE)"},
    Entry{"table", "picture",
          R"(CREATE TABLE picture(
  capture_id TEXT NOT NULL PRIMARY KEY,
  checksum INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT)"},
    Entry{"table", "capture",
          R"(CREATE TABLE capture(
  id TEXT NOT NULL PRIMARY KEY REFERENCES picture(capture_id),
  position INTEGER NOT NULL,
  class_id TEXT REFERENCES class(id) DEFERRABLE INITIALLY DEFERRED,
  negative INTEGER NOT NULL CHECK(negative IN (0, 1)),
  box_x REAL NOT NULL,
  box_y REAL NOT NULL,
  box_width REAL NOT NULL,
  box_height REAL NOT NULL,
  source TEXT NOT NULL,
  made_unix_s INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  CHECK(negative = 1 OR class_id IS NOT NULL)
) STRICT)"},
    Entry{"index", "capture_class", "CREATE INDEX capture_class ON capture(class_id)"},
    Entry{"index", "capture_position", "CREATE INDEX capture_position ON capture(position)"},
    Entry{"table", "embedding",
          R"(CREATE TABLE embedding(
  space TEXT NOT NULL,
  capture_id TEXT NOT NULL REFERENCES picture(capture_id) ON DELETE CASCADE,
  kind INTEGER NOT NULL CHECK(kind IN (0, 1)),
  row_count INTEGER NOT NULL,
  column_count INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY(space, capture_id, kind)
) STRICT)"},
    Entry{"index", "embedding_capture", "CREATE INDEX embedding_capture ON embedding(capture_id)"},
    Entry{"table", "action",
          R"(CREATE TABLE action(
  id INTEGER NOT NULL PRIMARY KEY,
  made_unix_s INTEGER NOT NULL,
  what TEXT NOT NULL,
  undone INTEGER NOT NULL CHECK(undone IN (0, 1)),
  checksum INTEGER NOT NULL
) STRICT)"},
    Entry{"table", "class_history",
          R"(CREATE TABLE class_history(
  action_id INTEGER NOT NULL REFERENCES action(id) ON DELETE CASCADE,
  after INTEGER NOT NULL CHECK(after IN (0, 1)),
  id TEXT NOT NULL,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  colour INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  threshold REAL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY(action_id, after, id)
) STRICT, WITHOUT ROWID)"},
    Entry{"table", "capture_history",
          R"(CREATE TABLE capture_history(
  action_id INTEGER NOT NULL REFERENCES action(id) ON DELETE CASCADE,
  after INTEGER NOT NULL CHECK(after IN (0, 1)),
  id TEXT NOT NULL,
  position INTEGER NOT NULL,
  class_id TEXT,
  negative INTEGER NOT NULL,
  box_x REAL NOT NULL,
  box_y REAL NOT NULL,
  box_width REAL NOT NULL,
  box_height REAL NOT NULL,
  source TEXT NOT NULL,
  made_unix_s INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY(action_id, after, id)
) STRICT, WITHOUT ROWID)"},
    Entry{"index", "capture_history_id", "CREATE INDEX capture_history_id ON capture_history(id)"},
};

// Indices that SQLite makes by itself for primary keys; those of tables without row numbers have
// no entry.
bool isAutomaticIndex(std::string_view name) {
    return name.starts_with("sqlite_autoindex_");
}

// What newer files must have at least: tables (no views, no virtual ones) that can be read.
bool hasTables(const std::set<std::string>& tables) {
    return std::ranges::all_of(kEntries, [&](const Entry& entry) {
        return entry.type != "table" || tables.contains(std::string(entry.name));
    });
}

SchemaState stateNow(Database& database) {
    const std::int64_t application = database.number("PRAGMA application_id");
    const std::int64_t version = database.number("PRAGMA user_version");
    std::set<std::string> tables;
    std::size_t same = 0;
    std::size_t all = 0;
    Statement rows = database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema");
    while (rows.step()) {
        const std::string type = rows.text(0);
        const std::string name = rows.text(1);
        if (type == "index" && isAutomaticIndex(name) && rows.isNull(3)) continue;
        if (++all > 1000) break;
        const std::string sql = rows.text(3);
        if (type == "table" && sql.starts_with("CREATE TABLE ")) tables.insert(name);
        same += static_cast<std::size_t>(std::ranges::count_if(kEntries, [&](const Entry& entry) {
            return type == entry.type && name == entry.name && sql == entry.sql;
        }));
    }
    if (all == 0 && application == 0 && version == 0) return SchemaState::kEmpty;
    if (application != kApplicationId) return SchemaState::kForeign;
    if (version <= 0) return SchemaState::kDamaged;
    if (version < kSchemaVersion) return SchemaState::kOlder;
    if (version > kSchemaVersion) {
        return hasTables(tables) ? SchemaState::kNewer : SchemaState::kDamaged;
    }
    return same == kEntries.size() && all == same ? SchemaState::kCurrent : SchemaState::kDamaged;
}

}  // namespace

SchemaState schemaOf(Database& database) {
    if (sqlite3_get_autocommit(database.handle()) == 0) return stateNow(database);
    // All of one moment: another program may be making the tables at this one, and a header from
    // before with tables from after would be nobody's.
    Transaction moment(database, Transaction::Kind::kRead);
    const SchemaState state = stateNow(database);
    moment.commit();
    return state;
}

void checkStructure(Database& database) {
    // SQLite's own check goes down a tree by recursion as far as a file says, until the stack ends;
    // a cursor gives up after twenty levels. So a cursor goes first, through every tree there is.
    std::vector<std::array<std::string, 3>> trees;
    Statement entries = database.prepare("SELECT type, name, tbl_name FROM sqlite_schema");
    while (entries.step())
        trees.push_back({entries.text(0), entries.text(1), entries.text(2)});
    for (const auto& [type, name, table] : trees) {
        if (type == "table") {
            database.number("SELECT count(*) FROM " + name + " NOT INDEXED");
        } else {
            Statement columns = database.prepare("PRAGMA index_info(" + name + ")");
            columns.step();
            std::string sql = "SELECT total(length(" + columns.text(2);
            sql.append(")) FROM ").append(table).append(" INDEXED BY ").append(name);
            database.number(sql);
        }
    }
    if (database.text("PRAGMA integrity_check(1)") != "ok") {
        throwDamaged(database, "its structure is broken");
    }
    if (!database.text("PRAGMA foreign_key_check").empty()) {
        throwDamaged(database, "something in it refers to nothing");
    }
}

void createSchema(Database& database) {
    for (const Entry& entry : kEntries)
        database.run(entry.sql);
    Statement name = database.prepare("INSERT INTO origin(id) VALUES(?1)");
    name.bind(1, newIdentifier()).finish();
    database.run(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
    database.run(("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str());
}

void migrateSchema(Database& database) {
    // One step per version, each leaving what createSchema() of the next one would make:
    //     if (version == 1) { ...; version = 2; }
    const std::int64_t version = database.number("PRAGMA user_version");
    if (version == kSchemaVersion) return;
    throw SqliteError(SQLITE_NOTADB,
                      "There never was a class library of version " + std::to_string(version) +
                          " as " + database.file().string() + " says it is.",
                      database.file().string());
}

}  // namespace overfeat::learn
