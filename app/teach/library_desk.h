// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
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
    // Captures this network has not seen yet: the first few, to be answered by store().
    std::vector<MissingEmbedding> missing;
    std::size_t missing_count = 0;  // all of them
    std::string read_only;          // why nothing can be changed; empty if it can
    std::string notice;             // of opening it: what a person should know
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
    // In the order of the captures' ids. They count at once; save() writes them to the disk, which
    // nobody needs to wait for: what was not saved is made again the next time.
    void store(const std::vector<std::string>& capture_ids,
               const std::vector<ExampleEmbedding>& embeddings);
    void save();
    // A capture the network failed at is not asked for again.
    void giveUp(const std::string& capture_id) { hopeless_.insert(capture_id); }
    LibraryNews news();
    // How the captures of these classes go together, by what the network makes of them.
    std::map<std::string, ClassFit> fitOf(const std::set<std::string>& class_ids);

private:
    void readEmbeddings();

    std::filesystem::path file_;
    std::unique_ptr<learn::ClassLibrary> library_;
    std::string notice_;
    std::string space_;
    EmbeddingSize size_;
    bool read_ = false;  // embeddings_ holds those of space_ in the library
    Embeddings embeddings_;
    std::vector<learn::StoredEmbedding> unsaved_;  // of space_
    std::set<std::string> hopeless_;
    std::shared_ptr<const TaughtClasses> taught_;  // as news() said it last
};

}  // namespace overfeat::teach
