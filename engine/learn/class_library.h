// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/api.h"
#include "engine/learn/taught.h"

namespace overfeat::learn {

struct OpenedLibrary;

struct LibraryOptions {
    bool read_only = false;  // even where it could be written
    // How long to wait for another program that is writing.
    std::chrono::milliseconds patience{5000};
};

// What an import does with a class whose id or name the library has already.
enum class KnownClass {
    kMerge,    // its captures go to the class that is there, which keeps its name and threshold
    kKeepBoth  // it becomes one more class, named "mug (2)"
};

struct ImportReport {
    int new_classes = 0;
    int merged_classes = 0;
    int new_captures = 0;
    int known_captures = 0;  // left out: the library has them
};

// What people taught, in one file (SQLite; README.md). Stores; computes nothing.
//
// Every change is one transaction: when the call returns it is on the disk and survives the end of
// the process and of the power; when it throws nothing was changed. Every change can be undone, the
// last kMostActions of them, also tomorrow and by another program. Several programs may use one
// library at once.
//
// Threads: belongs to the one thread that uses it; contents are shared. Calls wait for the disk,
// and at most `patience` for other programs.
// Throws Error: kUsage for something that is not in the library or outside the limits, kInput for a
// file that cannot be used or written, kRuntime for a full disk or one that fails.
class OVERFEAT_API ClassLibrary {
public:
    // Makes the file (and its folder) if it is not there, unless `read_only`. Throws Error(kInput)
    // for a file that cannot be read or is something else; such a file is left as it is.
    static OpenedLibrary open(const std::filesystem::path& file,
                              const LibraryOptions& options = {});
    // Backs up what was changed, if it is time.
    ~ClassLibrary();
    ClassLibrary(const ClassLibrary&) = delete;
    ClassLibrary& operator=(const ClassLibrary&) = delete;

    const std::filesystem::path& file() const noexcept;
    // Why nothing can be changed, as a sentence; empty if it can.
    const std::string& readOnlyBecause() const noexcept;

    // As it is now, other programs' changes included. The same pointer as long as nothing changed.
    std::shared_ptr<const LibraryContent> content();
    // Whether another connection wrote since the last content(). Cheap: meant to be asked often.
    bool changedElsewhere();
    std::vector<std::byte> picture(std::string_view capture_id);

    // The captures become examples of the class of that name, which is made if there is none.
    // Returns its id.
    std::string teach(std::string_view name, std::span<const NewCapture> captures);
    // Of a class that is there. Returns the captures' ids.
    std::vector<std::string> addCaptures(const std::string& class_id,
                                         std::span<const NewCapture> captures);
    // "Not this": of one class, or of every class if `class_id` is empty.
    std::vector<std::string> addNegatives(const std::string& class_id,
                                          std::span<const NewCapture> captures);
    std::string addClass(std::string_view name);
    void rename(const std::string& class_id, std::string_view name);
    // 0 to 1, or nothing. An action each time: call it when a slider is let go.
    void setThreshold(const std::string& class_id, std::optional<double> threshold);
    void setEnabled(const std::string& class_id, bool enabled);
    // 0xRRGGBB or TaughtClass::kAutomaticColour.
    void setColour(const std::string& class_id, int colour);
    // All captures of `from` go to `into`; `from` is no more.
    void merge(const std::string& from, const std::string& into);
    // The captures, of whatever classes, become a new one. Returns its id.
    std::string split(std::span<const std::string> capture_ids, std::string_view name);
    // To another class, or to the other side of one: "this is one", "not this". Without a class
    // they can only be negative.
    void moveCaptures(std::span<const std::string> capture_ids, const std::string& class_id,
                      bool negative = false);
    void deleteCaptures(std::span<const std::string> capture_ids);
    void deleteClass(const std::string& class_id);

    // What content() showed as the step to undo or redo. Returns what was done, nothing if there
    // was nothing to do. Throws Error(kRuntime) if another program has made another step the last.
    std::optional<std::string> undo();
    std::optional<std::string> redo();

    // `space` says which network and which way of computing; embeddings of other spaces stay.
    // Those of captures that are no more are left out silently.
    void storeEmbeddings(std::string_view space, std::span<const StoredEmbedding> embeddings);
    // Of the captures there are, in no order. One that is damaged, or with numbers that no network
    // makes, is as if it were not there: its capture is among those without.
    std::vector<StoredEmbedding> embeddings(std::string_view space);
    std::vector<std::string> capturesWithoutEmbedding(std::string_view space);
    std::vector<std::string> spaces();
    void forgetSpace(std::string_view space);

    // Classes with their captures and pictures as one file; all of them, and the negatives of no
    // class, if `class_ids` is empty. A file of that name is replaced when the new one is whole.
    void exportTo(const std::filesystem::path& file, std::span<const std::string> class_ids = {});
    // One action. The file may come from anybody: whatever is wrong with it, it is one sentence and
    // the library stays as it was. May take seconds.
    ImportReport importFrom(const std::filesystem::path& file, KnownClass known);

    // Replaces the one copy beside the library, atomically. Also done by open() and the destructor
    // if there were changes since the last and it is ten minutes old; those ignore failures.
    void backUp();
    // The backup's content, all of it, as long as this library is empty and has no history; else
    // import the backup.
    void restoreBackup();

private:
    friend struct OpenedLibrary;
    struct State;
    explicit ClassLibrary(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

struct OpenedLibrary {
    std::unique_ptr<ClassLibrary> library;  // never null
    // Of a library that was found damaged: where it lies now. The one opened is new and empty.
    std::filesystem::path set_aside;
    // The last backup, if the library is new and empty although there is one: restoreBackup().
    std::filesystem::path backup;
    std::optional<std::int64_t> backup_made_unix_s;
    // What a person should know: read-only and why, damaged and what now. Empty, or sentences.
    std::string notice;
};

}  // namespace overfeat::learn
