// SPDX-License-Identifier: Apache-2.0
#include "app/cli/signals.h"

#include <unistd.h>

#include <csignal>
#include <functional>
#include <stop_token>

#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

constexpr int kLeave = SIGUSR1;  // sent by the destructor to its own thread

sigset_t watched() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, kLeave);
    return set;
}

void wait(std::stop_source& source) {
    const sigset_t set = watched();
    for (int signal = 0; sigwait(&set, &signal) == 0 && signal != kLeave;) {
        if (!source.request_stop()) ::_exit(exitCode(ErrorCode::kCancelled));
    }
}

}  // namespace

StopOnSignal::StopOnSignal() {
    std::signal(SIGPIPE, SIG_IGN);
    const sigset_t set = watched();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    waiter_ = std::thread(wait, std::ref(source_));
}

StopOnSignal::~StopOnSignal() {
    pthread_kill(waiter_.native_handle(), kLeave);
    waiter_.join();
}

}  // namespace overfeat::cli
