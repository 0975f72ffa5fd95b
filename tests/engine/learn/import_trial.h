// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "engine/learn/class_library.h"

namespace overfeat::test {

// Makes hostile files out of an honest export and hands them to a library.
class ImportTrial {
public:
    // Works in `folder`, best one in memory.
    explicit ImportTrial(const std::filesystem::path& folder);

    // Any numbers: whoever makes them up decides what becomes of the file, and that of nothing
    // else.
    using Random = std::function<std::uint64_t()>;

    // What is wrong; empty for a good answer: refused with one sentence and nothing changed, or
    // taken with nothing outside the limits and undone in one step.
    std::string once(const Random& random);
    int taken = 0;
    int refused = 0;

private:
    void openLibrary();
    void makeFile(const Random& random) const;
    std::string mutatedBytes(const Random& random) const;
    void mutateRows(const Random& random) const;
    void mutateSchema(const Random& random) const;
    std::string checkTaken() const;

    std::filesystem::path file_;
    std::string honest_;
    std::filesystem::path library_file_;
    std::string library_bytes_;  // before anything hostile
    std::unique_ptr<learn::ClassLibrary> library_;
};

}  // namespace overfeat::test
