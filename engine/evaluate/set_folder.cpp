// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/set_folder.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>
#include <utility>

namespace overfeat::evaluate {
namespace {

namespace fs = std::filesystem;

bool climbs(const fs::path& name) {
    return name.is_absolute() ||
           std::ranges::any_of(name, [](const fs::path& part) { return part == ".."; });
}

bool isInside(const fs::path& canonical_root, const fs::path& canonical) {
    const auto [end, ignored] = std::mismatch(canonical_root.begin(), canonical_root.end(),
                                              canonical.begin(), canonical.end());
    return end == canonical_root.end();
}

}  // namespace

Error badAnnotations(const fs::path& file, const std::string& what) {
    return {ErrorCode::kInput, "'" + file.string() + "' " + what + "; correct the annotations.",
            file.string()};
}

fs::path fileInside(const fs::path& root, const fs::path& name) {
    std::error_code error;
    const fs::path base = fs::canonical(root, error);
    fs::path path =
        error || name.empty() || climbs(name) ? fs::path() : fs::canonical(base / name, error);
    if (error || (!path.empty() && !fs::is_regular_file(path, error))) {
        throw Error(ErrorCode::kInput,
                    "The data set has no file '" + (root / name).string() +
                        "', which its annotations ask for; download or copy it again.",
                    name.string());
    }
    if (path.empty() || !isInside(base, path)) {
        throw Error(ErrorCode::kInput,
                    "The annotations in '" + root.string() + "' name '" + name.string() +
                        "', which is not inside the data set; correct the annotations.",
                    name.string());
    }
    return path;
}

std::string textOf(const fs::path& file, std::uint64_t max_bytes) {
    std::error_code error;
    const std::uint64_t size =
        fs::is_regular_file(file, error) ? fs::file_size(file, error) : max_bytes + 1;
    if (!error && size > max_bytes) {
        throw Error(ErrorCode::kInput,
                    "'" + file.string() + "' is no file of at most " +
                        std::to_string(max_bytes >> 20U) + " MiB; choose another data set.",
                    file.string());
    }
    std::ifstream stream(file, std::ios::binary);
    std::string text(error ? 0 : static_cast<std::size_t>(size), '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (error || !stream) {
        throw Error(ErrorCode::kInput,
                    "'" + file.string() + "' cannot be read; check that it is there.",
                    file.string());
    }
    return text;
}

std::vector<std::string> linesOf(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        line.erase(line.find_last_not_of(" \t\r") + 1);
        lines.push_back(std::move(line));
        at = end + 1;
    }
    return lines;
}

std::vector<std::string> namesOfSplit(const std::string& split) {
    static const std::vector<std::vector<std::string>> kSame{
        {"val", "valid", "validation", "val2017", "val2014", "dev"},
        {"train", "training", "train2017", "train2014"},
        {"test", "testing", "test2017", "test2014"}};
    std::vector<std::string> names{split};
    for (const auto& same : kSame) {
        if (std::ranges::find(same, lowerCase(split)) == same.end()) continue;
        std::ranges::copy_if(same, std::back_inserter(names),
                             [&](const std::string& name) { return name != split; });
    }
    return names;
}

bool isPictureName(const fs::path& name) {
    static constexpr std::array<std::string_view, 14> kExtensions{
        ".jpg", ".jpeg", ".png",  ".bmp",  ".webp", ".tif", ".tiff",
        ".gif", ".heic", ".heif", ".avif", ".ppm",  ".pgm", ".jp2"};
    return std::ranges::find(kExtensions, lowerCase(name.extension().string())) !=
           kExtensions.end();
}

std::string lowerCase(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

const SetFolder::Listing& SetFolder::listing(const fs::path& folder) const {
    const auto [entry, is_new] = listings_.try_emplace(folder);
    if (!is_new) return entry->second;
    std::error_code error;
    const fs::path base = fs::canonical(root_, error);
    const fs::path path = error ? base : fs::canonical(root_ / folder, error);
    if (error || !isInside(base, path)) return entry->second;
    for (fs::directory_iterator file(path, error); !error && file != fs::directory_iterator();
         file.increment(error)) {
        const std::string name = file->path().filename().string();
        entry->second.emplace(lowerCase(name), name);
    }
    return entry->second;
}

std::optional<fs::path> SetFolder::find(const fs::path& name) const {
    if (name.empty() || climbs(name)) return std::nullopt;
    std::error_code ignored;
    if (fs::exists(root_ / name, ignored)) return name;
    fs::path found;
    for (const fs::path& part : name) {
        if (part.empty() || part == ".") continue;
        fs::path next = found / part;
        if (!fs::exists(root_ / next, ignored)) {
            const Listing& names = listing(found);
            const auto other = names.find(lowerCase(part.string()));
            if (other == names.end()) return std::nullopt;
            next = found / other->second;
        }
        found = std::move(next);
    }
    return found;
}

std::optional<fs::path> SetFolder::findAny(const std::vector<fs::path>& names) const {
    for (const fs::path& name : names) {
        if (auto found = find(name)) return found;
    }
    return std::nullopt;
}

std::optional<fs::path> SetFolder::findPicture(const fs::path& stem) const {
    const auto folder = stem.has_parent_path() ? find(stem.parent_path()) : fs::path();
    if (!folder) return std::nullopt;
    const std::string wanted = stem.filename().string();
    const std::string lower = lowerCase(wanted) + ".";
    const Listing& names = listing(*folder);
    std::optional<fs::path> differs_in_case;
    for (auto name = names.lower_bound(lower);
         name != names.end() && name->first.starts_with(lower); ++name) {
        const fs::path file = name->second;
        if (!isPictureName(file) || lowerCase(file.stem().string()) + "." != lower) continue;
        if (file.stem() == wanted) return *folder / file;
        if (!differs_in_case) differs_in_case = *folder / file;
    }
    return differs_in_case;
}

fs::path SetFolder::file(const fs::path& name) const {
    return fileInside(root_, find(name).value_or(name));
}

std::vector<fs::path> SetFolder::filesBelow(const fs::path& folder) const {
    std::error_code error;
    std::error_code ignored;
    std::vector<fs::path> files;
    const fs::path top = root_ / folder;
    for (fs::recursive_directory_iterator entry(top, error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        if (entry->path().filename().string().starts_with(".")) {
            entry.disable_recursion_pending();
        } else if (!entry->is_directory(ignored)) {
            files.push_back(entry->path().lexically_relative(top));
        }
    }
    if (error) {
        throw Error(ErrorCode::kInput,
                    "The folder '" + top.string() + "' cannot be read; choose another split.",
                    top.string());
    }
    std::ranges::sort(files);
    return files;
}

}  // namespace overfeat::evaluate
