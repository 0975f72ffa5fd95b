// SPDX-License-Identifier: Apache-2.0
#include "engine/learn/assemble.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace overfeat::learn {
namespace {

using ByCapture = std::map<std::string_view, const StoredEmbedding*, std::less<>>;

std::optional<ExampleEmbedding> exampleOf(const Capture& capture, const ByCapture& stored,
                                          const EmbeddingSize& size) {
    const auto found = stored.find(capture.id);
    if (found == stored.end() || !(capture.box.area() > 0)) return std::nullopt;
    ExampleEmbedding example;
    example.size = size;
    example.width_px = capture.box.width;
    example.height_px = capture.box.height;
    const FeatureMatrix& rows = found->second->prototypes;
    const std::size_t columns = size.row(example.grid());
    if (rows.rows < 1 || static_cast<std::size_t>(rows.columns) != columns ||
        rows.values.size() != static_cast<std::size_t>(rows.rows) * columns) {
        return std::nullopt;
    }
    example.rows = rows.values;
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

FeatureMatrix toMatrix(const ExampleEmbedding& embedding) {
    FeatureMatrix matrix;
    const std::size_t columns = embedding.size.row(embedding.grid());
    if (columns == 0) return matrix;
    matrix.columns = static_cast<int>(columns);
    matrix.rows = static_cast<int>(embedding.rows.size() / columns);
    matrix.values = embedding.rows;
    return matrix;
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
