// SPDX-License-Identifier: Apache-2.0
#include "engine/learn/assemble.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/learn/rows.h"

namespace overfeat::learn {
namespace {

using ByCapture = std::map<std::string_view, const StoredEmbedding*, std::less<>>;

FeatureMatrix toMatrix(const std::vector<float>& values, std::size_t columns) {
    FeatureMatrix matrix;
    if (columns == 0 || values.empty()) return matrix;
    matrix.columns = static_cast<int>(columns);
    matrix.rows = static_cast<int>(values.size() / columns);
    matrix.values = values;
    return matrix;
}

// Whether it holds whole rows of so many numbers.
bool fits(const FeatureMatrix& matrix, std::size_t columns) {
    return matrix.rows >= 0 && static_cast<std::size_t>(matrix.columns) == columns &&
           matrix.values.size() == static_cast<std::size_t>(matrix.rows) * columns;
}

std::optional<ExampleEmbedding> exampleOf(const Capture& capture, const ByCapture& stored,
                                          const EmbeddingSize& size) {
    const auto found = stored.find(capture.id);
    if (found == stored.end() || !(capture.box.area() > 0)) return std::nullopt;
    ExampleEmbedding example;
    example.size = size;
    example.width_px = capture.box.width;
    example.height_px = capture.box.height;
    const PartGrid grid = example.grid();
    const FeatureMatrix& rows = found->second->prototypes;
    const FeatureMatrix& around = found->second->negatives;
    if (rows.rows < 1 || !fits(rows, size.row(grid))) return std::nullopt;
    if (!holdsUnitRows(rows) || !holdsUnitRows(around)) return std::nullopt;
    example.rows = rows.values;
    if (around.rows > 0 && fits(around, grid.count() * size.part))
        example.surroundings = around.values;
    return example;
}

}  // namespace

std::size_t colourNumber(const TaughtClass& taught) noexcept {
    if (taught.colour >= 0) return static_cast<std::size_t>(taught.colour);
    // A class keeps its colour, whatever comes and goes: FNV-1a of its id.
    std::uint32_t hash = 2166136261U;
    for (const char c : taught.id)
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return hash % 997;
}

StoredEmbedding toStored(const std::string& capture_id, const ExampleEmbedding& embedding) {
    const PartGrid grid = embedding.grid();
    return {.capture_id = capture_id,
            .prototypes = toMatrix(embedding.rows, embedding.size.row(grid)),
            .negatives = toMatrix(embedding.surroundings, grid.count() * embedding.size.part)};
}

std::shared_ptr<const TaughtClasses> assemble(const LibraryContent& content,
                                              std::span<const StoredEmbedding> embeddings,
                                              const std::string& space, const EmbeddingSize& size) {
    ByCapture stored;
    for (const StoredEmbedding& one : embeddings)
        stored.emplace(one.capture_id, &one);
    std::vector<ExampleEmbedding> for_all;
    for (const Capture& capture : content.negatives) {
        if (auto negative = exampleOf(capture, stored, size)) for_all.push_back(*negative);
    }
    auto taught = std::make_shared<TaughtClasses>();
    taught->space = space;
    for (const TaughtClass& from : content.classes) {
        if (!from.enabled) continue;
        EmbeddedClass one;
        one.id = from.id;
        one.name = from.name;
        one.colour = colourNumber(from);
        for (const Capture& capture : from.captures) {
            if (auto example = exampleOf(capture, stored, size))
                (capture.negative ? one.negatives : one.examples).push_back(std::move(*example));
        }
        if (one.examples.empty()) continue;
        one.negatives.insert(one.negatives.end(), for_all.begin(), for_all.end());
        one.threshold = from.threshold.value_or(kUsualThreshold);
        taught->classes.push_back(std::move(one));
    }
    return taught;
}

}  // namespace overfeat::learn
