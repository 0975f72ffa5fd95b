// SPDX-License-Identifier: Apache-2.0
#include "app/live/base/termination_signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>

namespace overfeat::app {
namespace {

constexpr std::array kSignals{SIGINT, SIGTERM};

// A signal handler knows nothing else than what is global.
std::atomic<int> signal_pipe = -1;
static_assert(std::atomic<int>::is_always_lock_free);

// On whatever thread: only what is safe in a signal handler.
void passOn(int number) {
    const int interrupted = errno;
    const auto byte = static_cast<unsigned char>(number);
    // A full pipe holds signals enough.
    [[maybe_unused]] const ssize_t written = ::write(signal_pipe, &byte, 1);
    errno = interrupted;
}

void handleWith(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (const int number : kSignals)
        sigaction(number, &action, nullptr);
}

}  // namespace

TerminationSignals::TerminationSignals(std::function<void(int)> arrived)
    : arrived_(std::move(arrived)) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
    read_end_ = ends[0];
    write_end_ = ends[1];
    notifier_ = std::make_unique<QSocketNotifier>(read_end_, QSocketNotifier::Read);
    QObject::connect(notifier_.get(), &QSocketNotifier::activated, notifier_.get(),
                     [this] { read(); });
    signal_pipe = write_end_;
    handleWith(passOn);
}

TerminationSignals::~TerminationSignals() {
    if (read_end_ < 0) return;
    handleWith(SIG_DFL);
    signal_pipe = -1;
    notifier_.reset();
    ::close(read_end_);
    ::close(write_end_);
}

void TerminationSignals::read() {
    unsigned char number = 0;
    if (::read(read_end_, &number, 1) == 1) arrived_(number);
}

}  // namespace overfeat::app
