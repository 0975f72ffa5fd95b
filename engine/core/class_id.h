// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>

namespace overfeat {

// Which class it is, whoever asks: the index of a class is another one in the next network, and in
// the same network once something else has been taught or forgotten. What outlives a look hangs on
// this.
struct ClassId {
    enum class Source { kNetwork, kLibrary };

    Source source = Source::kNetwork;
    // WordNet's, or the label of a network's class that has none; the library's of a taught one.
    std::string id;

    auto operator<=>(const ClassId&) const = default;  // NOLINT(modernize-use-nullptr)
};

}  // namespace overfeat
