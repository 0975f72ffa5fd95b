// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/error.h"

namespace overfeat::learn {

// What SQLite answered, as the sentence for a person and as the number for whoever must decide.
struct SqliteError : Error {
    SqliteError(int result, const std::string& message, std::string where);

    int result;  // extended result code
    bool damaged() const noexcept;
    bool busy() const noexcept { return (result & 0xFF) == SQLITE_BUSY; }
};

enum class FileMode {
    kCreate,     // read and write, made if it is not there
    kWrite,      // read and write
    kRead,       // other programs may be writing
    kUnchanging  // read without locks: nobody writes, or nobody could be heard
};

class Statement;

// One connection, set up to distrust what is in the file: no triggers, views, functions from the
// schema or extensions. Belongs to one thread. Every call may throw SqliteError.
class Database {
public:
    Database() = default;
    Database(const std::filesystem::path& file, FileMode mode, std::chrono::milliseconds patience);

    // Commands without a result.
    void run(const char* sql);
    Statement prepare(std::string_view sql);
    // The number in the first column of the first row.
    std::int64_t number(std::string_view sql);
    std::string text(std::string_view sql);
    std::int64_t changes() const noexcept { return sqlite3_changes64(handle_.get()); }

    bool isOpen() const noexcept { return handle_ != nullptr; }
    void close() noexcept { handle_.reset(); }
    sqlite3* handle() const noexcept { return handle_.get(); }
    const std::filesystem::path& file() const noexcept { return file_; }
    // Throws for any result that is not OK.
    void check(int result) const;

private:
    struct Close {
        void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
    };
    std::unique_ptr<sqlite3, Close> handle_;
    std::filesystem::path file_;
};

// A prepared statement. Parameters are numbered from 1, columns from 0.
class Statement {
public:
    Statement(const Database& database, std::string_view sql);

    Statement& bind(int index, std::int64_t value);
    Statement& bind(int index, double value);
    Statement& bind(int index, std::string_view value);
    // Not copied: must live until the statement has been run.
    Statement& bind(int index, std::span<const std::byte> value);
    Statement& bindNull(int index);
    // A column of another statement's row, as it is.
    Statement& bindValue(int index, const Statement& from, int column);
    template <typename T>
    Statement& bind(int index, const std::optional<T>& value) {
        return value ? bind(index, *value) : bindNull(index);
    }

    // True if there is a row to read.
    bool step();
    // Ready to be run again with other parameters.
    void reset();
    // Runs to the end and makes it ready for the next parameters.
    void finish();

    int type(int column) const noexcept { return sqlite3_column_type(statement_.get(), column); }
    bool isNull(int column) const noexcept { return type(column) == SQLITE_NULL; }
    std::int64_t integer(int column) const noexcept {
        return sqlite3_column_int64(statement_.get(), column);
    }
    double real(int column) const noexcept {
        return sqlite3_column_double(statement_.get(), column);
    }
    std::string text(int column) const;
    // Valid until the next step.
    std::span<const std::byte> bytes(int column) const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
    };
    const Database* database_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Everything until commit() happens, or nothing of it.
class Transaction {
public:
    enum class Kind { kRead, kWrite };

    Transaction(Database& database, Kind kind);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    // What was confirmed by this survives the end of the process and of the power.
    void commit();

private:
    Database& database_;
    bool open_ = true;
};

}  // namespace overfeat::learn
