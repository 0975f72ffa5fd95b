// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <latch>
#include <thread>

namespace overfeat::store {

// While it lives, the threads that oneDNN computes with (libgomp's) sleep soon when they wait for
// each other, instead of spinning for milliseconds: beside any other busy program that turns every
// layer into a wait for the scheduler (README.md has the figures).
//
// libgomp reads its policy once, when it is loaded, before main(), and has no call to change it;
// but it spins only briefly while there are more threads of its own than processors. So this keeps
// some that do nothing. It leaves things as they are where the user has chosen (OMP_WAIT_POLICY,
// GOMP_SPINCOUNT). For programs: a library has no say in its process.
class PatientThreads {
public:
    PatientThreads();
    ~PatientThreads();
    PatientThreads(const PatientThreads&) = delete;
    PatientThreads& operator=(const PatientThreads&) = delete;

private:
    std::latch made_{1};
    std::latch over_{1};
    std::thread keeper_;
};

}  // namespace overfeat::store
