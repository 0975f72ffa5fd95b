// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>

#include "engine/core/api.h"
#include "engine/core/taught_classes.h"
#include "engine/learn/taught.h"

namespace overfeat::learn {

// Which of the colours for classes it has (core/class_colour.h).
OVERFEAT_API std::size_t colourNumber(const TaughtClass& taught) noexcept;

// How the embedding of a capture is stored: one row of a matrix for each of its rows, and one for
// each box of its surroundings.
OVERFEAT_API StoredEmbedding toStored(const std::string& capture_id,
                                      const ExampleEmbedding& embedding);

// What a library holds, as one network looks for it: the classes that are enabled and have an
// example that this network has seen. `embeddings` are those of `space`, whose network has
// embeddings of `size`; ones of another shape, or with numbers that no row of unit length has, are
// passed over. Pure; any thread.
OVERFEAT_API std::shared_ptr<const TaughtClasses> assemble(
    const LibraryContent& content, std::span<const StoredEmbedding> embeddings,
    const std::string& space, const EmbeddingSize& size);

}  // namespace overfeat::learn
