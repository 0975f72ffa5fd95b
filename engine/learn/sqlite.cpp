// SPDX-License-Identifier: Apache-2.0
#include "engine/learn/sqlite.h"

#include <cerrno>
#include <utility>

#include "engine/core/label_set.h"

namespace overfeat::learn {
namespace {

// As a URI, so that "immutable" can be said; every byte that could mean something is escaped.
std::string uriOf(const std::filesystem::path& file, FileMode mode) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string uri = "file:";
    std::error_code failed;
    const auto absolute = std::filesystem::absolute(file, failed);
    for (const char c : (failed ? file : absolute).string()) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '-' || c == '_';
        if (plain) {
            uri += c;
        } else {
            uri += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
        }
    }
    return mode == FileMode::kUnchanging ? uri + "?immutable=1" : uri;
}

int flagsOf(FileMode mode) {
    constexpr int kCommon = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    switch (mode) {
        case FileMode::kCreate:
            return kCommon | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        case FileMode::kWrite:
            return kCommon | SQLITE_OPEN_READWRITE;
        case FileMode::kRead:
        case FileMode::kUnchanging:
            break;
    }
    return kCommon | SQLITE_OPEN_READONLY;
}

bool noRoom(int result, int system_error) {
    if ((result & 0xFF) == SQLITE_FULL) return true;
    return (result & 0xFF) == SQLITE_IOERR &&
           (system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG);
}

std::string sentenceFor(int result, sqlite3* handle, const std::filesystem::path& file) {
    const std::string name = sanitisedLabel(file.string(), 1000);
    if (noRoom(result, handle != nullptr ? sqlite3_system_errno(handle) : 0)) {
        return "There is no room on the disk for " + name +
               ", so nothing was changed; free some space and try again.";
    }
    switch (result & 0xFF) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return "Another program holds on to " + name +
                   ", so nothing was changed; try again when it has finished.";
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return "The file " + name + " is damaged or is not a class library.";
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return "The file " + name + " cannot be written; check its permissions.";
        case SQLITE_CANTOPEN:
            return "The file " + name + " cannot be opened; check its permissions.";
        case SQLITE_IOERR:
            return "The disk with " + name +
                   " is full or fails, so nothing was changed; check it and try again.";
        case SQLITE_TOOBIG:
            return "Something in " + name + " is larger than a class library may hold.";
        default:
            break;
    }
    const char* detail = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(result);
    return "The file " + name + " cannot be used: " + sanitisedLabel(detail) + ".";
}

// Of the file, or of the machine.
ErrorCode codeOf(int result) {
    switch (result & 0xFF) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
            return ErrorCode::kInput;
        default:
            return ErrorCode::kRuntime;
    }
}

// Of one text, picture or embedding. Nothing of ours comes near it, and nobody else may ask for
// more memory.
constexpr int kLargestValue = 64 << 20;

