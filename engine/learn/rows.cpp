// SPDX-License-Identifier: Apache-2.0
#include "engine/learn/rows.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

#include "engine/core/label_set.h"
#include "engine/learn/checksum.h"
#include "engine/learn/history.h"
#include "engine/learn/identifier.h"

namespace overfeat::learn {
namespace {

std::string select(std::string_view columns, std::string_view rest) {
    return "SELECT " + std::string(columns) + " " + std::string(rest);
}

Capture captureOf(CaptureRow row) {
    return {.id = std::move(row.id),
            .class_id = std::move(row.class_id).value_or(std::string()),
            .negative = row.negative != 0,
            .box = row.box,
            .source = std::move(row.source),
            .made_unix_s = row.made_unix_s};
}

bool hasTypes(const Statement& statement, std::initializer_list<int> types) {
    int column = 0;
    for (const int type : types) {
        const int is = statement.type(column++);
        // A negative type may also be missing.
        if (is != std::abs(type) && !(type < 0 && is == SQLITE_NULL)) return false;
    }
    return true;
}

}  // namespace

void throwDamaged(const Database& database, std::string_view what) {
    const std::string file = database.file().string();
    throw SqliteError(SQLITE_CORRUPT,
                      "The class library " + sanitisedLabel(file, 1000) +
                          " is damaged: " + std::string(what) + ".",
                      file);
}

std::int64_t ClassRow::checksum() const noexcept {
    Checksum sum;
    sum.add(id).add(position).add(name).add(colour).add(enabled);
    if (threshold) sum.add(*threshold);
    return sum.value();
}

std::int64_t CaptureRow::checksum() const noexcept {
    Checksum sum;
    sum.add(id).add(position).add(class_id ? std::string_view(*class_id) : "").add(negative);
    sum.add(box.x).add(box.y).add(box.width).add(box.height).add(source).add(made_unix_s);
    return sum.value();
}

bool isBox(const RectPx& box) noexcept {
    constexpr double kFar = 1e6;
    return std::abs(box.x) <= kFar && std::abs(box.y) <= kFar && box.width > 0 && box.height > 0 &&
           box.width <= kFar && box.height <= kFar;
}

bool holdsUnitRows(const FeatureMatrix& matrix) noexcept {
    constexpr float kMost = 1.01F;  // some rounding is no damage
    return std::ranges::all_of(matrix.values, [](float value) { return std::abs(value) <= kMost; });
}

bool isSound(const ClassRow& row) {
    return isIdentifier(row.id) && !row.name.empty() &&
           sanitisedLabel(row.name, kLongestNameBytes) == row.name && row.name.front() != ' ' &&
           row.name.back() != ' ' && row.colour >= TaughtClass::kAutomaticColour &&
           row.colour <= 0xFFFFFF && (row.enabled == 0 || row.enabled == 1) &&
           (!row.threshold || (*row.threshold >= 0 && *row.threshold <= 1));
}

bool isSound(const CaptureRow& row) {
    constexpr std::int64_t kYear10000 = 253'402'300'800;
    return isIdentifier(row.id) && isBox(row.box) &&
           sanitisedLabel(row.source, kLongestSourceBytes) == row.source &&
           (row.negative == 1 || (row.negative == 0 && row.class_id)) && row.made_unix_s >= 0 &&
           row.made_unix_s < kYear10000;
}

ClassRow readClass(const Database& database, const Statement& statement) {
    ClassRow row{.id = statement.text(0),
                 .position = statement.integer(1),
                 .name = statement.text(2),
                 .colour = statement.integer(3),
                 .enabled = statement.integer(4),
                 .threshold = {}};
    if (!statement.isNull(5)) row.threshold = statement.real(5);
    if (!hasTypes(statement, {SQLITE_TEXT, SQLITE_INTEGER, SQLITE_TEXT, SQLITE_INTEGER,
                              SQLITE_INTEGER, -SQLITE_FLOAT, SQLITE_INTEGER}) ||
        statement.integer(6) != row.checksum()) {
        throwDamaged(database, "a class is not as it was written");
    }
    return row;
}

CaptureRow readCapture(const Database& database, const Statement& statement) {
    CaptureRow row{
        .id = statement.text(0),
        .position = statement.integer(1),
        .class_id = {},
        .negative = statement.integer(3),
        .box = {statement.real(4), statement.real(5), statement.real(6), statement.real(7)},
        .source = statement.text(8),
        .made_unix_s = statement.integer(9)};
    if (!statement.isNull(2)) row.class_id = statement.text(2);
    if (!hasTypes(statement, {SQLITE_TEXT, SQLITE_INTEGER, -SQLITE_TEXT, SQLITE_INTEGER,
                              SQLITE_FLOAT, SQLITE_FLOAT, SQLITE_FLOAT, SQLITE_FLOAT, SQLITE_TEXT,
                              SQLITE_INTEGER, SQLITE_INTEGER}) ||
        statement.integer(10) != row.checksum()) {
        throwDamaged(database, "a capture is not as it was written");
    }
    return row;
}

std::optional<ClassRow> findClass(Database& database, std::string_view id) {
    Statement rows = database.prepare(select(kClassColumns, "FROM class WHERE id = ?1"));
    rows.bind(1, id);
    if (!rows.step()) return std::nullopt;
    return readClass(database, rows);
}

std::optional<CaptureRow> findCapture(Database& database, std::string_view id) {
    Statement rows = database.prepare(select(kCaptureColumns, "FROM capture WHERE id = ?1"));
    rows.bind(1, id);
    if (!rows.step()) return std::nullopt;
    return readCapture(database, rows);
}

void put(Database& database, ClassRow row) {
    if (row.position == 0) {
        row.position = database.number("SELECT coalesce(max(position), 0) + 1 FROM class");
    }
    Statement insert = database.prepare(
        "INSERT INTO class(id, position, name, colour, enabled, threshold, checksum) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(id) DO UPDATE SET position = ?2, "
        "name = ?3, colour = ?4, enabled = ?5, threshold = ?6, checksum = ?7");
    insert.bind(1, row.id).bind(2, row.position).bind(3, row.name).bind(4, row.colour);
    insert.bind(5, row.enabled).bind(6, row.threshold).bind(7, row.checksum()).finish();
}

void put(Database& database, CaptureRow row) {
    if (row.position == 0) {
        row.position = database.number("SELECT coalesce(max(position), 0) + 1 FROM capture");
    }
    Statement insert = database.prepare(
        "INSERT INTO capture(id, position, class_id, negative, box_x, box_y, box_width, "
        "box_height, source, made_unix_s, checksum) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT(id) DO UPDATE SET "
        "position = ?2, class_id = ?3, negative = ?4, checksum = ?11");
    insert.bind(1, row.id).bind(2, row.position).bind(3, row.class_id).bind(4, row.negative);
    insert.bind(5, row.box.x).bind(6, row.box.y).bind(7, row.box.width).bind(8, row.box.height);
    insert.bind(9, row.source).bind(10, row.made_unix_s).bind(11, row.checksum()).finish();
}

std::int64_t pictureChecksum(std::span<const std::byte> bytes) noexcept {
    return Checksum().add(bytes).value();
}

void putPicture(Database& database, std::string_view capture_id, std::span<const std::byte> bytes) {
    Statement insert =
        database.prepare("INSERT INTO picture(capture_id, checksum, bytes) VALUES(?1, ?2, ?3)");
    insert.bind(1, capture_id).bind(2, pictureChecksum(bytes)).bind(3, bytes).finish();
}

std::optional<std::vector<std::byte>> readPicture(Database& database, std::string_view capture_id) {
    Statement rows = database.prepare("SELECT checksum, bytes FROM picture WHERE capture_id = ?1");
    rows.bind(1, capture_id);
    if (!rows.step()) return std::nullopt;
    const auto bytes = rows.bytes(1);
    if (rows.integer(0) != pictureChecksum(bytes)) {
        throwDamaged(database, "a picture is not as it was written; delete its capture");
    }
    return std::vector<std::byte>(bytes.begin(), bytes.end());
}

LibraryContent readContent(Database& database) {
    LibraryContent content;
    std::unordered_map<std::string, std::size_t> place;
    Statement classes = database.prepare(select(kClassColumns, "FROM class ORDER BY position, id"));
    while (classes.step()) {
        ClassRow row = readClass(database, classes);
        if (!isSound(row)) throwDamaged(database, "it holds a class that is none");
        place.emplace(row.id, content.classes.size());
        content.classes.push_back({.id = std::move(row.id),
                                   .name = std::move(row.name),
                                   .colour = static_cast<int>(row.colour),
                                   .enabled = row.enabled != 0,
                                   .threshold = row.threshold,
                                   .captures = {}});
    }
    Statement captures =
        database.prepare(select(kCaptureColumns, "FROM capture ORDER BY position, id"));
    while (captures.step()) {
        CaptureRow row = readCapture(database, captures);
        if (!isSound(row)) throwDamaged(database, "it holds a capture that is none");
        Capture capture = captureOf(std::move(row));
        if (capture.class_id.empty()) {
            content.negatives.push_back(std::move(capture));
            continue;
        }
        const auto at = place.find(capture.class_id);
        if (at == place.end()) throwDamaged(database, "a capture is of a class that is not there");
        content.classes[at->second].captures.push_back(std::move(capture));
    }
    content.undo = stepToUndo(database);
    content.redo = stepToRedo(database);
    return content;
}

}  // namespace overfeat::learn
