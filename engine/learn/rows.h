// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/learn/sqlite.h"
#include "engine/learn/taught.h"

namespace overfeat::learn {

// The rows as they lie in the tables. Reading one checks its types and its checksum and throws
// SqliteError for a damaged one.
struct ClassRow {
    std::string id;
    std::int64_t position = 0;
    std::string name;
    std::int64_t colour = 0;
    std::int64_t enabled = 1;
    std::optional<double> threshold;

    std::int64_t checksum() const noexcept;
};

struct CaptureRow {
    std::string id;
    std::int64_t position = 0;
    std::optional<std::string> class_id;
    std::int64_t negative = 0;
    RectPx box;
    std::string source;
    std::int64_t made_unix_s = 0;

    std::int64_t checksum() const noexcept;
};

inline constexpr std::string_view kClassColumns =
    "id, position, name, colour, enabled, threshold, checksum";
inline constexpr std::string_view kCaptureColumns =
    "id, position, class_id, negative, box_x, box_y, box_width, box_height, source, made_unix_s, "
    "checksum";

// Whether a row is within what a library takes. What is not was not written by this program.
bool isSound(const ClassRow& row);
bool isSound(const CaptureRow& row);
bool isBox(const RectPx& box) noexcept;
// Whether its numbers can be those of rows of unit length, as all that networks make are. Anything
// else would make every class as like a picture as every other.
bool holdsUnitRows(const FeatureMatrix& matrix) noexcept;

// Of a statement that selects these columns.
ClassRow readClass(const Database& database, const Statement& statement);
CaptureRow readCapture(const Database& database, const Statement& statement);

std::optional<ClassRow> findClass(Database& database, std::string_view id);
std::optional<CaptureRow> findCapture(Database& database, std::string_view id);

// Adds the row or replaces the one of that id. A new row has position 0 and is put last.
void put(Database& database, ClassRow row);
void put(Database& database, CaptureRow row);

std::int64_t pictureChecksum(std::span<const std::byte> bytes) noexcept;
void putPicture(Database& database, std::string_view capture_id, std::span<const std::byte> bytes);
// Nothing if there is none.
std::optional<std::vector<std::byte>> readPicture(Database& database, std::string_view capture_id);

[[noreturn]] void throwDamaged(const Database& database, std::string_view what);

// Everything, in the transaction of the caller.
LibraryContent readContent(Database& database);

}  // namespace overfeat::learn
