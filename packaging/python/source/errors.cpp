// SPDX-License-Identifier: Apache-2.0
#include "errors.h"

namespace overfeat::python {
namespace {

namespace py = pybind11;

// Borrowed for as long as the process lives: exceptions are raised while the module is torn down.
PyObject* error = nullptr;
PyObject* usage_error = nullptr;
PyObject* input_error = nullptr;
PyObject* model_error = nullptr;
PyObject* cancelled_error = nullptr;

PyObject* define(py::module_& module, const char* name, const char* doc, const py::tuple& bases) {
    const std::string full = std::string("overfeat.") + name;
    PyObject* made = PyErr_NewExceptionWithDoc(full.c_str(), doc, bases.ptr(), nullptr);
    if (made == nullptr) throw py::error_already_set();
    module.add_object(name, py::reinterpret_borrow<py::object>(made));
    return made;
}

py::handle borrowed(PyObject* object) {
    return {object};
}

}  // namespace

void defineErrors(py::module_& module) {
    error = define(module, "Error",
                   "Something failed; the text is one sentence: what, where, what to do.",
                   py::make_tuple(borrowed(PyExc_RuntimeError)));
    usage_error = define(module, "UsageError", "What was asked for does not exist.",
                         py::make_tuple(borrowed(error), borrowed(PyExc_ValueError)));
    input_error = define(module, "InputError", "A picture or a class library cannot be used.",
                         py::make_tuple(borrowed(error), borrowed(PyExc_ValueError)));
    model_error =
        define(module, "ModelError", "A model cannot be used.", py::make_tuple(borrowed(error)));
    cancelled_error = define(module, "CancelledError", "Another thread called cancel() or close().",
                             py::make_tuple(borrowed(error)));
}

void require(const Outcome& outcome) {
    PyObject* kind = error;
    switch (outcome.status) {
        case OVERFEAT_OK:
            return;
        case OVERFEAT_RUNTIME:
            break;
        case OVERFEAT_USAGE:
            kind = usage_error;
            break;
        case OVERFEAT_INPUT:
            kind = input_error;
            break;
        case OVERFEAT_MODEL:
            kind = model_error;
            break;
        case OVERFEAT_CANCELLED:
            kind = cancelled_error;
            break;
    }
    PyErr_SetString(kind, outcome.sentence.c_str());
    throw py::error_already_set();
}

void require(overfeat_status status) {
    require(Outcome::of(status));
}

}  // namespace overfeat::python
