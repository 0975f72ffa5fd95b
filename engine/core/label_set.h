// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/api.h"
#include "engine/core/class_id.h"

namespace overfeat {

struct ClassLabel {
    std::string id;     // WordNet id such as "n02823428"; may be empty
    std::string label;  // for people: "beer bottle"
    // A person taught it: it stands behind the network's classes, and `id` is that of the library.
    bool taught = false;
    // Which colour it has, see classColourOf(); nothing = that of its index.
    std::optional<std::size_t> colour = std::nullopt;

    bool operator==(const ClassLabel&) const = default;
};

// What the outputs of a network mean. Immutable, shared between threads.
class OVERFEAT_API LabelSet {
public:
    LabelSet() = default;
    // `background` is the index of the "nothing" class, if the network has one. Control characters
    // and bidirectional overrides are removed from the texts: they come from untrusted files.
    LabelSet(std::vector<ClassLabel> classes, std::optional<std::size_t> background);

    // These classes and, behind them, others that were taught (whatever their `taught` says).
    LabelSet with(std::span<const ClassLabel> taught) const;

    // Classes without known names: "class 0", "class 1", ...
    static LabelSet numbered(std::size_t count);

    std::size_t size() const noexcept { return classes_.size(); }
    const ClassLabel& operator[](std::size_t index) const noexcept { return classes_[index]; }
    std::optional<std::size_t> background() const noexcept { return background_; }
    bool isBackground(std::size_t index) const noexcept { return background_ == index; }
    bool isTaught(std::size_t index) const noexcept {
        return index < size() && classes_[index].taught;
    }
    // The number of classes that are not taught: those come first.
    std::size_t networkSize() const noexcept { return network_size_; }
    // See classColourOf(); for an index beyond the classes, too.
    std::size_t colourIndex(std::size_t index) const noexcept {
        return index < size() ? classes_[index].colour.value_or(index) : index;
    }

    // What stays the same when the index does not, and back; nothing for a class that is not here.
    ClassId idOf(std::size_t index) const;
    std::optional<std::size_t> indexOf(const ClassId& id) const;

    // The class whose id or label equals `text` (ASCII case ignored), or nothing.
    std::optional<std::size_t> find(std::string_view text) const;

    bool operator==(const LabelSet&) const = default;

private:
    std::vector<ClassLabel> classes_;
    std::size_t network_size_ = 0;
    std::optional<std::size_t> background_;
};

// `text` with control characters (C0, DEL, C1) and Unicode bidirectional controls removed, cut to
// `max_bytes` at a character boundary; invalid UTF-8 bytes become '?'.
OVERFEAT_API std::string sanitisedLabel(std::string_view text, std::size_t max_bytes = 200);

}  // namespace overfeat
