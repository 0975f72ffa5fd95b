// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/teach/capture_fit.h"
#include "engine/core/example.h"
#include "engine/core/taught_classes.h"
#include "engine/learn/class_library.h"

namespace overfeat::teach {

struct MissingEmbedding {
    std::string capture_id;
    Example example;
};

// What is known of a library after something was done with it.
struct LibraryNews {
    std::shared_ptr<const learn::LibraryContent> content;
    // As the network of setNetwork() looks for it; null where nothing can be taught to it. Another
    // object than before only if something of it is other.
    std::shared_ptr<const TaughtClasses> taught;
    // Captures this network has not seen yet: the first few, to be answered by store(). Of only a
    // few the upright views come first, so that the next frame is looked at soon.
    std::vector<MissingEmbedding> missing;
    ExampleDepth missing_depth = ExampleDepth::kAll;
    std::size_t missing_count = 0;  // all of them
    // One that is known by its upright views only: to be looked at closer, when nobody waits.
    std::optional<MissingEmbedding> upright;
    std::string read_only;  // why nothing can be changed; empty if it can
    std::string notice;     // of opening it: what a person should know
};

// A class library together with what one network makes of it, for a program whose network works on
// another thread: it says what that network has to look at and takes its answers.
// Threads: one. Throws what the library does.
class LibraryDesk {
public:
    explicit LibraryDesk(std::filesystem::path file) : file_(std::move(file)) {}

    // Opens it when it is first needed.
    learn::ClassLibrary& library();
    void setNetwork(const std::string& space, const EmbeddingSize& size);
    // In the order of the captures' ids. They count at once; save() writes those of kAll to the
    // disk, which nobody needs to wait for: what was not saved is made again the next time.
    void store(const std::vector<std::string>& capture_ids,
               const std::vector<ExampleEmbedding>& embeddings, ExampleDepth depth);
    void save();
    // A capture the network failed at is not asked for again.
    void giveUp(const std::string& capture_id);
    LibraryNews news();
    // How the captures of these classes go together, by what the network makes of them.
    std::map<std::string, ClassFit> fitOf(const std::set<std::string>& class_ids);

private:
    void readEmbeddings();
    std::optional<MissingEmbedding> pictureOf(const learn::Capture& capture);

    std::filesystem::path file_;
    std::unique_ptr<learn::ClassLibrary> library_;
    std::string notice_;
    std::string space_;
    EmbeddingSize size_;
    bool read_ = false;  // embeddings_ holds those of space_ in the library
    Embeddings embeddings_;
    std::vector<learn::StoredEmbedding> unsaved_;  // of space_
    std::set<std::string> upright_;                // captures known by their upright views only
    std::set<std::string> hopeless_;
    bool many_missing_ = false;                    // more than a few were, and some still are
    std::shared_ptr<const TaughtClasses> taught_;  // as news() said it last
};

}  // namespace overfeat::teach
