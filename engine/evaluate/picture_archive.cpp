// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/picture_archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <memory>
#include <system_error>
#include <vector>

#include "engine/core/error.h"

namespace overfeat::evaluate {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMaxFileBytes = std::int64_t{64} << 20;
constexpr std::size_t kBlockBytes = std::size_t{1} << 16;

struct CloseArchive {
    void operator()(archive* handle) const noexcept { archive_read_free(handle); }
};
using ArchivePtr = std::unique_ptr<archive, CloseArchive>;

Error damaged(const fs::path& path, const std::string& why) {
    return {ErrorCode::kInput,
            "The archive '" + path.string() + "' cannot be read (" + why +
                "); download or copy it again.",
            path.string()};
}

Error tooLarge(const fs::path& container, const std::string& name) {
    return {ErrorCode::kInput,
            "'" + name + "' in '" + container.string() +
                "' is larger than 64 MiB and no picture of a data set; remove it.",
            name};
}

std::string reason(archive* handle) {
    const char* text = archive_error_string(handle);
    return text != nullptr ? text : "unknown reason";
}

std::vector<std::byte> contentOf(archive* handle, archive_entry* entry, const fs::path& path,
                                 const std::string& name) {
    // The size in the header is only a claim: memory is asked for as data arrives.
    std::vector<std::byte> bytes;
    const void* block = nullptr;
    std::size_t length = 0;
    la_int64_t offset = 0;
    if (archive_entry_size(entry) > kMaxFileBytes) throw tooLarge(path, name);
    for (;;) {
        const int state = archive_read_data_block(handle, &block, &length, &offset);
        if (state == ARCHIVE_EOF) return bytes;
        if (state != ARCHIVE_OK) throw damaged(path, reason(handle));
        // Sparse files have holes; the sum is what counts against the limit.
        const auto end = static_cast<std::uint64_t>(offset) + length;
        if (end > static_cast<std::uint64_t>(kMaxFileBytes)) throw tooLarge(path, name);
        if (bytes.size() < end) bytes.resize(static_cast<std::size_t>(end));
        std::copy_n(static_cast<const std::byte*>(block), length,
                    bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    }
}

}  // namespace

bool forEachInArchive(const fs::path& path, const FileVisitor& visit) {
    const ArchivePtr handle(archive_read_new());
    archive_read_support_filter_all(handle.get());
    archive_read_support_format_tar(handle.get());
    if (archive_read_open_filename(handle.get(), path.c_str(), kBlockBytes) != ARCHIVE_OK) {
        throw damaged(path, reason(handle.get()));
    }
    for (;;) {
        archive_entry* entry = nullptr;
        const int state = archive_read_next_header(handle.get(), &entry);
        if (state == ARCHIVE_EOF) return true;
        if (state != ARCHIVE_OK) throw damaged(path, reason(handle.get()));
        if (archive_entry_filetype(entry) != AE_IFREG) continue;
        const char* full_name = archive_entry_pathname(entry);
        if (full_name == nullptr) throw damaged(path, "a file without a name");
        const std::string name = full_name;
        if (!visit(name, contentOf(handle.get(), entry, path, name))) return false;
    }
}

bool forEachInFolder(const fs::path& folder, const FileVisitor& visit) {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error)) {
        std::error_code ignored;
        if (entry->is_regular_file(ignored)) files.push_back(entry->path());
    }
    if (error) {
        throw Error(ErrorCode::kInput,
                    "The folder '" + folder.string() + "' cannot be read (" + error.message() +
                        "); check its permissions.",
                    folder.string());
    }
    std::ranges::sort(files, {}, &fs::path::native);
    for (const fs::path& file : files) {
        std::ifstream stream(file, std::ios::binary | std::ios::ate);
        const std::int64_t size = stream ? static_cast<std::int64_t>(stream.tellg()) : -1;
        if (size > kMaxFileBytes) throw tooLarge(folder, file.filename().string());
        std::vector<std::byte> bytes(static_cast<std::size_t>(std::max<std::int64_t>(size, 0)));
        stream.seekg(0);
        stream.read(reinterpret_cast<char*>(bytes.data()), size);
        if (!stream) {
            throw Error(ErrorCode::kInput,
                        "'" + file.string() + "' cannot be read; check its permissions.",
                        file.string());
        }
        if (!visit(file.filename().string(), bytes)) return false;
    }
    return true;
}

}  // namespace overfeat::evaluate
