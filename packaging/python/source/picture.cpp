// SPDX-License-Identifier: Apache-2.0
#include "picture.h"

#include <limits>

#include "errors.h"

namespace overfeat::python {
namespace {

namespace py = pybind11;

[[noreturn]] void refuse(const std::string& sentence) {
    require(Outcome{OVERFEAT_USAGE, sentence});
    throw py::error_already_set();  // not reached: require() has thrown
}

std::string textOf(const py::array& array) {
    std::string text = "(";
    for (py::ssize_t axis = 0; axis < array.ndim(); ++axis)
        text += (axis > 0 ? ", " : "") + std::to_string(array.shape(axis));
    return text + ") of " + py::str(array.dtype()).cast<std::string>();
}

std::int32_t formatOf(const py::array& array, const std::string& format) {
    const bool bgr = format == "bgr";
    if (!bgr && format != "rgb") {
        refuse("There is no colour order '" + format + "'; write \"rgb\" or \"bgr\".");
    }
    if (array.ndim() == 2) return OVERFEAT_GREY;
    switch (array.shape(2)) {
        case 1:
            return OVERFEAT_GREY;
        case 3:
            return bgr ? OVERFEAT_BGR : OVERFEAT_RGB;
        default:
            return bgr ? OVERFEAT_BGRA : OVERFEAT_RGBA;
    }
}

// Whether the pixels of a row follow one another.
bool isPacked(const py::array& array, py::ssize_t colours) {
    return (array.ndim() == 2 || array.shape(2) == 1 || array.strides(2) == 1) &&
           (array.shape(1) == 1 || array.strides(1) == colours) && array.strides(0) != 0;
}

}  // namespace

void Pictures::add(const py::handle& given, const std::string& format) {
    auto array = py::array::ensure(given);
    if (!array) {
        PyErr_Clear();
        refuse("A picture is an array of bytes, rows x columns x colours; this is none.");
    }
    const bool colours_fit =
        array.ndim() == 2 ||
        (array.ndim() == 3 && (array.shape(2) == 1 || array.shape(2) == 3 || array.shape(2) == 4));
    if (!colours_fit || array.dtype().kind() != 'u' || array.dtype().itemsize() != 1) {
        refuse(
            "A picture is an array (rows, columns, 3) of uint8, or with 4 colours or grey; "
            "this one is " +
            textOf(array) + ".");
    }
    constexpr py::ssize_t most = std::numeric_limits<std::int32_t>::max();
    if (array.shape(0) > most || array.shape(1) > most) {
        refuse("The picture is too large: " + textOf(array) + ".");
    }
    const py::ssize_t colours = array.ndim() == 2 ? 1 : array.shape(2);
    if (!isPacked(array, colours)) {
        array = py::array_t<std::uint8_t, py::array::c_style | py::array::forcecast>(array);
    }
    images_.push_back({.pixels = static_cast<const std::uint8_t*>(array.data()),
                       .width = static_cast<std::int32_t>(array.shape(1)),
                       .height = static_cast<std::int32_t>(array.shape(0)),
                       .row_bytes = array.shape(0) == 1 ? 0 : array.strides(0),
                       .format = formatOf(array, format)});
    kept_.push_back(std::move(array));
}

}  // namespace overfeat::python
