// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>

#include "engine/learn/class_library.h"

namespace overfeat::test {

// Makes hostile files out of an honest export and hands them to a library.
class ImportTrial {
public:
    // Works in `folder`, best one in memory.
    explicit ImportTrial(const std::filesystem::path& folder);

    // What of the trial `seed` is wrong; empty for a good answer: refused with one sentence and
    // nothing changed, or taken with nothing outside the limits and undone in one step.
    std::string once(std::uint64_t seed);
    int taken = 0;
    int refused = 0;

    // The file that a trial hands over.
    void makeFile(std::uint64_t seed) const;
    const std::filesystem::path& file() const noexcept { return file_; }

private:
    std::string mutatedBytes(std::mt19937_64& random) const;
    void mutateRows(std::mt19937_64& random) const;
    void mutateSchema(std::mt19937_64& random) const;
    std::string checkTaken() const;

    std::filesystem::path file_;
    std::unique_ptr<learn::ClassLibrary> library_;
    std::string honest_;
};

}  // namespace overfeat::test
