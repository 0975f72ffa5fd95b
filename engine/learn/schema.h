// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "engine/learn/sqlite.h"

namespace overfeat::learn {

// In the header of every library and export (README.md describes the tables).
inline constexpr std::int64_t kApplicationId = 0x4F464C76;  // "OFLv"
inline constexpr std::int64_t kSchemaVersion = 1;

enum class SchemaState {
    kEmpty,    // a new file
    kCurrent,  // exactly ours
    kOlder,    // ours, of an earlier version
    kNewer,    // ours, of a later version, with the tables that are read here
    kDamaged,  // says that it is ours and is not
    kForeign,  // something else
};

// Reads the header and the table definitions, never a row of a table; all of one moment, inside the
// caller's transaction or one of its own.
SchemaState schemaOf(Database& database);

// Throws SqliteError unless every table and index can be read from end to end and is whole. Of a
// file with exactly our tables.
void checkStructure(Database& database);

// Makes the tables of a new file, or brings those of an earlier version up to date. Inside a
// transaction of the caller.
void createSchema(Database& database);
void migrateSchema(Database& database);

}  // namespace overfeat::learn
