// SPDX-License-Identifier: Apache-2.0
//
// Opening: what kind of file it is, whether it is whole, whether it can be written.
#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <utility>

#include "engine/core/error.h"
#include "engine/learn/library_state.h"
#include "engine/learn/schema.h"

namespace overfeat::learn {
namespace {

namespace fs = std::filesystem;

bool canWrite(const fs::path& path, int also) {
    return ::faccessat(AT_FDCWD, path.c_str(), W_OK | also, AT_EACCESS) == 0;
}

std::string readOnlyReason(const fs::path& file, const LibraryOptions& options) {
    const std::string so = ", so it can be looked at but not changed.";
    if (options.read_only) return "The class library " + shown(file) + " is open for reading only.";
    if (isThere(file) && !canWrite(file, 0)) {
        return "The class library " + shown(file) + " may not be written" + so;
    }
    if (isThere(folderOf(file)) && !canWrite(folderOf(file), X_OK)) {
        return "The folder of the class library " + shown(file) + " may not be written" + so;
    }
    return {};
}

Error notALibrary(const fs::path& file) {
    return {ErrorCode::kInput,
            "The file " + shown(file) + " is not a class library; choose another.", file.string()};
}

struct Header {
    bool empty = false;
    bool database = false;     // SQLite's
    bool application = false;  // ours
};

Header headerOf(const fs::path& file) {
    char bytes[100] = {};
    std::ifstream in(file, std::ios::binary);
    in.read(bytes, sizeof bytes);
    return {.empty = in.gcount() == 0,
            .database = std::memcmp(bytes, "SQLite format 3", 16) == 0,
            .application = std::memcmp(bytes + 68, "OFLv", 4) == 0};
}

// Whether a file that SQLite cannot make sense of was a library once: only such a file is moved.
bool wasOurs(const fs::path& file) {
    const Header header = headerOf(file);
    return header.application || isThere(backupOf(file)) ||
           (!header.database && isThere(file.string() + "-wal"));
}

// Never replaces a file, and never loses one: the log goes along, it may hold the latest changes.
fs::path setAside(const fs::path& file, const FileStamp& damaged) {
    const std::string base = file.string() + ".damaged-" + fileDate(nowUnixS());
    fs::path aside = base;
    for (int i = 2; isThere(aside); ++i)
        aside = base + "-" + std::to_string(i);
    const FileStamp now_there = FileStamp::of(file);
    if (now_there.node != damaged.node || now_there.device != damaged.device) {
        throw Error(ErrorCode::kRuntime,
                    "Another program is repairing " + shown(file) + "; try again.", file.string());
    }
    std::error_code failed;
    fs::rename(file, aside, failed);
    if (failed) {
        throw Error(ErrorCode::kInput,
                    "The class library " + shown(file) +
                        " is damaged and cannot be renamed: " + failed.message() + ".",
                    file.string());
    }
    std::error_code ignored;
    fs::rename(file.string() + "-wal", aside.string() + "-wal", ignored);
    fs::remove(file.string() + "-shm", ignored);
    return aside;
}

void makeFolder(const fs::path& file) {
    std::error_code failed;
    fs::create_directories(folderOf(file), failed);
    if (failed) {
        throw Error(ErrorCode::kInput,
                    "The folder of the class library " + shown(file) +
                        " cannot be made: " + failed.message() + ".",
                    file.string());
    }
}

void setUp(Database& database) {
    // Another program that does the same at this moment does it for both.
    try {
        database.run("PRAGMA journal_mode = WAL");
    } catch (const SqliteError& error) {
        if (!error.busy()) throw;
    }
    // Every commit waits for the disk.
    database.run("PRAGMA synchronous = FULL");
}

}  // namespace

void ClassLibrary::State::checkContent() {
    Transaction transaction(database, Transaction::Kind::kRead);
    readContent(database);
    // Of a later version nobody here knows what is in it.
    if (database.number("PRAGMA user_version") == kSchemaVersion) checkStructure(database);
    transaction.commit();
}

void ClassLibrary::State::connectToRead() {
    stamp = FileStamp::of(file);
    unchanging = false;
    const auto check = [&] {
        const SchemaState schema = schemaOf(database);
        if (schema == SchemaState::kForeign) throw notALibrary(file);
        if (schema == SchemaState::kDamaged) throwDamaged(database, "its tables are not its own");
        if (schema == SchemaState::kEmpty || schema == SchemaState::kOlder) {
            throw Error(ErrorCode::kInput,
                        "The class library " + shown(file) +
                            " is new or of an earlier version; open it once where it may be "
                            "written.",
                        file.string());
        }
        checkContent();
    };
    try {
        database = Database(file, FileMode::kRead, options.patience);
        check();
        return;
    } catch (const SqliteError& error) {
        const int kind = error.result & 0xFF;
        // Where the files beside it cannot be made, nobody writes either.
        if (kind != SQLITE_CANTOPEN && kind != SQLITE_READONLY && kind != SQLITE_PERM) throw;
    }
    const FileStamp log = FileStamp::of(file.string() + "-wal");
    if (log.size > 0) {
        throw Error(ErrorCode::kInput,
                    "The class library " + shown(file) +
                        " was not closed by the program that wrote it, and its folder cannot be "
                        "written; copy it with the files beside it to another folder.",
                    file.string());
    }
    database = Database(file, FileMode::kUnchanging, options.patience);
    unchanging = true;
    check();
}

void ClassLibrary::State::connect() {
    if (!read_only_because.empty()) {
        connectToRead();
        return;
    }
    stamp = FileStamp::of(file);
    const Header header = headerOf(file);
    if (!header.empty && !header.database) {
        // SQLite itself takes a very short file of any kind for an empty one.
        throw SqliteError(SQLITE_NOTADB,
                          "The file " + shown(file) + " does not begin like a class library.",
                          file.string());
    }
    database = Database(file, FileMode::kCreate, options.patience);
    stamp = FileStamp::of(file);
    switch (schemaOf(database)) {
        case SchemaState::kForeign:
            if (!isThere(backupOf(file))) throw notALibrary(file);
            throwDamaged(database, "its header is not its own");
        case SchemaState::kDamaged:
            throwDamaged(database, "its tables are not its own");
        case SchemaState::kNewer:
            read_only_because = "The class library " + shown(file) +
                                " was written by a later version of this program, so it can be "
                                "looked at but not changed.";
            database.close();
            connectToRead();
            return;
        case SchemaState::kEmpty: {
            setUp(database);
            Transaction transaction(database, Transaction::Kind::kWrite);
            if (schemaOf(database) == SchemaState::kEmpty) createSchema(database);
            transaction.commit();
            break;
        }
        case SchemaState::kOlder: {
            setUp(database);
            makeBackup(database, backupOf(file));
            Transaction transaction(database, Transaction::Kind::kWrite);
            migrateSchema(database);
            transaction.commit();
            break;
        }
        case SchemaState::kCurrent:
            if (sqlite3_db_readonly(database.handle(), "main") == 1) {
                throwDamaged(database, "its header is not its own");
            }
            setUp(database);
            break;
    }
    checkContent();
}

void ClassLibrary::State::requireWritable() const {
    if (!read_only_because.empty()) {
        throw Error(ErrorCode::kInput, read_only_because, file.string());
    }
    const FileStamp now_there = FileStamp::of(file);
    if (now_there.node != stamp.node || now_there.device != stamp.device) {
        throw Error(ErrorCode::kInput,
                    "The class library " + shown(file) +
                        " was moved or replaced by another program; open it again.",
                    file.string());
    }
}

OpenedLibrary ClassLibrary::open(const fs::path& given, const LibraryOptions& options) {
    // Where the file really lies: its log and its backup lie beside it.
    std::error_code unknown;
    const fs::path resolved = fs::weakly_canonical(fs::absolute(given, unknown), unknown);
    const fs::path file = resolved.empty() ? given : resolved;
    const fs::file_status status = fs::status(file, unknown);
    if (fs::exists(status) && !fs::is_regular_file(status)) throw notALibrary(file);
    if (status.type() == fs::file_type::not_found) {
        if (options.read_only) {
            throw Error(ErrorCode::kInput,
                        "There is no class library " + shown(file) + "; teach something first.",
                        file.string());
        }
        makeFolder(file);
    }

    auto state = std::make_unique<State>();
    state->file = file;
    state->options = options;
    state->read_only_because = readOnlyReason(file, options);
    OpenedLibrary opened;
    try {
        state->connect();
    } catch (const SqliteError& error) {
        state->database.close();
        if (!error.damaged()) throw;
        if (!wasOurs(file)) throw notALibrary(file);
        if (!state->read_only_because.empty()) {
            if (!isThere(backupOf(file))) throw;
            throw Error(ErrorCode::kInput,
                        "The class library " + shown(file) + " is damaged; its backup is " +
                            shown(backupOf(file)) + ".",
                        file.string());
        }
        opened.set_aside = setAside(file, state->stamp);
        state->connect();
    }
    opened.notice = state->read_only_because;
    opened.library.reset(new ClassLibrary(std::move(state)));
    const auto content = opened.library->content();
    const bool empty = content->classes.empty() && content->captureCount() == 0 && !content->undo &&
                       !content->redo;
    const fs::path backup = backupOf(file);
    if (empty && isThere(backup)) {
        opened.backup = backup;
        opened.backup_made_unix_s = FileStamp::of(backup).changed_ns / 1'000'000'000;
    }
    if (!opened.set_aside.empty()) {
        opened.notice = "The class library " + shown(file) + " was damaged; it is kept as " +
                        shown(opened.set_aside) + ", and ";
        opened.notice +=
            opened.backup.empty()
                ? "a new one has begun."
                : "its backup of " + dateText(*opened.backup_made_unix_s) + " can be restored.";
    } else if (!opened.backup.empty() && opened.notice.empty()) {
        opened.notice = "The class library " + shown(file) + " is empty, but its backup of " +
                        dateText(*opened.backup_made_unix_s) + " can be restored.";
    }
    if (!empty && opened.notice.empty() && backupIsDue(file)) {
        try {
            opened.library->backUp();
        } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the next time will do
        }
    }
    return opened;
}

ClassLibrary::ClassLibrary(std::unique_ptr<State> state) : state_(std::move(state)) {}

ClassLibrary::~ClassLibrary() {
    try {
        if (state_->changed && backupIsDue(state_->file)) backUp();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the next time will do
    }
}

const fs::path& ClassLibrary::file() const noexcept {
    return state_->file;
}

const std::string& ClassLibrary::readOnlyBecause() const noexcept {
    return state_->read_only_because;
}

}  // namespace overfeat::learn
