// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <system_error>

#include "engine/c/guard.h"
#include "engine/learn/class_library.h"

using overfeat::c::guarded;
using overfeat::c::require;

overfeat_status overfeat_export_library(const char* library, const char* to) {
    return guarded([&] {
        require(library, "The class library's name");
        require(to, "The name of the file to write");
        std::error_code ignored;
        if (std::filesystem::equivalent(library, to, ignored)) {
            throw overfeat::Error(
                overfeat::ErrorCode::kUsage,
                "'" + std::string(to) + "' is the class library itself; name another file.");
        }
        overfeat::learn::ClassLibrary::open(library, {.read_only = true}).library->exportTo(to);
    });
}

overfeat_status overfeat_import_library(const char* library, const char* from, int32_t keep_both,
                                        overfeat_imported* imported, size_t size) {
    return guarded([&] {
        require(library, "The class library's name");
        require(from, "The name of the file to read");
        const auto report = overfeat::learn::ClassLibrary::open(library).library->importFrom(
            from, keep_both != 0 ? overfeat::learn::KnownClass::kKeepBoth
                                 : overfeat::learn::KnownClass::kMerge);
        if (imported == nullptr) return;
        overfeat::c::hand<overfeat_imported>({.size = sizeof(overfeat_imported),
                                              .new_classes = report.new_classes,
                                              .merged_classes = report.merged_classes,
                                              .new_examples = report.new_captures,
                                              .known_examples = report.known_captures},
                                             imported, size);
    });
}
