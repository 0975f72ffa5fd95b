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

// Every file that is there already and that the output may be written to.
void checkAllNumbers(const fs::path& out, const KeptFiles& kept, const Console& console) {
    const fs::path folder = out.has_parent_path() ? out.parent_path() : fs::path(".");
    std::error_code error;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        checkStop(console);
        const fs::path name = entry->path().filename();
        if (isNumbered(name, out)) kept.check(out.parent_path() / name);
    }
}

}  // namespace

KeptFiles::KeptFiles(const std::vector<std::string>& inputs, const std::vector<fs::path>& others,
                     const Console& console) {
    std::set<Identity> files;
    const auto keep = [&](const fs::path& path) {
        checkStop(console);  // a million names of a slow disk take their time
        if (const auto identity = identityOf(path)) files.insert(*identity);
    };
    for (const std::string& input : inputs) {
        std::error_code missing;
        if (!fs::is_directory(input, missing)) {
            keep(input);
            continue;
        }
        try {
            for (const std::string& name : filesIn(input, console))
                keep(fs::path(input) / name);
        } catch (const Error& error) {
            // The walk says what is wrong with the folder when its turn comes.
            if (error.code() != ErrorCode::kInput) throw;
        }
    }
    for (const fs::path& other : others)
        keep(other);
    files_ = std::make_shared<const std::set<Identity>>(std::move(files));
}

void KeptFiles::check(const fs::path& output) const {
    if (!files_) return;
    const auto identity = identityOf(output);
    if (!identity || !files_->contains(*identity)) return;
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
    KeptFiles kept(inputs, others, console);
    for (const PlannedOutput& output : outputs) {
        if (output.numbered) {
            checkAllNumbers(output.path, kept, console);
        } else {
            kept.check(output.path);
        }
    }
    return kept;
}

}  // namespace overfeat::cli
