// SPDX-License-Identifier: Apache-2.0
#include "tests/engine/learn/import_trial.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/label_set.h"
#include "engine/learn/identifier.h"
#include "engine/learn/rows.h"
#include "engine/learn/sqlite.h"
#include "tests/engine/learn/library_model.h"
#include "tests/support/file_bytes.h"

namespace overfeat::test {
namespace {

namespace fs = std::filesystem;

// Through a connection that trusts everything; what does not work stays undone.
void runTrusting(const fs::path& file, const std::string& sql) {
    sqlite3* handle = nullptr;
    if (sqlite3_open(file.c_str(), &handle) == SQLITE_OK) {
        sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);
        sqlite3_db_config(handle, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, nullptr);
        sqlite3_exec(
            handle,
            ("PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF; " + sql).c_str(),
            nullptr, nullptr, nullptr);
    }
    sqlite3_close(handle);
}

template <typename List>
const auto& oneOf(const ImportTrial::Random& random, const List& all) {
    return all[random() % all.size()];
}

std::string identifierOf(std::uint64_t number) {
    constexpr std::size_t kDigits = 12;
    const std::string digits = std::to_string(number);
    return "00000000-0000-4000-8000-" + std::string(kDigits - digits.size(), '0') + digits;
}

// One that no honest row has. Not newIdentifier(): a trial is a function of its numbers.
std::string anyIdentifier(const ImportTrial::Random& random) {
    return identifierOf(1'000'000 + random() % 1'000'000);
}

std::vector<std::string> idsOf(learn::Database& database, const std::string& table) {
    std::vector<std::string> ids;
    learn::Statement rows = database.prepare("SELECT id FROM " + table + " ORDER BY position, id");
    while (rows.step())
        ids.push_back(rows.text(0));
    return ids;
}

// Puts ids that count in the place of random ones.
void countIds(learn::Database& database) {
    std::uint64_t count = 0;
    std::map<std::string, std::string> ids;  // the new one of each class
    std::vector<learn::ClassRow> classes;
    for (const std::string& id : idsOf(database, "class")) {
        classes.push_back(learn::findClass(database, id).value());
        classes.back().id = ids[id] = identifierOf(++count);
    }
    std::vector<std::pair<learn::CaptureRow, std::vector<std::byte>>> captures;
    for (const std::string& id : idsOf(database, "capture")) {
        captures.emplace_back(learn::findCapture(database, id).value(),
                              learn::readPicture(database, id).value());
        auto& row = captures.back().first;
        row.id = identifierOf(++count);
        if (row.class_id) row.class_id = ids.at(*row.class_id);
    }
    learn::Transaction all(database, learn::Transaction::Kind::kWrite);
    for (const char* table : {"capture", "picture", "class"})
        database.run(("DELETE FROM " + std::string(table)).c_str());
    database.run(("UPDATE origin SET id = '" + identifierOf(0) + "'").c_str());
    for (const auto& row : classes)
        learn::put(database, row);
    for (const auto& [row, picture] : captures) {
        learn::putPicture(database, row.id, picture);
        learn::put(database, row);
    }
    all.commit();
}

// The same file in every process: nothing of it is random, or lies where something else was.
void makeReproducible(const fs::path& file) {
    {
        learn::Database database(file, learn::FileMode::kWrite, std::chrono::milliseconds(0));
        countIds(database);
    }
    runTrusting(file, "VACUUM");
}

double anyReal(const ImportTrial::Random& random) {
    static const std::array kReals{0.0,
                                   -0.0,
                                   0.5,
                                   1.0,
                                   1.5,
                                   -1.0,
                                   1e-300,
                                   1e6,
                                   1e12,
                                   1e308,
                                   -1e7,
                                   12.25,
                                   std::numeric_limits<double>::infinity(),
                                   -std::numeric_limits<double>::infinity()};
    return oneOf(random, kReals);
}

std::int64_t anyInteger(const ImportTrial::Random& random) {
    static const std::array<std::int64_t, 12> kIntegers{0,
                                                        1,
                                                        -1,
                                                        2,
                                                        0xFFFFFF,
                                                        0x1000000,
                                                        1'700'000'000,
                                                        253'402'300'800,
                                                        -2,
                                                        std::numeric_limits<std::int64_t>::max(),
                                                        std::numeric_limits<std::int64_t>::min(),
                                                        7};
    return oneOf(random, kIntegers);
}

std::string anyText(const ImportTrial::Random& random) {
    static const std::array<std::string, 13> kTexts{"",
                                                    "mug",
                                                    " mug",
                                                    "two\nlines",
                                                    std::string("nul\0in it", 9),
                                                    "\xFF\xFE",
                                                    "\xE2\x80\xAE"
                                                    "gum",
                                                    std::string(200, 'a'),
                                                    std::string(201, 'a'),
                                                    std::string(100'000, 'b'),
                                                    "'; DROP TABLE class; --",
                                                    "6f0e2f5e-0000-4000-8000-000000000000",
                                                    "6F0E2F5E-0000-4000-8000-000000000000"};
    return oneOf(random, kTexts);
}

}  // namespace

ImportTrial::ImportTrial(const fs::path& folder)
    : file_(folder / "hostile.db"), library_file_(folder / "library.db") {
    const fs::path other = folder / "other.db";
    {
        const auto source = learn::ClassLibrary::open(other).library;
        RandomActions actions(*source, 99);
        for (int i = 0; i < 25; ++i) {
            const auto step = actions.plan();
            step.perform();
            actions.accept(step);
        }
        source->addNegatives({}, std::vector{captureNamed("a wall")});
        source->exportTo(file_);
    }
    makeReproducible(file_);
    honest_ = bytesOf(file_);
    library_ = learn::ClassLibrary::open(library_file_).library;
    const std::string mug = library_->teach("mug", std::vector{captureNamed("left")});
    library_->setThreshold(mug, 0.5);
    // Half of what the honest file holds is known.
    library_->importFrom(file_, learn::KnownClass::kMerge);
    const auto content = library_->content();
    for (std::size_t i = 0; i < content->classes.size(); i += 2) {
        library_->deleteClass(content->classes[i].id);
    }
    library_.reset();  // all of it is in its file then
    library_bytes_ = bytesOf(library_file_);
}

// What comes of a file must not depend on those that were imported before it.
void ImportTrial::openLibrary() {
    library_.reset();
    for (const char* end : {"", "-wal", "-shm"})
        fs::remove(library_file_.string() + end);
    std::ofstream(library_file_, std::ios::binary) << library_bytes_;
    library_ = learn::ClassLibrary::open(library_file_).library;
}

std::string ImportTrial::mutatedBytes(const Random& random) const {
    std::string bytes = honest_;
    const auto at = [&] { return static_cast<std::size_t>(random() % bytes.size()); };
    const std::size_t pages = bytes.size() / 4096;
    for (std::uint64_t i = 0, many = 1 + random() % 8; i < many; ++i) {
        switch (random() % 8) {
            case 0:
                bytes[at()] = static_cast<char>(random());
                break;
            case 1:
                bytes[at()] ^= static_cast<char>(1 << (random() % 8));
                break;
            case 2:  // the headers of pages, where their structure lies
            case 3: {
                static const std::array<char, 8> kValues{'\0', '\1', '\2',   '\5',
                                                         '\n', '\r', '\x7F', '\xFF'};
                bytes[random() % pages * 4096 + random() % 24] = oneOf(random, kValues);
                break;
            }
            case 4:
                bytes[random() % 100] = static_cast<char>(random());
                break;
            case 5: {  // one page in the place of another
                const std::string page = bytes.substr(random() % pages * 4096, 4096);
                bytes.replace(random() % pages * 4096, 4096, page);
                break;
            }
            case 6: {  // a run in another place
                const std::string run = bytes.substr(at(), random() % 300);
                const std::size_t to = at();
                bytes.replace(to, std::min(run.size(), bytes.size() - to), run);
                bytes.resize(honest_.size());
                break;
            }
            default:
                if (random() % 4 == 0) {
                    bytes.resize(4096 + random() % (bytes.size() - 4096));
                    bytes.resize(honest_.size());
                }
        }
    }
    if (random() % 16 == 0) bytes.resize(random() % bytes.size());
    return bytes;
}

// Rows that are wrong, with the checksums that make them look right.
void ImportTrial::mutateRows(const Random& random) const {
    learn::Database database(file_, learn::FileMode::kWrite, std::chrono::milliseconds(0));
    database.run("PRAGMA synchronous = OFF");
    database.run("PRAGMA foreign_keys = OFF");
    database.run("PRAGMA ignore_check_constraints = ON");
    auto row = learn::findClass(database, oneOf(random, idsOf(database, "class")));
    auto capture = learn::findCapture(database, oneOf(random, idsOf(database, "capture")));
    if (!row || !capture) return;
    switch (random() % 14) {
        case 0:
            row->name = anyText(random);
            break;
        case 1:
            row->id = random() % 2 == 0 ? anyText(random) : anyIdentifier(random);
            break;
        case 2:
            row->colour = anyInteger(random);
            break;
        case 3:
            row->enabled = anyInteger(random);
            break;
        case 4:
            row->threshold = anyReal(random);
            break;
        case 5:
            row->position = anyInteger(random);
            break;
        case 6:
            capture->id = random() % 2 == 0 ? anyText(random) : anyIdentifier(random);
            break;
        case 7:
            capture->class_id = anyText(random);
            break;
        case 8:
            capture->class_id.reset();
            break;
        case 9:
            capture->negative = anyInteger(random);
            break;
        case 10:
            capture->id = anyIdentifier(random);
            capture->box = {anyReal(random), anyReal(random), anyReal(random), anyReal(random)};
            if (random() % 2 == 0) learn::putPicture(database, capture->id, {});
            break;
        case 11:
            capture->made_unix_s = anyInteger(random);
            break;
        case 12:
            capture->source = anyText(random);
            break;
        default:
            database.run("DELETE FROM picture WHERE rowid = (SELECT rowid FROM picture LIMIT 1)");
            break;
    }
    learn::put(database, *row);
    // Replaced, so that every column is written.
    if (random() % 2 == 0) database.run("DELETE FROM capture WHERE rowid % 3 = 1");
    learn::put(database, *capture);
}

void ImportTrial::mutateSchema(const Random& random) const {
    static const std::array<std::string, 24> kWays{
        "CREATE TRIGGER t AFTER INSERT ON class BEGIN DELETE FROM capture; END",
        "CREATE VIEW v AS SELECT * FROM class",
        "DROP TABLE picture; CREATE VIEW picture AS SELECT id AS capture_id, 1 AS checksum, "
        "zeroblob(1000000000) AS bytes FROM capture",
        "CREATE VIRTUAL TABLE f USING fts5(x)",
        "CREATE TABLE more(x)",
        "CREATE INDEX more ON class(name)",
        "DROP INDEX capture_class",
        "ALTER TABLE class ADD COLUMN more",
        "PRAGMA application_id = 7",
        "PRAGMA user_version = 2",
        "PRAGMA user_version = 0",
        "PRAGMA user_version = -1",
        "PRAGMA journal_mode = WAL",
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = "
        "'class') WHERE name = 'capture'",
        "UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'class'",
        "UPDATE sqlite_schema SET rootpage = 1000000 WHERE name = 'picture'",
        "UPDATE sqlite_schema SET rootpage = 0 WHERE name = 'capture'",
        "UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '') WHERE name = 'class'",
        "UPDATE sqlite_schema SET sql = sql || ' ' WHERE name = 'picture'",
        "UPDATE sqlite_schema SET type = 'view' WHERE name = 'class'",
        "UPDATE sqlite_schema SET name = 'x' WHERE name = 'capture'",
        "DELETE FROM sqlite_schema WHERE name = 'sqlite_autoindex_class_1'",
        "INSERT INTO sqlite_schema SELECT * FROM sqlite_schema WHERE name = 'class'",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT "
        "INTO "
        "embedding SELECT 'space', (SELECT id FROM capture LIMIT 1) || i, 0, 1, 1, 1, zeroblob(4) "
        "FROM n"};
    runTrusting(file_, oneOf(random, kWays));
}

void ImportTrial::makeFile(const Random& random) const {
    for (const char* end : {"-journal", "-wal", "-shm"})
        fs::remove(file_.string() + end);
    const std::uint64_t kind = random() % 8;
    std::ofstream(file_, std::ios::binary) << (kind < 5 ? mutatedBytes(random) : honest_);
    try {
        if (kind == 5 || kind == 6) mutateRows(random);
        if (kind == 7) mutateSchema(random);
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
        // What SQLite does not write stays as it was.
    }
}

std::string ImportTrial::checkTaken() const {
    const auto content = library_->content();
    const auto text = [](const std::string& it, std::size_t longest) {
        return sanitisedLabel(it, longest) == it;
    };
    const auto captures = [&](const std::vector<learn::Capture>& all) {
        return std::ranges::all_of(all, [&](const learn::Capture& one) {
            const auto size = library_->picture(one.id).size();
            return learn::isIdentifier(one.id) && text(one.source, learn::kLongestSourceBytes) &&
                   std::isfinite(one.box.x + one.box.y + one.box.width + one.box.height) &&
                   one.box.area() > 0 && size > 0 && size <= learn::kLargestPictureBytes;
        });
    };
    for (const learn::TaughtClass& one : content->classes) {
        const bool threshold = !one.threshold || (*one.threshold >= 0 && *one.threshold <= 1);
        if (!learn::isIdentifier(one.id) || one.name.empty() ||
            !text(one.name, learn::kLongestNameBytes) || !threshold || one.colour > 0xFFFFFF ||
            content->findNamed(one.name) != &one || !captures(one.captures)) {
            return "a class that is none was taken: " + one.name;
        }
    }
    return captures(content->negatives) ? "" : "a negative that is none was taken";
}

std::string ImportTrial::once(const Random& random) {
    makeFile(random);
    openLibrary();
    const auto before = library_->content();
    const auto known = random() % 2 == 0 ? learn::KnownClass::kMerge : learn::KnownClass::kKeepBoth;
    try {
        const auto report = library_->importFrom(file_, known);
        ++taken;
        const std::string wrong = checkTaken();
        if (!wrong.empty()) return wrong;
        if (report.new_classes + report.new_captures > 0 && !library_->undo()) {
            return "the import was no action";
        }
        const auto after = library_->content();
        if (after->classes != before->classes || after->negatives != before->negatives) {
            return "undoing the import left something";
        }
    } catch (const Error& error) {
        ++refused;
        if (*library_->content() != *before) {
            return std::string("changed though it refused: ") + error.what();
        }
        const std::string sentence = error.what();
        if (error.code() != ErrorCode::kInput || !sentence.ends_with('.')) {
            return "not a sentence about the file: " + sentence;
        }
    }
    return {};
}

}  // namespace overfeat::test
