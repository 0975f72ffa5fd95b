// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <exception>
#include <span>
#include <utility>

#include "engine/backend/registry.h"
#include "engine/c/guard.h"
#include "engine/c/handles.h"
#include "engine/c/live_handles.h"
#include "engine/net/graph.h"
#include "engine/net/model.h"

overfeat_recogniser::overfeat_recogniser(overfeat::detect::Recogniser made,
                                         overfeat::detect::Placement where)
    : recogniser(std::move(made)),
      placement(std::move(where)),
      info(recogniser.info()),
      device({.name = info.device.name, .sentence = info.device.sentence()}) {
    for (const auto& one : info.models)
        model += (model.empty() ? "" : " + ") + one->name;
    const overfeat::net::Model& first = *info.models.front();
    const auto shapes =
        overfeat::net::inferShapes(first.graph, {1, 3, first.window_px, first.window_px});
    for (const overfeat::net::Node& node : first.graph.nodes) {
        layers.push_back({.name = first.graph.valueName(node.output),
                          .operation = std::string(overfeat::net::opName(node.op)),
                          .shape = shapes[static_cast<std::size_t>(node.output)]});
    }
}

void overfeat_recogniser::noteDevice() noexcept {
    const overfeat::DeviceChoice& now = recogniser.device();
    try {
        if (now.name != device.now().name)
            device.become({.name = now.name, .sentence = now.sentence()});
    } catch (const std::exception&) {  // the older name stays
    }
}

namespace overfeat::c {
namespace {

template <class Enum>
Enum oneOf(std::int32_t given, std::int32_t last, const char* what) {
    if (given < 0 || given > last) {
        throw Error(ErrorCode::kUsage, std::string(what) + " is none of those there are.");
    }
    return static_cast<Enum>(given);
}

Look lookOf(const overfeat_look& given, const overfeat_recogniser& owner) {
    Look look{.views = oneOf<Views>(given.views, OVERFEAT_DENSE, "The views' kind"),
              .scale_count = given.scale_count,
              .smallest_side_windows = given.smallest_side_windows,
              .largest_side_windows = given.largest_side_windows,
              .fine_steps = given.fine_steps,
              .flip = given.flip != 0,
              .taught = owner.taught,
              .network_classes = given.only_taught == 0};
    if (given.detect != 0 && look.views == Views::kDense && owner.info.has_boxes) {
        look.detection = DetectionOptions{
            .merge = oneOf<Merge>(given.merge, OVERFEAT_SOFT_NMS, "The way of merging"),
            .score_threshold = given.minimum_score,
            .max_objects = given.most_objects};
    }
    return look;
}

overfeat_look defaultLook() {
    const Look look;
    const DetectionOptions detection;
    return {.size = sizeof(overfeat_look),
            .views = static_cast<std::int32_t>(look.views),
            .scale_count = look.scale_count,
            .smallest_side_windows = look.smallest_side_windows,
            .largest_side_windows = look.largest_side_windows,
            .fine_steps = look.fine_steps,
            .flip = look.flip ? 1 : 0,
            .detect = 1,
            .merge = static_cast<std::int32_t>(detection.merge),
            .minimum_score = detection.score_threshold,
            .most_objects = detection.max_objects,
            .only_taught = 0};
}

overfeat_placement defaultPlacement() noexcept {
    return {.size = sizeof(overfeat_placement), .device = "auto", .threads = 0};
}

overfeat_recogniser* openWith(std::vector<std::shared_ptr<const net::Model>> models,
                              const overfeat_placement* placement) {
    const detect::Placement where = placementOf(placement);
    return handOut(
        std::make_shared<overfeat_recogniser>(detect::Recogniser(std::move(models), where), where));
}

}  // namespace

detect::Placement placementOf(const overfeat_placement* given) {
    const auto placement = completed(given, defaultPlacement(), "The placement");
    if (!detect::Placement::kThreads.holds(placement.threads)) {
        throw Error(ErrorCode::kUsage, "A network can run on 1 to " +
                                           std::to_string(detect::Placement::kThreads.most) +
                                           " threads, or on 0: as many as this process may use.");
    }
    return {.device = placement.device != nullptr ? placement.device : "auto",
            .threads = placement.threads};
}

detect::Placement placementNow(const overfeat_recogniser& owner) {
    detect::Placement placement = owner.placement;
    const std::string name = owner.device.now().name;
    for (const auto* of : backend::backends()) {
        if (of->name() == name) placement.first.insert(placement.first.begin(), of);
    }
    return placement;
}

}  // namespace overfeat::c

using overfeat::c::guarded;
using overfeat::c::require;
using overfeat::c::required;

void overfeat_placement_init(overfeat_placement* placement, size_t size) {
    if (placement != nullptr) overfeat::c::hand(overfeat::c::defaultPlacement(), placement, size);
}

