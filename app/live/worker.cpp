// SPDX-License-Identifier: Apache-2.0
#include "app/live/worker.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace overfeat::app {
namespace {

constexpr std::chrono::milliseconds kLimitAtDestruction{1000};

}  // namespace

struct Worker::State {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Job> jobs;
    std::vector<Completion> completions;
    bool stopping = false;
    bool finished = false;

    void loop(const std::function<void()>& nudge) {
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [this] { return stopping || !jobs.empty(); });
            if (jobs.empty()) break;
            {
                const Job job = std::move(jobs.front());
                jobs.pop_front();
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
            nudge();
        }
        finished = true;
        changed.notify_all();
    }
};

Worker::Worker() : state_(std::make_shared<State>()), nudge_([this] { runCompletions(); }) {
    thread_ = std::thread([state = state_, nudge = nudge_.handle()] { state->loop(nudge); });
}

Worker::~Worker() {
    stop(kLimitAtDestruction);
}

void Worker::run(Job job) {
    const std::scoped_lock lock(state_->mutex);
    if (state_->stopping) return;
    state_->jobs.push_back(std::move(job));
    state_->changed.notify_all();
}

bool Worker::stop(std::chrono::milliseconds limit) {
    std::unique_lock lock(state_->mutex);
    state_->stopping = true;
    state_->changed.notify_all();
    const bool done = state_->changed.wait_for(lock, limit, [this] { return state_->finished; });
    if (!done) state_->jobs.clear();
    state_->completions.clear();
    lock.unlock();
    // What is left of a thread that is done is short: it ends before whatever main() ends.
    if (thread_.joinable()) done ? thread_.join() : thread_.detach();
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
