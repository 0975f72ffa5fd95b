// SPDX-License-Identifier: Apache-2.0
#include "engine/core/label_set.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace overfeat {
namespace {

// Length of the valid UTF-8 sequence at the start of `text`, 0 if it is not valid; the code point
// in `code`. Overlong forms and surrogates count as invalid.
std::size_t decodeUtf8(std::string_view text, std::uint32_t& code) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) {
        code = lead;
        return 1;
    }
    const std::size_t length = lead >= 0xF0 && lead < 0xF5   ? 4
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xC2 && lead < 0xE0 ? 2
                                                             : 0;
    if (length == 0 || length > text.size()) return 0;
    code = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
        code = (code << 6) | (byte(i) & 0x3FU);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    const bool outside = code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF);
    return overlong || outside ? 0 : length;
}

bool isUnprintable(std::uint32_t code) {
    return code < 0x20 || (code >= 0x7F && code < 0xA0) ||  // C0, DEL, C1
           (code >= 0x200E && code <= 0x200F) ||            // direction marks
           (code >= 0x2028 && code <= 0x202E) ||            // separators, embeddings, overrides
           (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;  // isolates, byte-order mark
}

char asciiLower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equalIgnoringCase(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, asciiLower, asciiLower);
}

// What idOf() tells classes apart by.
std::string& identityOf(ClassLabel& of) {
    return of.id.empty() && !of.taught ? of.label : of.id;
}

// ImageNet has two cranes. Of classes that would be one by their names, the later ones get a
// number; a name that the list has already is nobody else's.
void nameApart(std::vector<ClassLabel>& classes) {
    std::set<std::pair<bool, std::string>> taken;
    std::vector<ClassLabel*> again;
    for (ClassLabel& one : classes) {
        if (!taken.emplace(one.taught, identityOf(one)).second) again.push_back(&one);
    }
    std::map<std::pair<bool, std::string>, std::size_t> last;
    for (ClassLabel* one : again) {
        std::string& name = identityOf(*one);
        std::size_t& number = last.try_emplace({one->taught, name}, 1).first->second;
        std::string unique;
        do {
            unique = name + " (" + std::to_string(++number) + ")";
        } while (!taken.emplace(one->taught, unique).second);
        name = std::move(unique);
    }
}

}  // namespace

std::string sanitisedLabel(std::string_view text, std::size_t max_bytes) {
    std::string clean;
    for (std::size_t at = 0; at < text.size();) {
        std::uint32_t code = 0;
        const std::size_t length = decodeUtf8(text.substr(at), code);
        if (clean.size() + std::max<std::size_t>(length, 1) > max_bytes) break;
        if (length == 0) {
            clean += '?';
            ++at;
            continue;
        }
        if (!isUnprintable(code)) clean += text.substr(at, length);
        at += length;
    }
    return clean;
}

LabelSet::LabelSet(std::vector<ClassLabel> classes, std::optional<std::size_t> background)
    : classes_(std::move(classes)), background_(background) {
    for (std::size_t i = 0; i < classes_.size(); ++i) {
        classes_[i].id = sanitisedLabel(classes_[i].id);
        classes_[i].label = sanitisedLabel(classes_[i].label);
        if (classes_[i].label.empty()) classes_[i].label = "class " + std::to_string(i);
    }
    nameApart(classes_);
    if (background_ && *background_ >= classes_.size()) background_.reset();
    const auto taught = std::ranges::find_if(classes_, &ClassLabel::taught);
    network_size_ = static_cast<std::size_t>(taught - classes_.begin());
}

LabelSet LabelSet::with(std::span<const ClassLabel> taught) const {
    std::vector<ClassLabel> all(classes_.begin(),
                                classes_.begin() + static_cast<std::ptrdiff_t>(network_size_));
    all.insert(all.end(), taught.begin(), taught.end());
    for (std::size_t i = network_size_; i < all.size(); ++i)
        all[i].taught = true;
    return {std::move(all), background_};
}

LabelSet LabelSet::numbered(std::size_t count) {
    return LabelSet(std::vector<ClassLabel>(count), std::nullopt);
}

ClassId LabelSet::idOf(std::size_t index) const {
    const ClassLabel& of = classes_[index];
    if (of.taught) return {ClassId::Source::kLibrary, of.id};
    return {ClassId::Source::kNetwork, of.id.empty() ? of.label : of.id};
}

std::optional<std::size_t> LabelSet::indexOf(const ClassId& id) const {
    const bool taught = id.source == ClassId::Source::kLibrary;
    for (std::size_t i = taught ? network_size_ : 0; i < (taught ? size() : network_size_); ++i) {
        const ClassLabel& of = classes_[i];
        if ((of.id.empty() && !taught ? of.label : of.id) == id.id) return i;
    }
    return std::nullopt;
}

std::optional<std::size_t> LabelSet::find(std::string_view text) const {
    const auto matches = [text](const ClassLabel& one) {
        return equalIgnoringCase(one.label, text) || equalIgnoringCase(one.id, text);
    };
    // Who teaches a "mug" means that one, whatever the network calls a mug.
    const auto taught = classes_.begin() + static_cast<std::ptrdiff_t>(network_size_);
    auto found = std::find_if(taught, classes_.end(), matches);
    if (found == classes_.end()) {
        found = std::find_if(classes_.begin(), taught, matches);
        if (found == taught) return std::nullopt;
    }
    return static_cast<std::size_t>(found - classes_.begin());
}

}  // namespace overfeat
