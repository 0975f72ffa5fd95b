// SPDX-License-Identifier: Apache-2.0
//
// What is read without changing anything, and the embeddings.
#include <bit>
#include <cstring>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "engine/core/error.h"
#include "engine/core/label_set.h"
#include "engine/learn/checksum.h"
#include "engine/learn/library_state.h"

namespace overfeat::learn {
namespace {

static_assert(std::endian::native == std::endian::little,
              "matrices lie in the file as little-endian floats");

char asciiLower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool sameName(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (asciiLower(a[i]) != asciiLower(b[i])) return false;
    }
    return true;
}

constexpr std::int64_t kPrototypes = 0;
constexpr std::int64_t kNegatives = 1;

void checkMatrix(const FeatureMatrix& matrix) {
    const auto rows = static_cast<std::size_t>(std::max(matrix.rows, 0));
    const auto columns = static_cast<std::size_t>(std::max(matrix.columns, 0));
    constexpr std::size_t kMostValues = std::size_t{8} << 20;
    if (matrix.rows < 0 || matrix.columns < 0 || rows > kMostValues || columns > kMostValues ||
        rows * columns != matrix.values.size() || rows * columns > kMostValues) {
        throw Error(ErrorCode::kUsage, "An embedding has not as many values as it says.");
    }
}

std::int64_t checksumOf(std::string_view space, std::string_view capture_id, std::int64_t kind,
                        std::int64_t rows, std::int64_t columns, std::span<const std::byte> bytes) {
    return Checksum()
        .add(space)
        .add(capture_id)
        .add(kind)
        .add(rows)
        .add(columns)
        .add(bytes)
        .value();
}

void putMatrix(Database& database, std::string_view space, const std::string& capture_id,
               std::int64_t kind, const FeatureMatrix& matrix) {
    const auto bytes = std::as_bytes(std::span(matrix.values));
    Statement insert = database.prepare(
        "INSERT OR REPLACE INTO embedding(space, capture_id, kind, row_count, column_count, "
        "checksum, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    const std::int64_t rows = matrix.rows;
    const std::int64_t columns = matrix.columns;
    insert.bind(1, space).bind(2, capture_id).bind(3, kind).bind(4, rows).bind(5, columns);
    insert.bind(6, checksumOf(space, capture_id, kind, rows, columns, bytes));
    insert.bind(7, bytes).finish();
}

// Hands over all matrices of the captures there are, by capture and with the prototypes first; no
// matrix where there is none to be used: it is as if it were not there, and is made again.
template <class Use>
void forEachMatrix(Database& database, std::string_view space, const Use& use) {
    Statement rows = database.prepare(
        "SELECT capture_id, kind, row_count, column_count, checksum, bytes FROM embedding "
        "WHERE space = ?1 AND capture_id IN (SELECT id FROM capture) ORDER BY capture_id, kind");
    rows.bind(1, space);
    while (rows.step()) {
        std::string id = rows.text(0);
        const std::int64_t kind = rows.integer(1);
        const auto bytes = rows.bytes(5);
        const std::int64_t values = std::ssize(bytes) / std::int64_t{sizeof(float)};
        FeatureMatrix matrix{.rows = static_cast<int>(rows.integer(2)),
                             .columns = static_cast<int>(rows.integer(3)),
                             .values = std::vector<float>(bytes.size() / sizeof(float))};
        const bool fits = matrix.rows >= 0 && matrix.columns >= 0 &&
                          std::int64_t{matrix.rows} * matrix.columns == values;
        const bool is_sound =
            fits &&
            rows.integer(4) == checksumOf(space, id, kind, rows.integer(2), rows.integer(3), bytes);
        if (is_sound && !bytes.empty())
            std::memcpy(matrix.values.data(), bytes.data(), bytes.size());
        std::optional<FeatureMatrix> usable;
        if (is_sound && holdsUnitRows(matrix)) usable = std::move(matrix);
        use(std::move(id), kind == kNegatives, std::move(usable));
    }
}

bool hasPicture(Database& database, std::string_view capture_id) {
    Statement rows = database.prepare("SELECT 1 FROM picture WHERE capture_id = ?1");
    return rows.bind(1, capture_id).step();
}

void checkSpace(std::string_view space) {
    if (space.empty() || space.size() > 200 || sanitisedLabel(space) != space) {
        throw Error(ErrorCode::kUsage, "An embedding needs a short name of what made it.");
    }
}

}  // namespace

const TaughtClass* LibraryContent::find(std::string_view class_id) const noexcept {
    for (const TaughtClass& one : classes) {
        if (one.id == class_id) return &one;
    }
    return nullptr;
}

const TaughtClass* LibraryContent::findNamed(std::string_view name) const noexcept {
    for (const TaughtClass& one : classes) {
        if (sameName(one.name, name)) return &one;
    }
    return nullptr;
}

const Capture* LibraryContent::findCapture(std::string_view capture_id) const noexcept {
    const auto in = [&](const std::vector<Capture>& captures) -> const Capture* {
        for (const Capture& capture : captures) {
            if (capture.id == capture_id) return &capture;
        }
        return nullptr;
    };
    for (const TaughtClass& one : classes) {
        if (const Capture* found = in(one.captures)) return found;
    }
    return in(negatives);
}

std::size_t LibraryContent::captureCount() const noexcept {
    std::size_t count = negatives.size();
    for (const TaughtClass& one : classes)
        count += one.captures.size();
    return count;
}

std::shared_ptr<const LibraryContent> ClassLibrary::content() {
    State& state = *state_;
    if (state.content && !state.content_stale && !changedElsewhere()) return state.content;
    if (state.unchanging && state.stamp != FileStamp::of(state.file)) {
        state.database.close();
        state.connectToRead();
    }
    Transaction transaction(state.database, Transaction::Kind::kRead);
    LibraryContent fresh = readContent(state.database);
    state.content_version = state.database.number("PRAGMA data_version");
    transaction.commit();
    if (!state.content || *state.content != fresh) {
        state.content = std::make_shared<const LibraryContent>(std::move(fresh));
    }
    state.undo = state.content->undo;
    state.redo = state.content->redo;
    state.content_stale = false;
    return state.content;
}

bool ClassLibrary::changedElsewhere() {
    if (state_->unchanging) return state_->stamp != FileStamp::of(state_->file);
    return state_->database.number("PRAGMA data_version") != state_->content_version;
}

std::vector<std::byte> ClassLibrary::picture(std::string_view capture_id) {
    auto bytes = readPicture(state_->database, capture_id);
    if (!bytes) {
        throw Error(ErrorCode::kUsage,
                    "There is no such capture any more; look at the library again.");
    }
    return *std::move(bytes);
}

void ClassLibrary::storeEmbeddings(std::string_view space,
                                   std::span<const StoredEmbedding> embeddings) {
    checkSpace(space);
    for (const StoredEmbedding& embedding : embeddings) {
        checkMatrix(embedding.prototypes);
        checkMatrix(embedding.negatives);
    }
    state_->requireWritable();
    Transaction transaction(state_->database, Transaction::Kind::kWrite);
    for (const StoredEmbedding& embedding : embeddings) {
        const std::string& id = embedding.capture_id;
        if (!hasPicture(state_->database, id)) continue;
        putMatrix(state_->database, space, id, kPrototypes, embedding.prototypes);
        putMatrix(state_->database, space, id, kNegatives, embedding.negatives);
    }
    transaction.commit();
}

std::vector<StoredEmbedding> ClassLibrary::embeddings(std::string_view space) {
    std::vector<StoredEmbedding> all;
    forEachMatrix(state_->database, space, [&](const std::string& id, bool negatives, auto matrix) {
        const bool known = !all.empty() && all.back().capture_id == id;
        if (!negatives && matrix) {
            all.push_back({.capture_id = id, .prototypes = *std::move(matrix), .negatives = {}});
        } else if (negatives && known && matrix) {
            all.back().negatives = *std::move(matrix);
        } else if (negatives && known) {
            all.pop_back();
        }
    });
    return all;
}

std::vector<std::string> ClassLibrary::capturesWithoutEmbedding(std::string_view space) {
    std::set<std::string, std::less<>> usable;
    forEachMatrix(state_->database, space,
                  [&](const std::string& id, bool negatives, const auto& matrix) {
                      if (!matrix) {
                          usable.erase(id);
                      } else if (!negatives) {
                          usable.insert(id);
                      }
                  });
    std::vector<std::string> ids;
    Statement rows = state_->database.prepare("SELECT id FROM capture ORDER BY position, id");
    while (rows.step()) {
        if (!usable.contains(rows.text(0))) ids.push_back(rows.text(0));
    }
    return ids;
}

std::vector<std::string> ClassLibrary::spaces() {
    std::vector<std::string> names;
    Statement rows =
        state_->database.prepare("SELECT DISTINCT space FROM embedding ORDER BY space");
    while (rows.step())
        names.push_back(rows.text(0));
    return names;
}

void ClassLibrary::forgetSpace(std::string_view space) {
    state_->requireWritable();
    Transaction transaction(state_->database, Transaction::Kind::kWrite);
    Statement remove = state_->database.prepare("DELETE FROM embedding WHERE space = ?1");
    remove.bind(1, space).finish();
    transaction.commit();
}

}  // namespace overfeat::learn
