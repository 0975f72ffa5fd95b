// SPDX-License-Identifier: Apache-2.0
//
// Classes as one file: out to others, and in from anybody.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/label_set.h"
#include "engine/learn/identifier.h"
#include "engine/learn/library_state.h"
#include "engine/learn/schema.h"

namespace overfeat::learn {
namespace {

namespace fs = std::filesystem;

// What a file from outside says it holds, checked. Pictures stay in the file.
struct Offer {
    std::vector<ClassRow> classes;
    std::vector<CaptureRow> captures;
};

class Import {
public:
    Import(const fs::path& file, std::chrono::milliseconds patience) : file_(file) {
        std::error_code unknown;
        size_ = FileStamp::of(file).size;
        if (!fs::is_regular_file(file, unknown)) refuse("is not a file that can be read");
        if (size_ > kLargestFile) refuse("is too large to be a set of classes");
        try {
            source_ = Database(file, FileMode::kUnchanging, patience);
        } catch (const SqliteError&) {
            refuse("cannot be read");
        }
        sqlite3_progress_handler(source_.handle(), kStepsPerCall, &Import::countSteps, this);
    }
    ~Import() { sqlite3_progress_handler(source_.handle(), 0, nullptr, nullptr); }
    Import(const Import&) = delete;
    Import& operator=(const Import&) = delete;

    Offer read();
    // Calls `take(capture id, bytes)` for every picture.
    template <typename Take>
    void pictures(const std::set<std::string>& wanted, const Take& take);

    [[noreturn]] void refuse(const std::string& why) const {
        throw Error(ErrorCode::kInput,
                    "The file " + shown(file_) + " " + why +
                        ", so nothing was imported; ask for a new export.",
                    file_.string());
    }

private:
    static constexpr std::int64_t kLargestFile = std::int64_t{4} << 30;
    static constexpr int kStepsPerCall = 100'000;
    // A hundred times what the largest honest file takes.
    static constexpr int kMostCalls = 10'000;

    static int countSteps(void* self) {
        return ++static_cast<Import*>(self)->calls_ > kMostCalls ? 1 : 0;
    }
    fs::path file_;
    std::int64_t size_ = 0;
    int calls_ = 0;
    Database source_;
};

// Tables are read from end to end, never by an index: an index may say anything.
Offer Import::read() {
    switch (schemaOf(source_)) {
        case SchemaState::kCurrent:
            break;
        case SchemaState::kNewer:
            refuse("was written by a later version of this program");
        case SchemaState::kOlder:
        case SchemaState::kEmpty:
        case SchemaState::kDamaged:
        case SchemaState::kForeign:
            refuse("is not a set of classes");
    }
    Offer offer;
    std::int64_t bytes = 0;
    std::set<std::string> ids;
    Statement classes =
        source_.prepare("SELECT " + std::string(kClassColumns) + " FROM class NOT INDEXED");
    while (classes.step()) {
        offer.classes.push_back(readClass(source_, classes));
        const ClassRow& row = offer.classes.back();
        if (!isSound(row)) refuse("holds a class that is none");
        bytes += static_cast<std::int64_t>(row.id.size() + row.name.size());
        const bool known = !ids.insert(row.id).second;
        if (known || bytes > size_ || std::ssize(offer.classes) > kMostClasses) {
            refuse("holds more classes than there can be");
        }
    }
    std::ranges::sort(offer.classes, {}, &ClassRow::position);
    Statement captures =
        source_.prepare("SELECT " + std::string(kCaptureColumns) + " FROM capture NOT INDEXED");
    std::set<std::string> capture_ids;
    while (captures.step()) {
        offer.captures.push_back(readCapture(source_, captures));
        const CaptureRow& row = offer.captures.back();
        if (!isSound(row)) refuse("holds a capture that is none");
        bytes += static_cast<std::int64_t>(row.id.size() + row.source.size());
        const bool known = !capture_ids.insert(row.id).second;
        if (known || bytes > size_ || std::ssize(offer.captures) > kMostCaptures) {
            refuse("holds more captures than there can be");
        }
        if (row.class_id && !ids.contains(*row.class_id)) {
            refuse("holds a capture of a class that is not in it");
        }
    }
    std::ranges::sort(offer.captures, {}, &CaptureRow::position);
    return offer;
}

template <typename Take>
void Import::pictures(const std::set<std::string>& wanted, const Take& take) {
    Statement rows = source_.prepare("SELECT capture_id, checksum, bytes FROM picture NOT INDEXED");
    std::set<std::string> missing = wanted;
    std::int64_t bytes = 0;
    while (rows.step()) {
        const std::string id = rows.text(0);
        const auto picture = rows.bytes(2);
        bytes += static_cast<std::int64_t>(id.size() + picture.size());
        if (bytes > size_) refuse("holds more pictures than there can be");
        // Others, and a second one of the same capture, are nobody's.
        if (missing.erase(id) == 0) continue;
        if (picture.empty() || picture.size() > kLargestPictureBytes ||
            rows.integer(1) != pictureChecksum(picture)) {
            refuse("holds a picture that is none");
        }
        take(id, picture);
    }
    if (!missing.empty()) refuse("lacks the picture of a capture");
}

std::string freeName(Database& database, const std::string& name) {
    Statement rows = database.prepare("SELECT 1 FROM class WHERE name = ?1 COLLATE NOCASE");
    std::string free = name;
    for (int i = 2;; ++i) {
        const bool taken = rows.bind(1, free).step();
        rows.reset();
        if (!taken) return free;
        const std::string end = " (" + std::to_string(i) + ")";
        free = sanitisedLabel(name, kLongestNameBytes - end.size()) + end;
    }
}

// The class of the library that one of the file is about.
std::optional<ClassRow> knownClass(Database& database, const ClassRow& row) {
    if (auto same = findClass(database, row.id)) return same;
    Statement rows = database.prepare("SELECT id FROM class WHERE name = ?1 COLLATE NOCASE");
    rows.bind(1, row.name);
    return rows.step() ? findClass(database, rows.text(0)) : std::nullopt;
}

void checkRoom(Database& database) {
    if (database.number("SELECT count(*) FROM class") > kMostClasses ||
        database.number("SELECT count(*) FROM capture") > kMostCaptures) {
        throw Error(ErrorCode::kUsage,
                    "With the import the class library would hold too much, so nothing was "
                    "imported; delete some classes first.");
    }
}

// Puts the rows of an offer into the library; the pictures follow.
class Merger {
public:
    Merger(Database& database, std::string what, KnownClass known)
        : database_(database), what_(std::move(what)), known_(known) {}

