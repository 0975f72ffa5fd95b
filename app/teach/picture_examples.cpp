// SPDX-License-Identifier: Apache-2.0
#include "app/teach/picture_examples.h"

#include <algorithm>
#include <map>
#include <system_error>

#include "app/capture/picture_file.h"
#include "app/teach/example_picture.h"
#include "engine/core/error.h"

namespace overfeat::teach {
namespace {

namespace fs = std::filesystem;

// More at once would fill the memory, and a class needs no more.
constexpr std::size_t kMostPictures = 500;

std::vector<fs::path> filesIn(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
        if (entry.is_regular_file(error) && entry.path().filename().string().front() != '.')
            files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

}  // namespace

FilesTaught teachFiles(learn::ClassLibrary& library, const std::vector<fs::path>& paths,
                       const std::string& name) {
    std::map<std::string, std::vector<fs::path>> classes;
    for (const fs::path& path : paths) {
        std::error_code error;
        if (fs::is_directory(path, error)) {
            const fs::path folder = path.has_filename() ? path : path.parent_path();
            auto& files = classes[name.empty() ? folder.filename().string() : name];
            for (fs::path& file : filesIn(path))
                files.push_back(std::move(file));
        } else if (!name.empty()) {
            classes[name].push_back(path);
        } else {
            throw Error(ErrorCode::kUsage,
                        "A picture alone does not say what it is of; write a name first, or drop a "
                        "folder whose name is that of the class.",
                        path.string());
        }
    }
    FilesTaught report;
    for (const auto& [of, files] : classes) {
        std::vector<learn::NewCapture> captures;
        for (const fs::path& file : files) {
            if (captures.size() == kMostPictures) break;
            try {
                const Image picture = capture::readPicture(file);
                const RectPx whole{0, 0, static_cast<double>(picture.size().width),
                                   static_cast<double>(picture.size().height)};
                captures.push_back(captureOf(cutOut(picture, whole), file.filename().string()));
            } catch (const Error& error) {
                if (error.code() != ErrorCode::kInput) throw;
                ++report.left_out;
            }
        }
        if (captures.empty()) continue;
        library.teach(of, captures);
        report.pictures += static_cast<int>(captures.size());
    }
    if (report.pictures == 0) {
        throw Error(ErrorCode::kInput,
                    "No picture could be read from what was dropped; drop picture files or folders "
                    "of them.");
    }
    return report;
}

}  // namespace overfeat::teach
