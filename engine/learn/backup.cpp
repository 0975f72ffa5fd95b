// SPDX-License-Identifier: Apache-2.0
//
// The one copy beside a library, and how a whole file comes into its place.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>

#include "engine/core/error.h"
#include "engine/core/label_set.h"
#include "engine/learn/identifier.h"
#include "engine/learn/library_state.h"
#include "engine/learn/schema.h"

namespace overfeat::learn {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void throwNotWritten(const fs::path& file, int system_error) {
    const std::error_code code(system_error, std::generic_category());
    throw Error(ErrorCode::kRuntime,
                "The file " + shown(file) + " cannot be written: " + code.message() + ".",
                file.string());
}

// So that it is on the disk, not only on its way there. Some file systems (of networks, of other
// programs) have no way to wait for that, and are used all the same.
void settle(const fs::path& file, int flags) {
    const int descriptor = ::open(file.c_str(), flags | O_CLOEXEC);
    const bool settled = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int problem = settled ? 0 : errno;
    if (descriptor >= 0) ::close(descriptor);
    const bool cannot =
        descriptor >= 0 && (problem == EINVAL || problem == ENOSYS || problem == EOPNOTSUPP);
    if (!settled && !cannot) throwNotWritten(file, problem);
}

// What a program that was ended has left behind; nobody works on one for an hour.
void removeOldParts(const fs::path& file) {
    const std::string start = file.filename().string() + ".part-";
    std::error_code failed;
    const auto now = fs::file_time_type::clock::now();
    for (fs::directory_iterator at(folderOf(file), failed), end; !failed && at != end;
         at.increment(failed)) {
        if (!at->path().filename().string().starts_with(start)) continue;
        std::error_code ignored;
        const auto written = fs::last_write_time(at->path(), ignored);
        if (!ignored && now - written > std::chrono::hours(1)) fs::remove(at->path(), ignored);
    }
}

void copyPages(Database& from, Database& into) {
    sqlite3_backup* copy = sqlite3_backup_init(into.handle(), "main", from.handle(), "main");
    if (copy == nullptr) into.check(sqlite3_extended_errcode(into.handle()));
    const int result = sqlite3_backup_step(copy, -1);
    sqlite3_backup_finish(copy);
    if (result != SQLITE_DONE) into.check(result == SQLITE_OK ? SQLITE_BUSY : result);
}

// An earlier backup of another library in this place (one that was lost, or set aside as damaged)
// is not replaced but kept under another name.
void keepBackupOfAnother(Database& library, const fs::path& backup) {
    std::error_code missing;
    if (!isThere(backup)) return;
    try {
        Database earlier(backup, FileMode::kUnchanging, std::chrono::milliseconds(0));
        constexpr std::string_view kOrigin = "SELECT id FROM origin";
        if (earlier.text(kOrigin) == library.text(kOrigin)) return;
    } catch (const SqliteError&) {  // NOLINT(bugprone-empty-catch): unreadable, so kept
    }
    const std::string base =
        backup.string() + "-" + fileDate(FileStamp::of(backup).changed_ns / 1'000'000'000);
    fs::path kept = base;
    for (int i = 2; isThere(kept); ++i)
        kept = base + "-" + std::to_string(i);
    fs::rename(backup, kept, missing);
    if (missing) throwNotWritten(backup, missing.value());
}

}  // namespace

std::string shown(const fs::path& file) {
    return sanitisedLabel(file.string(), 1000);
}

bool isThere(const fs::path& file) noexcept {
    std::error_code unknown;
    return fs::exists(file, unknown);
}

fs::path folderOf(const fs::path& file) {
    return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

std::int64_t nowUnixS() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

namespace {

std::string formatted(std::int64_t unix_s, const char* format) {
    const auto time = static_cast<std::time_t>(unix_s);
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, format, &parts)};
}

}  // namespace

std::string dateText(std::int64_t unix_s) {
    return formatted(unix_s, "%Y-%m-%d %H:%M UTC");
}

std::string fileDate(std::int64_t unix_s) {
    return formatted(unix_s, "%Y-%m-%d-%H%M%S");
}

