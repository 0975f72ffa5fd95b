// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
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

// An example that a network has looked at. Nothing of it is on the disk yet.
struct Lesson {
    learn::NewCapture capture;
    ExampleEmbedding embedding;
};

// Throws what cutOut() and Recogniser::embed() do, for what cannot be taught.
Lesson prepareLesson(detect::Recogniser& recogniser, const Example& example,
                     const std::string& source, const std::stop_token& stop = {});

// Teaches one recogniser what a class library holds, on the caller's thread; both must outlive it.
// (The window does the same with a Session and a thread for the library.)
class Teacher {
public:
    Teacher(learn::ClassLibrary& library, detect::Recogniser& recogniser)
        : library_(library), recogniser_(recogniser) {}

    // A class of that name has these examples from now on, on the disk and here: one action of the
    // library. The lessons are of this recogniser. Returns the class's id. Throws what the library
    // does; then nothing was taught.
    std::string teach(const std::string& name, std::span<const Lesson> lessons);
    // "Not this", of a class that is there.
    void teachNot(const std::string& class_id, std::span<const Lesson> lessons);

    // Makes the embeddings that this network lacks, each stored as soon as it is made, and says
    // after each how far it is. A capture that cannot be read any more is passed over and counted.
    // Throws Error(kCancelled) when stopped; what was made stays.
    std::size_t embedWhatIsNew(const std::function<void(Progress)>& tell = {},
                               const std::stop_token& stop = {});

    // For Look::taught. Reads the library; null where this network cannot be taught.
    std::shared_ptr<const TaughtClasses> taught();

private:
    void keep(const std::vector<std::string>& capture_ids, std::span<const Lesson> lessons);

    learn::ClassLibrary& library_;
    detect::Recogniser& recogniser_;
    std::vector<learn::StoredEmbedding> here_;  // of a library that cannot be written
};

// A library as one network looks for it.
struct LoadedLibrary {
    std::shared_ptr<const TaughtClasses> taught;  // never null; maybe without a class
    std::vector<std::string> remarks;             // sentences for a person
};

// Opens a library that is there, makes the embeddings that the network lacks (stored where the
// library can be written) and reads it. Throws Error(kInput) if there is none, Error(kModel) if
// nothing can be taught to the network, and what Teacher::embedWhatIsNew() does.
LoadedLibrary loadLibrary(const std::filesystem::path& file, detect::Recogniser& recogniser,
                          const std::function<void(Progress)>& tell = {},
                          const std::stop_token& stop = {});

// Throws the Error(kModel) of Recogniser::embed() if nothing can be taught to the network.
void requireTeachable(const detect::Recogniser& recogniser);

}  // namespace overfeat::teach
