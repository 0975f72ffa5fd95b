// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/api.h"
#include "engine/core/geometry.h"

namespace overfeat::learn {

// An example as it is handed to the library.
struct NewCapture {
    // A picture file's content (PNG, JPEG, WebP): the part of the frame around the box. Never
    // looked into here; 1 byte to kLargestPictureBytes.
    std::vector<std::byte> picture;
    RectPx box;                    // of the object, in that picture; may reach over its edges
    std::string source;            // what a person reads: the name of a file or a camera
    std::int64_t made_unix_s = 0;  // 0 = now
};

// An example as it is remembered; its picture is read when it is asked for.
struct Capture {
    std::string id;         // a UUID
    std::string class_id;   // empty = of no class: "not this" to every class
    bool negative = false;  // "not this"; always true without a class
    RectPx box;
    std::string source;
    std::int64_t made_unix_s = 0;

    bool operator==(const Capture&) const = default;
};

struct TaughtClass {
    static constexpr int kAutomaticColour = -1;

    std::string id;                 // a UUID
    std::string name;               // unique in the library, ASCII case ignored
    int colour = kAutomaticColour;  // 0xRRGGBB
    bool enabled = true;
    std::optional<double> threshold;  // 0 to 1; nothing = whatever the program finds best
    std::vector<Capture> captures;    // in the order they were added, negatives among them

    bool operator==(const TaughtClass&) const = default;
};

// What undo or redo would do: "rename mug to cup".
struct HistoryStep {
    std::int64_t action = 0;
    std::string what;

    bool operator==(const HistoryStep&) const = default;
};

// Everything but pictures and embeddings, as it was at one moment. Immutable once published.
struct OVERFEAT_API LibraryContent {
    std::vector<TaughtClass> classes;  // in the order they were made
    std::vector<Capture> negatives;    // of no class, in the order they were added
    std::optional<HistoryStep> undo;
    std::optional<HistoryStep> redo;

    // nullptr if there is no such class or capture. By name: ASCII case ignored.
    const TaughtClass* find(std::string_view class_id) const noexcept;
    const TaughtClass* findNamed(std::string_view name) const noexcept;
    const Capture* findCapture(std::string_view capture_id) const noexcept;
    std::size_t captureCount() const noexcept;

    bool operator==(const LibraryContent&) const = default;
};

struct FeatureMatrix {
    int rows = 0;
    int columns = 0;
    std::vector<float> values;  // row by row, rows * columns of them

    bool operator==(const FeatureMatrix&) const = default;
};

// What one network makes of one capture. Not part of the history: it can be computed again.
struct StoredEmbedding {
    std::string capture_id;
    FeatureMatrix prototypes;
    FeatureMatrix negatives;  // of the surroundings; may be empty

    bool operator==(const StoredEmbedding&) const = default;
};

// Limits of what a library takes, whoever hands it over.
inline constexpr std::size_t kLargestPictureBytes = std::size_t{16} << 20;
inline constexpr std::size_t kLongestNameBytes = 200;
inline constexpr std::size_t kLongestSourceBytes = 500;
inline constexpr std::int64_t kMostClasses = 10'000;
inline constexpr std::int64_t kMostCaptures = 200'000;
inline constexpr std::int64_t kMostActions = 200;  // that can be undone

}  // namespace overfeat::learn