void overfeat_look_init(overfeat_look* look, size_t size) {
    if (look != nullptr) overfeat::c::hand(overfeat::c::defaultLook(), look, size);
}

overfeat_status overfeat_open(const char* const* model_files, size_t count,
                              const overfeat_placement* placement,
                              overfeat_recogniser** recogniser) {
    if (recogniser != nullptr) *recogniser = nullptr;
    return guarded([&] {
        require(recogniser, "The place for the recogniser");
        require(model_files, "The list of models");
        std::vector<std::shared_ptr<const overfeat::net::Model>> models;
        for (const char* file : std::span(model_files, count)) {
            require(file, "A model's name");
            models.push_back(overfeat::net::loadModel(file));
        }
        *recogniser = overfeat::c::openWith(std::move(models), placement);
    });
}

overfeat_status overfeat_open_bytes(const void* onnx, size_t bytes, const char* name,
                                    const overfeat_placement* placement,
                                    overfeat_recogniser** recogniser) {
    if (recogniser != nullptr) *recogniser = nullptr;
    return guarded([&] {
        require(recogniser, "The place for the recogniser");
        require(onnx, "The model");
        const std::span content(static_cast<const std::byte*>(onnx), bytes);
        *recogniser = overfeat::c::openWith(
            {overfeat::net::parseModel(content, name != nullptr ? name : "model")}, placement);
    });
}

void overfeat_close(overfeat_recogniser* recogniser) {
    if (const auto closed = overfeat::c::takeBack(recogniser)) closed->turns.close();
}

void overfeat_cancel(overfeat_recogniser* recogniser) {
    if (const auto running = overfeat::c::alive(recogniser)) running->turns.cancel();
}

overfeat_status overfeat_get_info(overfeat_recogniser* recogniser, overfeat_info* info,
                                  size_t size) {
    return guarded([&] {
        const auto owner = required(recogniser, "The recogniser");
        require(info, "The place for what is known");
        const overfeat::net::Model& first = *owner->info.models.front();
        overfeat::c::hand<overfeat_info>(
            {.size = sizeof(overfeat_info),
             .device = owner->device.now().sentence.c_str(),
             .model = owner->model.c_str(),
             .window_px = first.window_px,
             .slides = owner->info.has_boxes ? 1 : 0,
             .can_be_taught = owner->info.embedding_space.empty() ? 0 : 1,
             .fine_steps = owner->info.fine_steps_available,
             .class_count = first.labels->networkSize()},
            info, size);
    });
}

overfeat_status overfeat_recognise(overfeat_recogniser* recogniser, const overfeat_image* image,
                                   const overfeat_look* look, overfeat_seen** seen) {
    if (seen != nullptr) *seen = nullptr;
    return guarded([&] {
        require(seen, "The place for what is seen");
        const auto owner = required(recogniser, "The recogniser");
        const overfeat::c::Computing turn(*owner, "The recogniser");
        const overfeat::Image picture = overfeat::c::imageOf(image);
        const auto wanted = overfeat::c::lookOf(
            overfeat::c::completed(look, overfeat::c::defaultLook(), "The look"), *owner);
        *seen = overfeat::c::handOut(std::make_shared<overfeat_seen>(
            overfeat_seen{owner->recogniser.recognise(picture, wanted, turn.stop())}));
    });
}

overfeat_status overfeat_network_class_at(const overfeat_recogniser* recogniser, size_t index,
                                          overfeat_class* of) {
    return guarded([&] {
        const auto owner = required(recogniser, "The recogniser");
        require(of, "The place for the class");
        const overfeat::LabelSet& labels = *owner->info.models.front()->labels;
        overfeat::c::requireIndex(index, labels.size(), "class");
        *of = overfeat::c::classOf(labels, index);
    });
}

size_t overfeat_layer_count(const overfeat_recogniser* recogniser) {
    const auto owner = overfeat::c::alive(recogniser);
    return owner != nullptr ? owner->layers.size() : 0;
}

overfeat_status overfeat_layer_at(const overfeat_recogniser* recogniser, size_t index,
                                  overfeat_layer* layer, size_t size) {
    return guarded([&] {
        const auto owner = required(recogniser, "The recogniser");
        require(layer, "The place for the layer");
        overfeat::c::requireIndex(index, owner->layers.size(), "layer");
        const overfeat_recogniser::Layer& one = owner->layers[index];
        overfeat::c::hand<overfeat_layer>({.size = sizeof(overfeat_layer),
                                           .name = one.name.c_str(),
                                           .operation = one.operation.c_str(),
                                           .shape = one.shape.dims().data(),
                                           .rank = one.shape.dims().size()},
                                          layer, size);
    });
}
