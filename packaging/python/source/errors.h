// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <overfeat.h>
#include <pybind11/pybind11.h>

#include <string>

namespace overfeat::python {

// What a call of overfeat.h came to, with the sentence of the thread that made it.
struct Outcome {
    overfeat_status status = OVERFEAT_OK;
    std::string sentence{};

    // Of the call that this thread has just made.
    static Outcome of(overfeat_status status) {
        return {status, status == OVERFEAT_OK ? "" : overfeat_last_error()};
    }
};

// overfeat.Error and what is derived from it.
void defineErrors(pybind11::module_& module);
// Raises the exception of a call that failed.
void require(const Outcome& outcome);
// Of a call that this thread has just made.
void require(overfeat_status status);

}  // namespace overfeat::python