FileStamp FileStamp::of(const fs::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return {};
    return {.device = status.st_dev,
            .node = status.st_ino,
            .size = status.st_size,
            .changed_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

fs::path backupOf(const fs::path& library) {
    return library.string() + ".backup";
}

fs::path partOf(const fs::path& file) {
    return file.string() + ".part-" + newIdentifier();
}

void putInPlace(const fs::path& part, const fs::path& file) {
    settle(part, O_RDWR);
    if (::rename(part.c_str(), file.c_str()) != 0) throwNotWritten(file, errno);
    settle(folderOf(file), O_RDONLY | O_DIRECTORY);
}

bool backupIsDue(const fs::path& library) {
    std::error_code missing;
    const auto copied = fs::last_write_time(backupOf(library), missing);
    if (missing) return true;
    auto written = fs::last_write_time(library, missing);
    if (missing) return false;
    // An empty log only says that somebody looked.
    const fs::path log = library.string() + "-wal";
    if (FileStamp::of(log).size > 0) {
        written = std::max(written, fs::last_write_time(log, missing));
    }
    return written > copied &&
           fs::file_time_type::clock::now() - copied >= std::chrono::minutes(10);
}

void makeBackup(Database& library, const fs::path& backup) {
    removeOldParts(backup);
    const fs::path part = partOf(backup);
    try {
        Database copy(part, FileMode::kCreate, std::chrono::milliseconds(0));
        copyPages(library, copy);
        // One plain file, without the log beside it that the library has.
        copy.run("PRAGMA journal_mode = DELETE");
        checkStructure(copy);
        copy.close();
        keepBackupOfAnother(library, backup);
        putInPlace(part, backup);
    } catch (...) {
        std::error_code ignored;
        for (const char* end : {"", "-journal", "-wal", "-shm"}) {
            fs::remove(part.string() + end, ignored);
        }
        throw;
    }
}

void ClassLibrary::backUp() {
    state_->requireWritable();
    makeBackup(state_->database, backupOf(state_->file));
    state_->changed = false;
}

void ClassLibrary::restoreBackup() {
    state_->requireWritable();
    const fs::path backup = backupOf(state_->file);
    if (!isThere(backup)) {
        throw Error(ErrorCode::kInput, "There is no backup of " + shown(state_->file) + ".",
                    backup.string());
    }
    {
        Database copy(backup, FileMode::kUnchanging, state_->options.patience);
        if (schemaOf(copy) != SchemaState::kCurrent) {
            throw Error(ErrorCode::kInput,
                        "The backup " + shown(backup) + " is of another version or damaged.",
                        backup.string());
        }
        readContent(copy);
        checkStructure(copy);
    }
    Database& database = state_->database;
    sqlite3_limit(database.handle(), SQLITE_LIMIT_ATTACHED, 1);
    const auto detach = [&] {
        sqlite3_exec(database.handle(), "DETACH backup", nullptr, nullptr, nullptr);
        sqlite3_limit(database.handle(), SQLITE_LIMIT_ATTACHED, 0);
    };
    try {
        database.prepare("ATTACH ?1 AS backup").bind(1, backup.string()).finish();
        state_->change([&] {
            for (const char* table : {"class", "capture", "action"}) {
                if (database.number("SELECT count(*) FROM main." + std::string(table)) == 0) {
                    continue;
                }
                throw Error(ErrorCode::kUsage,
                            "The library has been used since; import the backup " + shown(backup) +
                                " instead.");
            }
            for (const char* table : {"origin", "class", "picture", "capture", "embedding",
                                      "action", "class_history", "capture_history"}) {
                const std::string name(table);
                // It goes on as the library that it was.
                if (name == "origin") database.run("DELETE FROM main.origin");
                std::string copy = "INSERT INTO main." + name;
                copy.append(" SELECT * FROM backup.").append(name);
                database.run(copy.c_str());
            }
            return true;
        });
    } catch (...) {
        detach();
        throw;
    }
    detach();
}

}  // namespace overfeat::learn