void distrust(const Database& database, std::chrono::milliseconds patience) {
    sqlite3* handle = database.handle();
    sqlite3_busy_timeout(handle, static_cast<int>(patience.count()));
    for (const auto& [option, value] :
         {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
          std::pair{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, std::pair{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
          std::pair{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
          std::pair{SQLITE_DBCONFIG_DQS_DDL, 0}, std::pair{SQLITE_DBCONFIG_DQS_DML, 0},
          std::pair{SQLITE_DBCONFIG_ENABLE_FKEY, 1}}) {
        database.check(sqlite3_db_config(handle, option, value, nullptr));
    }
    for (const auto& [limit, value] :
         {std::pair{SQLITE_LIMIT_LENGTH, kLargestValue}, std::pair{SQLITE_LIMIT_SQL_LENGTH, 20'000},
          std::pair{SQLITE_LIMIT_COLUMN, 32}, std::pair{SQLITE_LIMIT_EXPR_DEPTH, 50},
          std::pair{SQLITE_LIMIT_COMPOUND_SELECT, 4}, std::pair{SQLITE_LIMIT_VDBE_OP, 25'000},
          std::pair{SQLITE_LIMIT_FUNCTION_ARG, 8}, std::pair{SQLITE_LIMIT_ATTACHED, 0},
          std::pair{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50},
          std::pair{SQLITE_LIMIT_VARIABLE_NUMBER, 32}, std::pair{SQLITE_LIMIT_TRIGGER_DEPTH, 1},
          std::pair{SQLITE_LIMIT_WORKER_THREADS, 0}}) {
        sqlite3_limit(handle, limit, value);
    }
}

}  // namespace

SqliteError::SqliteError(int result_code, const std::string& message, std::string where)
    : Error(codeOf(result_code), message, std::move(where)), result(result_code) {}

bool SqliteError::damaged() const noexcept {
    const int kind = result & 0xFF;
    return kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB;
}

Database::Database(const std::filesystem::path& file, FileMode mode,
                   std::chrono::milliseconds patience)
    : file_(file) {
    sqlite3* handle = nullptr;
    const int result = sqlite3_open_v2(uriOf(file, mode).c_str(), &handle, flagsOf(mode), nullptr);
    handle_.reset(handle);
    check(result);
    distrust(*this, patience);
    // A page that lies about itself is noticed when it is read; a file that shrinks under a memory
    // map would end the process.
    run("PRAGMA cell_size_check = ON");
    run("PRAGMA mmap_size = 0");
    run("PRAGMA temp_store = MEMORY");
}

void Database::check(int result) const {
    if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW) return;
    throw SqliteError(result, sentenceFor(result, handle_.get(), file_), file_.string());
}

void Database::run(const char* sql) {
    check(sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr));
}

Statement Database::prepare(std::string_view sql) {
    return {*this, sql};
}

std::int64_t Database::number(std::string_view sql) {
    Statement statement = prepare(sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::string Database::text(std::string_view sql) {
    Statement statement = prepare(sql);
    return statement.step() ? statement.text(0) : std::string();
}

Statement::Statement(const Database& database, std::string_view sql) : database_(&database) {
    sqlite3_stmt* statement = nullptr;
    database.check(sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()),
                                      &statement, nullptr));
    statement_.reset(statement);
}

Statement& Statement::bind(int index, std::int64_t value) {
    database_->check(sqlite3_bind_int64(statement_.get(), index, value));
    return *this;
}

Statement& Statement::bind(int index, double value) {
    database_->check(sqlite3_bind_double(statement_.get(), index, value));
    return *this;
}

Statement& Statement::bind(int index, std::string_view value) {
    // An empty view may have no address, which would mean NULL.
    database_->check(sqlite3_bind_text64(statement_.get(), index, value.empty() ? "" : value.data(),
                                         value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(int index, std::span<const std::byte> value) {
    if (value.empty()) {
        database_->check(sqlite3_bind_zeroblob(statement_.get(), index, 0));
    } else {
        database_->check(sqlite3_bind_blob64(statement_.get(), index, value.data(), value.size(),
                                             SQLITE_STATIC));
    }
    return *this;
}

Statement& Statement::bindNull(int index) {
    database_->check(sqlite3_bind_null(statement_.get(), index));
    return *this;
}

Statement& Statement::bindValue(int index, const Statement& from, int column) {
    database_->check(sqlite3_bind_value(statement_.get(), index,
                                        sqlite3_column_value(from.statement_.get(), column)));
    return *this;
}

bool Statement::step() {
    const int result = sqlite3_step(statement_.get());
    database_->check(result);
    return result == SQLITE_ROW;
}

void Statement::finish() {
    while (step()) {
    }
    reset();
}

void Statement::reset() {
    database_->check(sqlite3_reset(statement_.get()));
    database_->check(sqlite3_clear_bindings(statement_.get()));
}

std::string Statement::text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    if (text == nullptr) return {};
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::span<const std::byte> Statement::bytes(int column) const {
    const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
    if (data == nullptr) return {};
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
    database_.run(kind == Kind::kWrite ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
    // Some failures have already rolled back; then this one does nothing.
    if (open_) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit() {
    database_.run("COMMIT");
    open_ = false;
}

}  // namespace overfeat::learn
