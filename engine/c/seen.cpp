// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/c/guard.h"
#include "engine/c/handles.h"
#include "engine/c/live_handles.h"

using overfeat::c::alive;
using overfeat::c::guarded;
using overfeat::c::hand;
using overfeat::c::require;
using overfeat::c::required;

namespace overfeat::c {
namespace {

overfeat_box boxOf(const RectPx& box) noexcept {
    return {box.x, box.y, box.width, box.height};
}

// Where the windows of a map lie.
struct Windows {
    explicit Windows(const ScoreMap& map) : first(boxOf(map.windowAt({0, 0}))) {
        const RectPx next = map.windowAt({1, 1});
        step_x = next.x - first.x;
        step_y = next.y - first.y;
    }
    overfeat_box first;
    double step_x = 0;
    double step_y = 0;
};

}  // namespace

overfeat_class classOf(const LabelSet& labels, std::size_t index) {
    return {.id = labels[index].id.c_str(),
            .label = labels[index].label.c_str(),
            .taught = labels.isTaught(index) ? 1 : 0,
            .background = labels.isBackground(index) ? 1 : 0};
}

}  // namespace overfeat::c

void overfeat_free(overfeat_seen* seen) {
    overfeat::c::takeBack(seen);
}

size_t overfeat_class_count(const overfeat_seen* seen) {
    const auto handle = alive(seen);
    return handle != nullptr ? handle->seen.labels->size() : 0;
}

overfeat_status overfeat_class_at(const overfeat_seen* seen, size_t index, overfeat_class* of) {
    return guarded([&] {
        const auto handle = required(seen, "What was seen");
        require(of, "The place for the class");
        const overfeat::LabelSet& labels = *handle->seen.labels;
        overfeat::c::requireIndex(index, labels.size(), "class");
        *of = overfeat::c::classOf(labels, index);
    });
}

const float* overfeat_scores(const overfeat_seen* seen) {
    const auto handle = alive(seen);
    return handle != nullptr ? handle->seen.scores.data() : nullptr;
}

size_t overfeat_top(const overfeat_seen* seen, size_t* indices, size_t most) {
    size_t count = 0;
    guarded([&] {
        const auto handle = required(seen, "What was seen");
        require(indices, "The place for the classes");
        for (const overfeat::ScoredClass& one :
             overfeat::topClasses(handle->seen.scores, *handle->seen.labels, most))
            indices[count++] = one.index;
    });
    return count;
}

size_t overfeat_object_count(const overfeat_seen* seen) {
    const auto handle = alive(seen);
    return handle != nullptr ? handle->seen.detections.objects.size() : 0;
}

overfeat_status overfeat_object_at(const overfeat_seen* seen, size_t index, overfeat_object* object,
                                   size_t size) {
    return guarded([&] {
        const auto handle = required(seen, "What was seen");
        require(object, "The place for the object");
        const auto& objects = handle->seen.detections.objects;
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
    const auto handle = alive(seen);
    if (handle == nullptr || class_index >= handle->seen.labels->size()) return 0;
    return handle->seen.mapsOf(class_index).size();
}

overfeat_status overfeat_map_at(const overfeat_seen* seen, size_t class_index, size_t scale,
                                overfeat_map* map, size_t size) {
    return guarded([&] {
        const auto handle = required(seen, "What was seen");
        require(map, "The place for the map");
        overfeat::c::requireIndex(class_index, handle->seen.labels->size(), "class");
        const auto maps = handle->seen.mapsOf(class_index);
        overfeat::c::requireIndex(scale, maps.size(), "scale");
        const overfeat::ScoreMap& one = maps[scale];
        const overfeat::c::Windows windows(one);
        hand<overfeat_map>({.size = sizeof(overfeat_map),
                            .values = one.plane(class_index).data(),
                            .rows = static_cast<size_t>(one.rows()),
                            .columns = static_cast<size_t>(one.columns()),
                            .first_window = windows.first,
                            .step_x = windows.step_x,
                            .step_y = windows.step_y},
                           map, size);
    });
}

size_t overfeat_scale_count(const overfeat_seen* seen) {
    const auto handle = alive(seen);
    return handle != nullptr ? handle->seen.scales.size() + handle->seen.taught_scales.size() : 0;
}

overfeat_status overfeat_scale_at(const overfeat_seen* seen, size_t index, overfeat_scale* scale,
                                  size_t size) {
    return guarded([&] {
        const auto handle = required(seen, "What was seen");
        require(scale, "The place for the scale");
        const auto& network = handle->seen.scales;
        const auto& taught = handle->seen.taught_scales;
        overfeat::c::requireIndex(index, network.size() + taught.size(), "scale");
        const overfeat::ScoreMap& one =
            index < network.size() ? network[index] : taught[index - network.size()];
        const overfeat::c::Windows windows(one);
        hand<overfeat_scale>({.size = sizeof(overfeat_scale),
                              .values = one.plane(one.firstClass()).data(),
                              .first_class = one.firstClass(),
                              .class_count = one.classCount(),
                              .rows = static_cast<size_t>(one.rows()),
                              .columns = static_cast<size_t>(one.columns()),
                              .first_window = windows.first,
                              .step_x = windows.step_x,
                              .step_y = windows.step_y},
                             scale, size);
    });
}

double overfeat_stage_ms(const overfeat_seen* seen, const char* stage) {
    const auto handle = alive(seen);
    if (handle == nullptr || stage == nullptr) return -1;
    for (int i = 0; i < overfeat::kStageCount; ++i) {
        const auto one = static_cast<overfeat::Stage>(i);
        if (overfeat::name(one) == stage) return handle->seen.timings[one];
    }
    return -1;
}
