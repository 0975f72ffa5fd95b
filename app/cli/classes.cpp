// SPDX-License-Identifier: Apache-2.0
//
// overfeat classes: what was taught, and changes to it. Each is one action of the library.
#include <CLI/Option.hpp>
#include <CLI/Validators.hpp>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/kept_files.h"
#include "app/cli/library_options.h"
#include "app/cli/taught_output.h"
#include "engine/core/error.h"
#include "engine/core/taught_classes.h"

namespace overfeat::cli {
namespace {

using nlohmann::ordered_json;

struct Options {
    LibraryOption library;
    bool json = false;
    std::string name;
    std::string other;  // a second name, or a file
    std::vector<std::string> names;
    std::string threshold;
    std::string enabled;
    bool keep_both = false;
};

std::shared_ptr<Options> addCommon(CLI::App& command) {
    auto options = std::make_shared<Options>();
    options->library.addTo(command);
    command.add_flag("--json", options->json, "Print one JSON object per line");
    return options;
}

void addName(CLI::App& command, std::string& value, const std::string& flag,
             const std::string& text) {
    command.add_option(flag, value, text)->type_name("NAME")->required();
}

std::string thresholdText(const learn::TaughtClass& taught) {
    return taught.threshold ? fixed(*taught.threshold, 2) : fixed(kUsualThreshold, 2) + " (auto)";
}

void printClass(Results& results, const learn::TaughtClass& taught) {
    if (results.json()) {
        results.object(taughtJson(taught));
        return;
    }
    results.line(padRight(printable(taught.name), 24) + "  " + captureCounts(taught) +
                 ", threshold " + thresholdText(taught) + (taught.enabled ? "" : ", switched off"));
}

// What came of a change to one class; nothing if another program has removed it since.
void printNow(Results& results, learn::ClassLibrary& library, const std::string& id) {
    const auto content = library.content();
    if (const learn::TaughtClass* taught = content->find(id)) printClass(results, *taught);
}

int list(const Options& options, Context& context) {
    const auto opened = openToRead(options.library.path(context), context.console);
    const auto content = opened.library->content();
    Results results(context.console, options.json);
    for (const learn::TaughtClass& taught : content->classes)
        printClass(results, taught);
    if (content->classes.empty()) {
        note(context.console, "Nothing has been taught yet; 'overfeat teach NAME PICTURE' does.");
    }
    return 0;
}

std::optional<double> thresholdFrom(const std::string& text) {
    if (text == "auto") return std::nullopt;
    double value = -1;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, value);
    if (parsed.ec != std::errc{} || parsed.ptr != end || !(value >= 0 && value <= 1)) {
        throw Error(ErrorCode::kUsage,
                    "--threshold wants a similarity from 0 to 1, or auto, not '" + text + "'.");
    }
    return value;
}

int set(const Options& options, Context& context) {
    if (options.threshold.empty() && options.enabled.empty()) {
        throw Error(ErrorCode::kUsage, "There is nothing to set; give --threshold or --enabled.");
    }
    std::optional<double> threshold;
    if (!options.threshold.empty()) threshold = thresholdFrom(options.threshold);
    const auto opened = openToChange(options.library.path(context), context.console);
    learn::ClassLibrary& library = *opened.library;
    const std::string id = taughtNamed(*library.content(), options.name).id;
    if (!options.threshold.empty()) library.setThreshold(id, threshold);
    if (!options.enabled.empty()) library.setEnabled(id, options.enabled == "yes");
    Results results(context.console, options.json);
    printNow(results, library, id);
    return 0;
}

int rename(const Options& options, Context& context) {
    const auto opened = openToChange(options.library.path(context), context.console);
    learn::ClassLibrary& library = *opened.library;
    const std::string id = taughtNamed(*library.content(), options.name).id;
    library.rename(id, options.other);
    Results results(context.console, options.json);
    printNow(results, library, id);
    return 0;
}

int remove(const Options& options, Context& context) {
    const auto opened = openToChange(options.library.path(context), context.console);
    learn::ClassLibrary& library = *opened.library;
    const learn::TaughtClass gone = taughtNamed(*library.content(), options.name);
    library.deleteClass(gone.id);
    Results results(context.console, options.json);
    if (results.json()) {
        ordered_json json = taughtJson(gone);
        json["removed"] = true;
        results.object(json);
    } else {
        results.line("removed " + printable(gone.name) + " with " + captureCounts(gone) +
                     "; 'overfeat classes undo' brings it back");
    }
    return 0;
}

int merge(const Options& options, Context& context) {
    const auto opened = openToChange(options.library.path(context), context.console);
    learn::ClassLibrary& library = *opened.library;
    const auto content = library.content();
    const std::string into = taughtNamed(*content, options.other).id;
    library.merge(taughtNamed(*content, options.name).id, into);
    Results results(context.console, options.json);
    printNow(results, library, into);
    return 0;
}

int exportClasses(const Options& options, Context& context) {
    const std::filesystem::path file = options.library.path(context);
    const auto opened = openToRead(file, context.console);
    const auto content = opened.library->content();
    std::vector<std::string> ids;
    for (const std::string& name : options.names)
        ids.push_back(taughtNamed(*content, name).id);
    KeptFiles({file, file.string() + "-wal", file.string() + ".backup"}, context.console)
        .check(options.other);
    opened.library->exportTo(options.other, ids);
    const std::size_t classes = ids.empty() ? content->classes.size() : ids.size();
    Results results(context.console, options.json);
    if (results.json()) {
        results.object({{"file", options.other}, {"classes", classes}});
    } else {
        results.line((classes == 1 ? "1 class" : std::to_string(classes) + " classes") +
                     " written to " + printable(options.other));
    }
    return 0;
}

int importClasses(const Options& options, Context& context) {
    std::error_code unknown;
    if (!std::filesystem::exists(options.other, unknown)) {
        throw Error(ErrorCode::kInput,
                    "There is no file '" + options.other +
                        "' to import; name one that 'overfeat classes export' wrote.",
                    options.other);
    }
    const auto opened = openToMake(options.library.path(context), context.console);
    const learn::ImportReport report =
        opened.library->importFrom(options.other, options.keep_both ? learn::KnownClass::kKeepBoth
                                                                    : learn::KnownClass::kMerge);
    Results results(context.console, options.json);
    if (results.json()) {
        results.object({{"file", options.other},
                        {"new_classes", report.new_classes},
                        {"merged_classes", report.merged_classes},
                        {"new_captures", report.new_captures},
                        {"known_captures", report.known_captures}});
    } else {
        results.line(std::to_string(report.new_classes) + " new classes, " +
                     std::to_string(report.merged_classes) + " merged, " +
                     std::to_string(report.new_captures) + " new captures, " +
                     std::to_string(report.known_captures) + " known before");
    }
    return 0;
}

int step(const Options& options, Context& context, bool back) {
    const auto opened = openToChange(options.library.path(context), context.console);
    const std::optional<std::string> what = back ? opened.library->undo() : opened.library->redo();
    const std::string word = back ? "undone" : "redone";
    Results results(context.console, options.json);
    if (results.json()) {
        results.object({{word, what ? ordered_json(*what) : ordered_json()}});
    } else {
        results.line(what ? word + ": " + printable(*what)
                          : std::string("nothing to ") + (back ? "undo" : "redo"));
    }
    return 0;
}

}  // namespace

