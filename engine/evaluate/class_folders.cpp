// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/class_folders.h"

#include <cstdint>
#include <span>
#include <system_error>

#include "engine/core/error.h"
#include "engine/evaluate/picture_archive.h"
#include "engine/evaluate/set_folder.h"

namespace overfeat::evaluate {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxPictureBytes = std::uint64_t{64} << 20U;

}  // namespace

void forEachFolderPicture(const fs::path& set, const PictureDecoder& decode,
                          const FolderPictureVisitor& visit) {
    std::size_t pictures = 0;
    const auto show = [&](const fs::path& path, std::span<const std::byte> bytes) {
        if (!isPictureName(path)) return true;
        ++pictures;
        const std::string file = path.lexically_normal().string();
        return visit(path.lexically_normal().parent_path().filename().string(), file,
                     decode(bytes, file));
    };
    std::error_code unknown;
    if (fs::is_directory(set, unknown)) {
        for (const fs::path& file : SetFolder(set).filesBelow("")) {
            if (!isPictureName(file)) continue;
            const std::string bytes = textOf(set / file, kMaxPictureBytes);
            if (!show(file, std::as_bytes(std::span(bytes)))) return;
        }
    } else {
        const bool finished =
            forEachInArchive(set, [&](const std::string& path, std::span<const std::byte> bytes) {
                return show(path, bytes);
            });
        if (!finished) return;
    }
    if (pictures == 0) {
        throw Error(ErrorCode::kInput,
                    "'" + set.string() +
                        "' holds no pictures; a set of classes is a folder, or a tar archive, with "
                        "a folder of pictures for each.",
                    set.string());
    }
}

}  // namespace overfeat::evaluate
