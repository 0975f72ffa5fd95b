// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <overfeat.h>
#include <pybind11/numpy.h>

#include <vector>

namespace overfeat::python {

// Pictures that were given as arrays, as overfeat.h wants them: pointers into the arrays, which are
// kept as long as this. Only an array whose pixels do not follow one another in a row is copied.
class Pictures {
public:
    // An array of bytes: rows x columns (grey), or with 3 or 4 colours in the order `format` says:
    // "rgb" or "bgr". Raises UsageError.
    void add(const pybind11::handle& given, const std::string& format);

    const std::vector<overfeat_image>& images() const noexcept { return images_; }

private:
    std::vector<pybind11::array> kept_;
    std::vector<overfeat_image> images_;
};

}  // namespace overfeat::python
