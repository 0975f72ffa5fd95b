// SPDX-License-Identifier: Apache-2.0
#include "engine/c/turn.h"

#include <string>

#include "engine/c/guard.h"

namespace overfeat::c {

Turns::Turn::Turn(Turns& of, const char* what) : of_(of) {
    const std::scoped_lock lock(of_.mutex_);
    if (of_.closed_) throwGivenBack(what);
    if (of_.running_) {
        throw Error(ErrorCode::kUsage,
                    std::string(what) +
                        " works for another thread just now; wait for that call, or open one "
                        "for each thread.");
    }
    stop_ = of_.running_.emplace().get_token();
}

Turns::Turn::~Turn() {
    const std::scoped_lock lock(of_.mutex_);
    of_.running_.reset();
}

void Turns::cancel() noexcept {
    const std::scoped_lock lock(mutex_);
    if (running_) running_->request_stop();
}

void Turns::close() noexcept {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    if (running_) running_->request_stop();
}

}  // namespace overfeat::c
