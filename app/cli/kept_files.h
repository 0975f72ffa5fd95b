// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/cli/console.h"

namespace overfeat::cli {

// The files a run reads, which nothing that it writes may replace: a typing mistake must not cost a
// picture. Files are told apart by device and inode, so another spelling of a name, a link and a
// file of a folder are all found. A copy is cheap.
class KeptFiles {
public:
    KeptFiles() = default;  // none
    // Files that are not there are nothing to lose. Throws Error(kCancelled) once somebody asked to
    // stop.
    KeptFiles(const std::vector<std::filesystem::path>& files, const Console& console);

    bool contains(const std::filesystem::path& path) const;
    // Throws Error(kUsage) if `output` is there and one of the files.
    void check(const std::filesystem::path& output) const;

private:
    std::shared_ptr<const std::set<std::pair<dev_t, ino_t>>> files_;
};

// An output as it was asked for.
struct PlannedOutput {
    std::filesystem::path path;
    bool numbered = false;  // one file per picture, each with its number in its name
    // Of a folder with a file for each picture, named as that is: the files' extension.
    std::string extension = {};
};

// Throws Error(kUsage) if two of the outputs would be written to one file, or if one would replace
// an input or one of the `others`, which the run reads besides them (a model, a data set), under
// any number; touches no file. What comes back belongs to writeFile(), which looks again.
KeptFiles checkOutputs(const std::vector<PlannedOutput>& outputs,
                       const std::vector<std::string>& inputs,
                       const std::vector<std::filesystem::path>& others, const Console& console);

}  // namespace overfeat::cli
