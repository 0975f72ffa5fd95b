// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/c/guard.h"
#include "engine/c/handles.h"

using overfeat::c::guarded;
using overfeat::c::hand;
using overfeat::c::require;

namespace overfeat::c {
namespace {

// Throws Error(kUsage) unless `index` is one of `count`.
void requireIndex(std::size_t index, std::size_t count, const char* what) {
    if (index < count) return;
    throw Error(ErrorCode::kUsage, "There is no " + std::string(what) + " " +
                                       std::to_string(index) + "; there are " +
                                       std::to_string(count) + ".");
}

overfeat_box boxOf(const RectPx& box) noexcept {
    return {box.x, box.y, box.width, box.height};
}

}  // namespace
}  // namespace overfeat::c

void overfeat_free(overfeat_seen* seen) {
    delete seen;
}

size_t overfeat_class_count(const overfeat_seen* seen) {
    return seen != nullptr ? seen->seen.labels->size() : 0;
}

overfeat_status overfeat_class_at(const overfeat_seen* seen, size_t index, overfeat_class* of) {
    return guarded([&] {
        require(seen, "What was seen");
        require(of, "The place for the class");
        const overfeat::LabelSet& labels = *seen->seen.labels;
        overfeat::c::requireIndex(index, labels.size(), "class");
        *of = {.id = labels[index].id.c_str(),
               .label = labels[index].label.c_str(),
               .taught = labels.isTaught(index) ? 1 : 0,
               .background = labels.isBackground(index) ? 1 : 0};
    });
}

const float* overfeat_scores(const overfeat_seen* seen) {
    return seen != nullptr ? seen->seen.scores.data() : nullptr;
}

size_t overfeat_top(const overfeat_seen* seen, size_t* indices, size_t most) {
    size_t count = 0;
    guarded([&] {
        require(seen, "What was seen");
        require(indices, "The place for the classes");
        for (const overfeat::ScoredClass& one :
             overfeat::topClasses(seen->seen.scores, *seen->seen.labels, most))
            indices[count++] = one.index;
    });
    return count;
}

size_t overfeat_object_count(const overfeat_seen* seen) {
    return seen != nullptr ? seen->seen.detections.objects.size() : 0;
}

overfeat_status overfeat_object_at(const overfeat_seen* seen, size_t index, overfeat_object* object,
                                   size_t size) {
    return guarded([&] {
        require(seen, "What was seen");
        require(object, "The place for the object");
        const auto& objects = seen->seen.detections.objects;
        overfeat::c::requireIndex(index, objects.size(), "object");
        const overfeat::Detection& one = objects[index];
        hand<overfeat_object>({.size = sizeof(overfeat_object),
                               .class_index = one.class_index,
                               .score = one.score,
                               .confidence = one.confidence,
                               .votes = one.votes(),
                               .box = overfeat::c::boxOf(one.box)},
                              object, size);
    });
}

size_t overfeat_map_count(const overfeat_seen* seen, size_t class_index) {
    if (seen == nullptr || class_index >= seen->seen.labels->size()) return 0;
    return seen->seen.mapsOf(class_index).size();
}

overfeat_status overfeat_map_at(const overfeat_seen* seen, size_t class_index, size_t scale,
                                overfeat_map* map, size_t size) {
    return guarded([&] {
        require(seen, "What was seen");
        require(map, "The place for the map");
        overfeat::c::requireIndex(class_index, seen->seen.labels->size(), "class");
        const auto maps = seen->seen.mapsOf(class_index);
        overfeat::c::requireIndex(scale, maps.size(), "scale");
        const overfeat::ScoreMap& one = maps[scale];
        const overfeat::RectPx first = one.windowAt({0, 0});
        const overfeat::RectPx next = one.windowAt({1, 1});
        hand<overfeat_map>({.size = sizeof(overfeat_map),
                            .values = one.plane(class_index).data(),
                            .rows = static_cast<size_t>(one.rows()),
                            .columns = static_cast<size_t>(one.columns()),
                            .first_window = overfeat::c::boxOf(first),
                            .step_x = next.x - first.x,
                            .step_y = next.y - first.y},
                           map, size);
    });
}

double overfeat_stage_ms(const overfeat_seen* seen, const char* stage) {
    if (seen == nullptr || stage == nullptr) return -1;
    for (int i = 0; i < overfeat::kStageCount; ++i) {
        const auto one = static_cast<overfeat::Stage>(i);
        if (overfeat::name(one) == stage) return seen->seen.timings[one];
    }
    return -1;
}
