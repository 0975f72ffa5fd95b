// SPDX-License-Identifier: Apache-2.0
#include "app/cli/library_options.h"

#include <CLI/Option.hpp>
#include <utility>

#include "app/cli/progress.h"
#include "app/store/load_models.h"
#include "app/teach/teacher.h"
#include "engine/core/error.h"

namespace overfeat::cli {

void LibraryOption::addTo(CLI::App& command) {
    command
        .add_option("--library", file,
                    "The class library: a file of what was taught. Without it your own, which "
                    "overfeat-live uses, too")
        ->type_name("FILE");
}

std::filesystem::path LibraryOption::path(const Context& context) const {
    if (!file.empty()) return file;
    if (context.library.empty()) {
        throw Error(ErrorCode::kUsage,
                    "There is no home folder to keep a class library in; say where with --library "
                    "FILE.");
    }
    return context.library;
}

void TaughtOptions::addTo(CLI::App& command) {
    CLI::Option* given =
        command
            .add_option("--library", library,
                        "Also look for what was taught (overfeat teach), as this class library "
                        "has it")
            ->type_name("FILE");
    command
        .add_flag("--only-taught", only_taught,
                  "Look for nothing else: the network's own classes are left out")
        ->needs(given);
}

void TaughtOptions::apply(Look& look, detect::Recogniser& recogniser, Console& console) const {
    if (library.empty()) return;
    if (look.views != Views::kDense) {
        throw Error(ErrorCode::kUsage,
                    "What was taught is looked for in every window of the picture; use --views "
                    "dense, or leave out --library.");
    }
    Progress progress(console, "captures");
    auto loaded = teach::loadLibrary(
        library, recogniser, [&](teach::Progress step) { progress(step.done, step.all); },
        console.stop);
    for (const std::string& remark : loaded.remarks)
        note(console, remark);
    look.taught = std::move(loaded.taught);
    look.network_classes = !only_taught;
}

std::vector<std::filesystem::path> filesRead(const CommonOptions& common,
                                             const TaughtOptions& taught, const Context& context) {
    auto files = store::modelFiles(common.model, context.models);
    if (!taught.library.empty()) {  // with its log and its backup (engine/learn)
        for (const char* const part : {"", "-wal", ".backup"})
            files.emplace_back(taught.library + part);
    }
    return files;
}

}  // namespace overfeat::cli
