// SPDX-License-Identifier: Apache-2.0
#include "recogniser.h"

namespace overfeat::python {
namespace {

namespace py = pybind11;

// Not to be written: all who look at the same see the same.
py::array view(const float* values, const std::vector<py::ssize_t>& shape,
               const py::object& owner) {
    py::array_t<float> array(shape, values, owner);
    array.attr("setflags")(py::arg("write") = false);
    return array;
}

py::tuple tupleOf(const overfeat_box& box) {
    return py::make_tuple(box.x, box.y, box.width, box.height);
}

}  // namespace

py::array Seen::scores(const py::object& self) const {
    return view(overfeat_scores(seen_.get()), {static_cast<py::ssize_t>(classCount())}, self);
}

std::vector<std::size_t> Seen::top(std::size_t count) const {
    std::vector<std::size_t> best(std::min(count, classCount()));
    best.resize(overfeat_top(seen_.get(), best.data(), best.size()));
    return best;
}

py::tuple Seen::classAt(std::size_t index) const {
    overfeat_class of;
    require(overfeat_class_at(seen_.get(), index, &of));
    return py::make_tuple(of.id, of.label, of.taught != 0, of.background != 0);
}

std::vector<py::tuple> Seen::objects() const {
    std::vector<py::tuple> all;
    for (std::size_t i = 0; i < overfeat_object_count(seen_.get()); ++i) {
        overfeat_object one{};
        require(overfeat_object_at(seen_.get(), i, &one, sizeof one));
        all.push_back(py::make_tuple(one.class_index, one.score, one.confidence, one.votes,
                                     tupleOf(one.box)));
    }
    return all;
}

std::vector<py::tuple> Seen::scales(const py::object& self) const {
    std::vector<py::tuple> all;
    for (std::size_t i = 0; i < overfeat_scale_count(seen_.get()); ++i) {
        overfeat_scale one{};
        require(overfeat_scale_at(seen_.get(), i, &one, sizeof one));
        const auto values =
            view(one.values,
                 {static_cast<py::ssize_t>(one.class_count), static_cast<py::ssize_t>(one.rows),
                  static_cast<py::ssize_t>(one.columns)},
                 self);
        all.push_back(py::make_tuple(values, one.first_class, tupleOf(one.first_window),
                                     py::make_tuple(one.step_x, one.step_y)));
    }
    return all;
}

}  // namespace overfeat::python