Command addClassList(CLI::App& command) {
    auto options = addCommon(command);
    return [options](Context& context) { return list(*options, context); };
}

Command addClassSet(CLI::App& command) {
    auto options = addCommon(command);
    addName(command, options->name, "name", "The class");
    command
        .add_option("--threshold", options->threshold,
                    "From which similarity on something is one of it, 0 to 1; auto = the usual")
        ->type_name("X|auto");
    command.add_option("--enabled", options->enabled, "Whether it is looked for")
        ->type_name("yes|no")
        ->check(CLI::IsMember({"yes", "no"}));
    return [options](Context& context) { return set(*options, context); };
}

Command addClassRename(CLI::App& command) {
    auto options = addCommon(command);
    addName(command, options->name, "name", "The class");
    addName(command, options->other, "new-name", "What it is called from now on");
    return [options](Context& context) { return rename(*options, context); };
}

Command addClassRemove(CLI::App& command) {
    auto options = addCommon(command);
    addName(command, options->name, "name", "The class");
    return [options](Context& context) { return remove(*options, context); };
}

Command addClassMerge(CLI::App& command) {
    auto options = addCommon(command);
    addName(command, options->name, "from", "The class that goes");
    addName(command, options->other, "into", "The class that gets its captures and stays");
    return [options](Context& context) { return merge(*options, context); };
}

Command addClassExport(CLI::App& command) {
    auto options = addCommon(command);
    command.add_option("file", options->other, "The file to write")->type_name("FILE")->required();
    command.add_option("names", options->names, "Classes; all of them without")->type_name("NAME");
    return [options](Context& context) { return exportClasses(*options, context); };
}

Command addClassImport(CLI::App& command) {
    auto options = addCommon(command);
    command.add_option("file", options->other, "What 'overfeat classes export' wrote")
        ->type_name("FILE")
        ->required();
    command.add_flag("--keep-both", options->keep_both,
                     "A class whose name is there already becomes one more, instead of adding its "
                     "captures to that");
    return [options](Context& context) { return importClasses(*options, context); };
}

Command addClassUndo(CLI::App& command) {
    auto options = addCommon(command);
    return [options](Context& context) { return step(*options, context, true); };
}

Command addClassRedo(CLI::App& command) {
    auto options = addCommon(command);
    return [options](Context& context) { return step(*options, context, false); };
}

}  // namespace overfeat::cli
