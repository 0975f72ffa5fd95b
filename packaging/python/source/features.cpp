// SPDX-License-Identifier: Apache-2.0
#include "picture.h"
#include "recogniser.h"

namespace overfeat::python {

namespace py = pybind11;

py::dict Features::info() const {
    overfeat_features_info info{};
    require(overfeat_features_get_info(opened(features_, "The extractor"), &info, sizeof info));
    py::dict made;
    made["layer"] = info.layer;
    made["device"] = info.device;
    made["shape"] =
        py::tuple(py::cast(std::vector<std::int64_t>(info.shape, info.shape + info.rank)));
    made["window"] = info.window_px;
    return made;
}

void Features::extract(const py::sequence& pictures, const std::string& format,
                       py::array_t<float>& out) {
    Pictures all;
    for (const py::object one : pictures)
        all.add(one, format);
    if (!(out.flags() & py::array::c_style)) {
        require(Outcome{OVERFEAT_USAGE,
                        "The array for the values is not contiguous; give one "
                        "that is."});
    }
    float* const values = out.mutable_data();
    const auto capacity = static_cast<std::size_t>(out.size());
    const auto lock = turns_.take();
    const auto running = features_;
    opened(running, "The extractor");
    std::size_t done = 0;
    try {
        callWithoutGil(
            [&] {
                return overfeat_features_extract_all(running.get(), all.images().data(),
                                                     all.images().size(), values, capacity, &done);
            },
            [&] { overfeat_features_cancel(running.get()); });
    } catch (py::error_already_set& failure) {
        // Which of them it was is worth knowing where there are thousands.
        if (failure.matches(PyExc_ValueError) && all.images().size() > 1) {
            failure.value().attr("picture") = done;
        }
        throw;
    }
}

void Features::close() {
    cancel();
    const auto lock = turns_.take();
    features_.reset();
}

}  // namespace overfeat::python
