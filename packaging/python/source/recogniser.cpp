// SPDX-License-Identifier: Apache-2.0
#include "recogniser.h"

#include <array>
#include <utility>

#include "picture.h"

namespace overfeat::python {
namespace {

namespace py = pybind11;

overfeat_placement placementOf(const std::string& device, std::int32_t threads) {
    overfeat_placement placement;
    overfeat_placement_init(&placement, sizeof placement);
    placement.device = device.c_str();
    placement.threads = threads;
    return placement;
}

std::int32_t oneOf(const std::string& given, const std::vector<std::string>& names,
                   const std::string& what) {
    std::string all;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == given) return static_cast<std::int32_t>(i);
        all += (i > 0 ? ", " : "") + names[i];
    }
    require(Outcome{OVERFEAT_USAGE,
                    "There is no " + what + " '" + given + "'; there are " + all + "."});
    return 0;
}

overfeat_look lookOf(const Options& options) {
    overfeat_look look;
    overfeat_look_init(&look, sizeof look);
    for (const auto& [key, value] : options) {
        const auto name = key.cast<std::string>();
        if (name == "views") {
            look.views =
                oneOf(value.cast<std::string>(), {"centre", "ten", "dense"}, "kind of views");
        } else if (name == "scales") {
            look.scale_count = value.cast<std::int32_t>();
        } else if (name == "smallest") {
            look.smallest_side_windows = value.cast<double>();
        } else if (name == "largest") {
            look.largest_side_windows = value.cast<double>();
        } else if (name == "fine_steps") {
            look.fine_steps = value.cast<std::int32_t>();
        } else if (name == "flip") {
            look.flip = value.cast<bool>() ? 1 : 0;
        } else if (name == "detect") {
            look.detect = value.cast<bool>() ? 1 : 0;
        } else if (name == "merge") {
            look.merge =
                oneOf(value.cast<std::string>(), {"vote", "nms", "soft-nms"}, "way of merging");
        } else if (name == "threshold") {
            look.minimum_score = value.cast<double>();
        } else if (name == "max_objects") {
            look.most_objects = value.cast<std::int32_t>();
        } else if (name == "only_taught") {
            look.only_taught = value.cast<bool>() ? 1 : 0;
        } else {
            require(Outcome{OVERFEAT_USAGE, "A look has no '" + name + "'."});
        }
    }
    return look;
}

}  // namespace

Recogniser::Recogniser(const std::vector<std::string>& files, const std::string& device,
                       std::int32_t threads) {
    std::vector<const char*> names;
    for (const std::string& file : files)
        names.push_back(file.c_str());
    const overfeat_placement placement = placementOf(device, threads);
    overfeat_recogniser* made = nullptr;
    callWithoutGil([&] { return overfeat_open(names.data(), names.size(), &placement, &made); },
                   [] {});
    recogniser_ = {made, Close()};
}

Recogniser::Recogniser(const py::bytes& onnx, const std::string& name, const std::string& device,
                       std::int32_t threads) {
    const overfeat_placement placement = placementOf(device, threads);
    char* content = nullptr;
    py::ssize_t size = 0;
    if (PyBytes_AsStringAndSize(onnx.ptr(), &content, &size) != 0) throw py::error_already_set();
    overfeat_recogniser* made = nullptr;
    callWithoutGil(
        [&] {
            return overfeat_open_bytes(content, static_cast<std::size_t>(size), name.c_str(),
                                       &placement, &made);
        },
        [] {});
    recogniser_ = {made, Close()};
}

py::dict Recogniser::info() const {
    overfeat_info info{};
    require(overfeat_get_info(opened(recogniser_, "The recogniser"), &info, sizeof info));
    py::dict made;
    made["model"] = info.model;
    made["device"] = info.device;
    made["window"] = info.window_px;
    made["slides"] = info.slides != 0;
    made["can_be_taught"] = info.can_be_taught != 0;
    made["fine_steps"] = info.fine_steps;
    made["class_count"] = info.class_count;
    return made;
}

std::vector<py::tuple> Recogniser::classes() const {
    const overfeat_recogniser* handle = opened(recogniser_, "The recogniser");
    const auto count = info()["class_count"].cast<std::size_t>();
    std::vector<py::tuple> all;
    for (std::size_t i = 0; i < count; ++i) {
        overfeat_class one;
        require(overfeat_network_class_at(handle, i, &one));
        all.push_back(py::make_tuple(one.id, one.label));
    }
    return all;
}

std::vector<py::tuple> Recogniser::layers() const {
    std::vector<py::tuple> all;
    const overfeat_recogniser* handle = opened(recogniser_, "The recogniser");
    for (std::size_t i = 0; i < overfeat_layer_count(handle); ++i) {
        overfeat_layer one{};
        require(overfeat_layer_at(handle, i, &one, sizeof one));
        const std::vector<std::int64_t> shape(one.shape, one.shape + one.rank);
        all.push_back(py::make_tuple(one.name, one.operation, py::tuple(py::cast(shape))));
    }
    return all;
}

std::unique_ptr<Seen> Recogniser::recognise(const py::object& picture, const std::string& format,
                                            const Options& options) {
    Pictures pictures;
    pictures.add(picture, format);
    const overfeat_look look = lookOf(options);
    const auto lock = turns_.take();
    const auto running = recogniser_;
    opened(running, "The recogniser");
    overfeat_seen* seen = nullptr;
    try {
        callWithoutGil(
            [&] {
                return overfeat_recognise(running.get(), pictures.images().data(), &look, &seen);
            },
            [&] { overfeat_cancel(running.get()); });
    } catch (...) {
        overfeat_free(seen);  // it was done when the signal came
        throw;
    }
    return std::make_unique<Seen>(Held<overfeat_seen>(seen));
}

std::unique_ptr<Features> Recogniser::features(const std::optional<std::string>& layer) {
    const auto running = recogniser_;
    opened(running, "The recogniser");
    overfeat_features* made = nullptr;
    callWithoutGil(
        [&] {
            return overfeat_features_of(running.get(), layer ? layer->c_str() : nullptr, &made);
        },
        [] {});
    return std::make_unique<Features>(Held<overfeat_features>(made));
}

void Recogniser::teach(const std::string& name, const py::object& picture,
                       const std::string& format, const std::array<double, 4>& box) {
    Pictures pictures;
    pictures.add(picture, format);
    const overfeat_box place{box[0], box[1], box[2], box[3]};
    const auto lock = turns_.take();
    const auto running = recogniser_;
    opened(running, "The recogniser");
    callWithoutGil(
        [&] {
            return overfeat_teach(running.get(), name.c_str(), pictures.images().data(), &place);
        },
        [&] { overfeat_cancel(running.get()); });
}

void Recogniser::forget(const std::optional<std::string>& name) {
    const auto lock = turns_.take();
    require(overfeat_forget(opened(recogniser_, "The recogniser"), name ? name->c_str() : nullptr));
}

std::size_t Recogniser::useLibrary(const std::string& file) {
    const auto lock = turns_.take();
    const auto running = recogniser_;
    opened(running, "The recogniser");
    std::size_t unseen = 0;
    callWithoutGil([&] { return overfeat_use_library(running.get(), file.c_str(), &unseen); },
                   [] {});
    return unseen;
}

void Recogniser::close() {
    cancel();
    const auto lock = turns_.take();
    recogniser_.reset();
}

}  // namespace overfeat::python
