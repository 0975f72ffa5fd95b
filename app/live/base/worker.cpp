// SPDX-License-Identifier: Apache-2.0
#include "app/live/base/worker.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>

namespace overfeat::app {
namespace {

constexpr std::chrono::milliseconds kLimitAtDestruction{1000};

}  // namespace

struct Worker::State {
    struct Order {
        std::string place;
        Job job;
    };

    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Order> orders;
    std::set<std::string> busy;  // places
    std::size_t idle = 0;        // threads, from their start on
    std::vector<bool> ended;     // by thread
    std::vector<Completion> completions;
    bool stopping = false;

    // The first job of a place that nobody is at.
    std::deque<Order>::iterator next() {
        return std::ranges::find_if(
            orders, [this](const Order& order) { return !busy.contains(order.place); });
    }
    // Jobs that could run now, one per place.
    std::size_t waitingPlaces() const {
        std::set<std::string> places;
        for (const Order& order : orders) {
            if (!busy.contains(order.place)) places.insert(order.place);
        }
        return places.size();
    }
    bool allEnded() const {
        return std::ranges::all_of(ended, [](bool one) { return one; });
    }

    void loop(std::size_t thread, const std::function<void()>& nudge) {
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [this] { return stopping || next() != orders.end(); });
            --idle;
            // What waits behind a busy place is for the thread that is there.
            const auto chosen = next();
            if (chosen == orders.end()) break;
            const std::string place = chosen->place;
            busy.insert(place);
            {
                const Job job = std::move(chosen->job);
                orders.erase(chosen);
                lock.unlock();
                Completion completion;
                try {
                    completion = job();
                } catch (const std::exception&) {
                    completion = nullptr;
                }
                lock.lock();
                if (completion) completions.push_back(std::move(completion));
            }
            busy.erase(place);
            ++idle;
            changed.notify_all();
            nudge();
        }
        ended[thread] = true;
        changed.notify_all();
    }
};

Worker::Worker() : state_(std::make_shared<State>()), nudge_([this] { runCompletions(); }) {
    const std::scoped_lock lock(state_->mutex);
    addThread();
}

Worker::~Worker() {
    stop(kLimitAtDestruction);
}

void Worker::addThread() {
    const std::size_t number = threads_.size();
    threads_.emplace_back(
        [state = state_, number, nudge = nudge_.handle()] { state->loop(number, nudge); });
    state_->ended.push_back(false);
    ++state_->idle;
}

void Worker::run(const std::string& place, Job job) {
    const std::scoped_lock lock(state_->mutex);
    if (state_->stopping) return;
    state_->orders.push_back({place, std::move(job)});
    if (state_->waitingPlaces() > state_->idle && threads_.size() < kMostThreads) {
        try {
            addThread();
        } catch (const std::system_error&) {
            // Too many threads for this machine: the job waits for one that is there.
        }
    }
    state_->changed.notify_all();
}

bool Worker::stop(std::chrono::milliseconds limit) {
    // Nobody is waited for twice: those who did not end in time have been left behind.
    const auto joinable = [](const std::thread& thread) { return thread.joinable(); };
    if (std::ranges::none_of(threads_, joinable)) limit = {};
    std::unique_lock lock(state_->mutex);
    state_->stopping = true;
    state_->changed.notify_all();
    const bool done = state_->changed.wait_for(lock, limit, [this] { return state_->allEnded(); });
    if (!done) state_->orders.clear();
    state_->completions.clear();
    const std::vector<bool> ended = state_->ended;
    lock.unlock();
    // What is left of a thread that has ended is short: it ends before whatever main() ends.
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        if (threads_[i].joinable()) ended[i] ? threads_[i].join() : threads_[i].detach();
    }
    return done;
}

void Worker::runCompletions() {
    std::vector<Completion> ready;
    {
        const std::scoped_lock lock(state_->mutex);
        ready.swap(state_->completions);
    }
    for (const Completion& completion : ready)
        completion();
}

}  // namespace overfeat::app
