// SPDX-License-Identifier: Apache-2.0
//
// overfeat._core: overfeat.h for Python, one to one. The package around it says what things mean.

#include "recogniser.h"

namespace overfeat::python {
namespace {

namespace py = pybind11;

std::vector<py::tuple> devices() {
    std::vector<py::tuple> all;
    for (std::size_t i = 0; i < overfeat_device_count(); ++i) {
        overfeat_device one;
        require(overfeat_device_at(i, &one));
        all.push_back(py::make_tuple(one.name, one.available != 0, one.sentence));
    }
    return all;
}

std::vector<py::tuple> models(const std::string& folder) {
    overfeat_models* made = nullptr;
    callWithoutGil([&] { return overfeat_models_in(folder.c_str(), &made); }, [] {});
    const Held<overfeat_models> held(made);
    std::vector<py::tuple> all;
    for (std::size_t i = 0; i < overfeat_model_count(made); ++i) {
        overfeat_model one{};
        require(overfeat_model_at(made, i, &one, sizeof one));
        all.push_back(py::make_tuple(one.name, one.file, one.usable != 0, one.sentence,
                                     one.window_px, one.class_count));
    }
    return all;
}

void exportLibrary(const std::string& library, const std::string& to) {
    callWithoutGil([&] { return overfeat_export_library(library.c_str(), to.c_str()); }, [] {});
}

py::tuple importLibrary(const std::string& library, const std::string& from, bool keep_both) {
    overfeat_imported made{};
    callWithoutGil(
        [&] {
            return overfeat_import_library(library.c_str(), from.c_str(), keep_both ? 1 : 0, &made,
                                           sizeof made);
        },
        [] {});
    return py::make_tuple(made.new_classes, made.merged_classes, made.new_examples,
                          made.known_examples);
}

}  // namespace

PYBIND11_MODULE(_core, module) {
    defineErrors(module);
    module.def("version", [] { return overfeat_version(); });
    module.def("devices", &devices);
    module.def("models", &models);
    module.def("export_library", &exportLibrary);
    module.def("import_library", &importLibrary);

    py::class_<Seen>(module, "Seen")
        .def("scores", [](const py::object& self) { return self.cast<Seen&>().scores(self); })
        .def("top", &Seen::top)
        .def("class_at", &Seen::classAt)
        .def("class_count", &Seen::classCount)
        .def("objects", &Seen::objects)
        .def("scales", [](const py::object& self) { return self.cast<Seen&>().scales(self); })
        .def("stage_ms", &Seen::stageMs);
    py::class_<Features>(module, "Features")
        .def("info", &Features::info)
        .def("extract", &Features::extract, py::arg("pictures"), py::arg("format"),
             py::arg("out").noconvert())
        .def("cancel", &Features::cancel)
        .def("close", &Features::close);
    py::class_<Recogniser>(module, "Recogniser")
        .def(py::init<const std::vector<std::string>&, const std::string&, std::int32_t>())
        .def(py::init<const py::bytes&, const std::string&, const std::string&, std::int32_t>())
        .def("info", &Recogniser::info)
        .def("classes", &Recogniser::classes)
        .def("layers", &Recogniser::layers)
        .def("recognise", &Recogniser::recognise)
        .def("features", &Recogniser::features)
        .def("teach", &Recogniser::teach)
        .def("forget", &Recogniser::forget)
        .def("use_library", &Recogniser::useLibrary)
        .def("cancel", &Recogniser::cancel)
        .def("close", &Recogniser::close);
}

}  // namespace overfeat::python
