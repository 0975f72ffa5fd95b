// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/core/example.h"
#include "engine/core/taught_classes.h"
#include "engine/detect/recogniser.h"
#include "engine/learn/class_library.h"

namespace overfeat::teach {

// What there is to do before a network knows all of a library.
struct Progress {
    std::size_t done = 0;
    std::size_t all = 0;
};

// Teaches one recogniser what a class library holds, on the caller's thread; both must outlive it.
// (The window does the same with a Session and a thread for the library.)
class Teacher {
public:
    Teacher(learn::ClassLibrary& library, detect::Recogniser& recogniser)
        : library_(library), recogniser_(recogniser) {}

    // A class of that name has these examples from now on, on the disk and here. Throws what the
    // library and Recogniser::embed() do; then nothing was taught.
    void teach(const std::string& name, const std::vector<Example>& examples,
               const std::vector<std::string>& sources);

    // Makes the embeddings that this network lacks, each stored as soon as it is made. A capture
    // that cannot be read any more is passed over and counted. Throws Error(kCancelled) when
    // stopped; what was made stays.
    std::size_t embedWhatIsNew(const std::function<void(Progress)>& tell = {},
                               const std::stop_token& stop = {});

    // For Look::taught. Reads the library; null where this network cannot be taught.
    std::shared_ptr<const TaughtClasses> taught();

private:
    learn::ClassLibrary& library_;
    detect::Recogniser& recogniser_;
    std::vector<learn::StoredEmbedding> here_;  // of a library that cannot be written
};

}  // namespace overfeat::teach
