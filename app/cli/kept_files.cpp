// SPDX-License-Identifier: Apache-2.0
#include "app/cli/kept_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <system_error>

#include "app/capture/file_bytes.h"
#include "app/cli/inputs.h"
#include "app/cli/output_file.h"
#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

namespace fs = std::filesystem;
using Identity = std::pair<dev_t, ino_t>;

constexpr int kMaxLinks = 40;  // as many as the system follows

// Nothing for folders: those are not replaced.
std::optional<Identity> identityOf(const fs::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || S_ISDIR(status.st_mode)) return std::nullopt;
    return Identity(status.st_dev, status.st_ino);
}

// One spelling per place, also for files that are not there yet.
fs::path placeOf(const fs::path& path) {
    std::error_code unknown;
    fs::path absolute = fs::absolute(path, unknown);
    // Links that lead to nothing yet are left alone by weakly_canonical(), but not by who writes.
    for (int links = 0; links < kMaxLinks && fs::is_symlink(absolute, unknown); ++links)
        absolute = absolute.parent_path() / fs::read_symlink(absolute, unknown);
    fs::path place = fs::weakly_canonical(absolute, unknown);
    return unknown ? absolute.lexically_normal() : place;
}

// The same for what replaces a link instead of following it.
fs::path placeOfName(const fs::path& path) {
    return placeOf(path.has_parent_path() ? path.parent_path() : ".") / path.filename();
}

bool collide(const PlannedOutput& a, const PlannedOutput& b) {
    if (!a.numbered && !b.numbered) return placeOf(a.path) == placeOf(b.path);
    // Nothing has the numbered outputs' own name, so it does not matter where that leads as a link.
    if (a.numbered && b.numbered) return placeOfName(a.path) == placeOfName(b.path);
    const fs::path many = placeOfName(a.numbered ? a.path : b.path);
    const fs::path& one = a.numbered ? b.path : a.path;
    // A file is renamed into the place of a link, a video follows it.
    for (const fs::path& place : {placeOf(one), placeOfName(one)}) {
        if (place.parent_path() == many.parent_path() && isNumbered(place.filename(), many))
            return true;
    }
    return false;
}

// Calls `onName` with the name of everything in a folder, if it is one.
template <class OnName>
void forEachName(const fs::path& folder, const Console& console, const OnName& onName) {
    std::error_code error;
    for (fs::directory_iterator entry(folder.empty() ? fs::path(".") : folder, error);
         !error && entry != fs::directory_iterator(); entry.increment(error)) {
        checkStop(console);
        onName(entry->path().filename());
    }
}

// Every file that is there already and that the output may be written to.
void checkAllNumbers(const fs::path& out, const KeptFiles& kept, const Console& console) {
    const fs::path folder = out.parent_path();
    forEachName(folder, console, [&](const fs::path& name) {
        if (isNumbered(name, out)) kept.check(folder / name);
    });
}

// The same for a folder that gets a file for each of the inputs, numbered or not.
void checkAllNames(const PlannedOutput& out, const std::vector<fs::path>& inputs,
                   const KeptFiles& kept, const Console& console) {
    forEachName(out.path, console, [&](const fs::path& name) {
        if (name.extension() != out.extension || !kept.contains(out.path / name)) return;
        for (const fs::path& input : inputs) {
            const fs::path written = input.stem() += out.extension;
            if (name == written || isNumbered(name, written)) kept.check(out.path / name);
        }
    });
}

// The inputs, and the files in those that are folders.
std::vector<fs::path> filesOf(const std::vector<std::string>& inputs, const Console& console) {
    std::vector<fs::path> files;
    for (const std::string& input : inputs) {
        std::error_code missing;
        if (!fs::is_directory(input, missing)) {
            files.emplace_back(input);
            continue;
        }
        try {
            for (const std::string& name : filesIn(input, console).names)
                files.push_back(fs::path(input) / name);
        } catch (const Error& error) {
            // The walk says what is wrong with the folder when its turn comes.
            if (error.code() != ErrorCode::kInput) throw;
        }
    }
    return files;
}

}  // namespace

KeptFiles::KeptFiles(const std::vector<fs::path>& files, const Console& console) {
    std::set<Identity> identities;
    for (const fs::path& file : files) {
        checkStop(console);  // a million names of a slow disk take their time
        if (const auto identity = identityOf(file)) identities.insert(*identity);
    }
    files_ = std::make_shared<const std::set<Identity>>(std::move(identities));
}

bool KeptFiles::contains(const fs::path& path) const {
    if (!files_) return false;
    const auto identity = identityOf(path);
    return identity && files_->contains(*identity);
}

void KeptFiles::check(const fs::path& output) const {
    if (!contains(output)) return;
    throw Error(ErrorCode::kUsage,
                capture::shown(output) +
                    " is read by this run and would be replaced; write to another file.",
                output.string());
}

KeptFiles checkOutputs(const std::vector<PlannedOutput>& outputs,
                       const std::vector<std::string>& inputs, const std::vector<fs::path>& others,
                       const Console& console) {
    if (outputs.empty()) return {};
    for (auto a = outputs.begin(); a != outputs.end(); ++a) {
        for (auto b = outputs.begin(); b != a; ++b) {
            if (!collide(*a, *b)) continue;
            throw Error(ErrorCode::kUsage,
                        "Two outputs would be written to " + capture::shown(a->path) +
                            "; give each a file of its own.",
                        a->path.string());
        }
    }
    const std::vector<fs::path> files = filesOf(inputs, console);
    std::vector<fs::path> all = files;
    all.insert(all.end(), others.begin(), others.end());
    KeptFiles kept(all, console);
    for (const PlannedOutput& output : outputs) {
        if (output.numbered) {
            checkAllNumbers(output.path, kept, console);
        } else {
            kept.check(output.path);
        }
        if (!output.extension.empty()) checkAllNames(output, files, kept, console);
    }
    return kept;
}

}  // namespace overfeat::cli
