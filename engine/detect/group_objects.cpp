// SPDX-License-Identifier: Apache-2.0
#include "engine/detect/group_objects.h"

#include <algorithm>
#include <utility>

namespace overfeat::detect {
namespace {

bool isSameObject(const Detection& better, const Detection& other,
                  const DetectionOptions& options) {
    const double common = intersection(better.box, other.box).area();
    if (!(common > 0)) return false;
    if (better.class_index == other.class_index) {
        const double smaller = std::min(better.box.area(), other.box.area());
        return common > options.duplicate_share * smaller;
    }
    return intersectionOverUnion(better.box, other.box) > options.alternative_overlap;
}

}  // namespace

void groupObjects(std::vector<Detection>& found, const DetectionOptions& options) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        const auto end = found.begin() + static_cast<std::ptrdiff_t>(kept);
        const auto object = std::find_if(found.begin(), end, [&](const Detection& better) {
            return isSameObject(better, found[i], options);
        });
        if (object != end) {
            object->alternatives.push_back(std::move(found[i]));
            continue;
        }
        if (kept != i) found[kept] = std::move(found[i]);
        ++kept;
    }
    found.resize(kept);
}

}  // namespace overfeat::detect