    void add(const Offer& offer);
    const std::set<std::string>& neededPictures() const noexcept { return pictures_; }
    const ImportReport& report() const noexcept { return report_; }
    // After the pictures: a capture refers to its picture.
    void finish();

private:
    std::string placeOf(const ClassRow& row, bool has_new);

    Database& database_;
    std::string what_;
    std::optional<Recorder> recorder_;  // nothing if there is nothing new
    KnownClass known_;
    ImportReport report_;
    std::set<std::string> pictures_;
    std::vector<CaptureRow> captures_;
};

std::string Merger::placeOf(const ClassRow& row, bool has_new) {
    const auto same = knownClass(database_, row);
    if (same && (known_ == KnownClass::kMerge || !has_new)) {
        ++report_.merged_classes;
        return same->id;
    }
    ClassRow fresh = row;
    fresh.position = 0;
    if (fresh.threshold) *fresh.threshold += 0.0;
    if (findClass(database_, row.id)) fresh.id = newIdentifier();
    fresh.name = freeName(database_, row.name);
    recorder_->touchClass(fresh.id);
    put(database_, fresh);
    ++report_.new_classes;
    return fresh.id;
}

void Merger::add(const Offer& offer) {
    std::map<std::string, std::vector<CaptureRow>> of_class;  // "" = of none
    for (const CaptureRow& row : offer.captures) {
        if (findCapture(database_, row.id)) {
            ++report_.known_captures;
            continue;
        }
        of_class[row.class_id.value_or(std::string())].push_back(row);
    }
    const bool news = !of_class.empty() || std::ranges::any_of(offer.classes, [&](const auto& row) {
        return !knownClass(database_, row);
    });
    // Before anything else is looked up: it forgets the pictures of what was undone.
    if (news) recorder_.emplace(database_, what_, nowUnixS());
    const auto take = [&](const std::string& from, const std::optional<std::string>& into) {
        for (CaptureRow row : of_class[from]) {
            row.class_id = into;
            row.position = 0;
            row.box.x += 0.0;
            row.box.y += 0.0;
            Statement rows = database_.prepare("SELECT 1 FROM picture WHERE capture_id = ?1");
            // That of a deleted capture may still be there.
            if (!rows.bind(1, row.id).step()) pictures_.insert(row.id);
            captures_.push_back(std::move(row));
        }
    };
    for (const ClassRow& row : offer.classes)
        take(row.id, placeOf(row, !of_class[row.id].empty()));
    take("", std::nullopt);
}

void Merger::finish() {
    for (const CaptureRow& row : captures_) {
        recorder_->touchCapture(row.id);
        put(database_, row);
        ++report_.new_captures;
    }
    checkRoom(database_);
    if (recorder_) recorder_->seal();
}

// Copies a query's rows as they are; the columns of both sides are the same.
void copyRow(const Statement& from, Statement& into, int columns) {
    for (int column = 0; column < columns; ++column)
        into.bindValue(column + 1, from, column);
    into.finish();
}

bool isPartOfLibrary(const fs::path& file, const fs::path& library) {
    std::error_code different;
    return fs::equivalent(file, library, different) ||
           fs::equivalent(file, backupOf(library), different);
}

}  // namespace

ImportReport ClassLibrary::importFrom(const fs::path& file, KnownClass known) {
    state_->requireWritable();
    Import source(file, state_->options.patience);
    try {
        const Offer offer = source.read();
        return state_->change([&] {
            Database& database = state_->database;
            Merger merger(database,
                          "import " + sanitisedLabel(file.filename().string(), kLongestNameBytes),
                          known);
            merger.add(offer);
            source.pictures(merger.neededPictures(), [&](const std::string& id, const auto bytes) {
                putPicture(database, id, bytes);
            });
            merger.finish();
            return merger.report();
        });
    } catch (const SqliteError& error) {
        // Of the file, not of the library.
        if (error.where() == file.string()) source.refuse("is damaged or is not a set of classes");
        throw;
    }
}

void ClassLibrary::exportTo(const fs::path& file, std::span<const std::string> class_ids) {
    if (isPartOfLibrary(file, state_->file)) {
        throw Error(ErrorCode::kUsage,
                    "A class library cannot be exported onto itself; choose another name.",
                    file.string());
    }
    for (const std::string& id : class_ids)
        state_->classOf(id);
    const fs::path part = partOf(file);
    try {
        Database out(part, FileMode::kCreate, std::chrono::milliseconds(0));
        out.run("PRAGMA journal_mode = MEMORY");
        out.run("PRAGMA synchronous = OFF");  // the whole file is settled at the end
        Transaction reading(state_->database, Transaction::Kind::kRead);
        Transaction writing(out, Transaction::Kind::kWrite);
        createSchema(out);
        const LibraryContent content = readContent(state_->database);
        const auto copy = [&](std::string_view table, std::string_view columns,
                              std::string_view key, const std::string& id) {
            const std::string names(columns);
            Statement from =
                state_->database.prepare("SELECT " + names + " FROM " + std::string(table) +
                                         " WHERE " + std::string(key) + " = ?1");
            from.bind(1, id);
            const auto count = static_cast<int>(std::ranges::count(columns, ',')) + 1;
            std::string places = "?";
            for (int i = 1; i < count; ++i)
                places += ", ?";
            Statement into = out.prepare("INSERT INTO " + std::string(table) + "(" + names +
                                         ") VALUES(" + places + ")");
            while (from.step())
                copyRow(from, into, count);
        };
        const auto copyCaptures = [&](const std::vector<Capture>& captures) {
            for (const Capture& capture : captures) {
                copy("picture", "capture_id, checksum, bytes", "capture_id", capture.id);
                copy("capture", kCaptureColumns, "id", capture.id);
            }
        };
        for (const TaughtClass& one : content.classes) {
            if (!class_ids.empty() && std::ranges::find(class_ids, one.id) == class_ids.end()) {
                continue;
            }
            copy("class", kClassColumns, "id", one.id);
            copyCaptures(one.captures);
        }
        if (class_ids.empty()) copyCaptures(content.negatives);
        writing.commit();
        reading.commit();
        out.close();
        putInPlace(part, file);
    } catch (...) {
        std::error_code ignored;
        fs::remove(part, ignored);
        fs::remove(part.string() + "-journal", ignored);
        throw;
    }
}

}  // namespace overfeat::learn
