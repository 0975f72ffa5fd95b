// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/learn/class_library.h"
#include "engine/learn/history.h"
#include "engine/learn/rows.h"
#include "engine/learn/sqlite.h"

namespace overfeat::learn {

// Which file lies at a path, and since when it is as it is.
struct FileStamp {
    dev_t device = 0;
    ino_t node = 0;
    std::int64_t size = -1;
    std::int64_t changed_ns = 0;

    static FileStamp of(const std::filesystem::path& file);
    bool operator==(const FileStamp&) const = default;
};

struct ClassLibrary::State {
    std::filesystem::path file;
    LibraryOptions options;
    std::string read_only_because;
    Database database;
    bool unchanging = false;  // read without locks, see FileMode::kUnchanging
    FileStamp stamp;          // when it was opened
    bool changed = false;     // by us, since the last backup

    std::shared_ptr<const LibraryContent> content;
    std::int64_t content_version = -1;  // SQLite's data_version then
    bool content_stale = true;          // through our own changes
    // What undo() and redo() may do: as of the last content() or the last change of ours.
    std::optional<HistoryStep> undo;
    std::optional<HistoryStep> redo;

    // Opens the connection and checks what is in the file.
    void connect();
    void connectToRead();
    void checkContent();
    // Throws Error(kInput) if nothing can be changed, or if the file is no longer at its place.
    void requireWritable() const;

    // One action: all that `body` does, or nothing. `body` makes its own Recorder.
    template <typename Body>
    auto change(Body&& body) {
        requireWritable();
        Transaction transaction(database, Transaction::Kind::kWrite);
        auto result = std::forward<Body>(body)();
        auto next_undo = stepToUndo(database);
        auto next_redo = stepToRedo(database);
        transaction.commit();
        undo = std::move(next_undo);
        redo = std::move(next_redo);
        changed = true;
        content_stale = true;
        return result;
    }

    // Throws Error(kUsage) if there is no such class or capture.
    ClassRow classOf(std::string_view id);
    CaptureRow captureOf(std::string_view id);
};

// Since 1970.
std::int64_t nowUnixS();

// "2026-11-29 15:30 UTC"
std::string dateText(std::int64_t unix_s);
// "2026-11-29-153000", for names of files.
std::string fileDate(std::int64_t unix_s);

// For sentences: a path as it can be shown.
std::string shown(const std::filesystem::path& file);

bool isThere(const std::filesystem::path& file) noexcept;
std::filesystem::path folderOf(const std::filesystem::path& file);

// Where the one copy of a library lies.
std::filesystem::path backupOf(const std::filesystem::path& library);

// A whole copy of an open library, atomically in the place of an earlier one.
void makeBackup(Database& library, const std::filesystem::path& backup);

// Whether the backup is missing or ten minutes older than the library.
bool backupIsDue(const std::filesystem::path& library);

// Puts `part` where `file` is, in one step that survives a power cut.
void putInPlace(const std::filesystem::path& part, const std::filesystem::path& file);

// A name beside `file` that nobody else uses.
std::filesystem::path partOf(const std::filesystem::path& file);

// Throws Error(kUsage) unless it is a name (which it returns as it is kept), a capture, a picture.
std::string checkedName(std::string_view name);
void checkCapture(const NewCapture& capture);

}  // namespace overfeat::learn
