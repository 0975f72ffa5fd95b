// SPDX-License-Identifier: Apache-2.0
#include "engine/core/class_groups.h"

#include <algorithm>
#include <unordered_map>

#include "engine/core/class_groups_table.h"

namespace overfeat {
namespace {

using GroupOfId = std::unordered_map<std::string_view, std::string_view>;

GroupOfId readTable() {
    GroupOfId groups;
    for (const std::string_view line : kClassGroups) {
        const std::size_t colon = line.find(':');
        const std::string_view name = line.substr(0, colon);
        for (std::size_t at = colon + 1; at < line.size();) {
            const std::size_t end = std::min(line.find(' ', at + 1), line.size());
            groups.emplace(line.substr(at + 1, end - at - 1), name);
            at = end;
        }
    }
    return groups;
}

}  // namespace

std::optional<std::string_view> classGroup(std::string_view id) {
    static const GroupOfId kGroups = readTable();
    const auto found = kGroups.find(id);
    return found == kGroups.end() ? std::nullopt : std::optional(found->second);
}

std::optional<KindsOfOne> kindsOfOne(const Detection& object, const LabelSet& labels) {
    constexpr float kGoodShare = 0.5F;
    const auto group = [&](std::size_t class_index) -> std::optional<std::string_view> {
        if (class_index >= labels.size() || labels.isTaught(class_index)) return std::nullopt;
        return classGroup(labels[class_index].id);
    };
    const auto of = group(object.class_index);
    if (!of) return std::nullopt;
    KindsOfOne found{.group = *of, .kinds = {object.class_index}};
    for (const Detection& other : object.alternatives) {
        if (other.score < kGoodShare * object.score) continue;
        if (std::ranges::find(found.kinds, other.class_index) != found.kinds.end()) continue;
        if (group(other.class_index) != of) return std::nullopt;
        found.kinds.push_back(other.class_index);
    }
    return found.kinds.size() < 2 ? std::nullopt : std::optional(std::move(found));
}

}  // namespace overfeat
