// SPDX-License-Identifier: Apache-2.0
//
// overfeat models fetch, verify, remove.
#include <CLI/Option.hpp>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/store/fetch_model.h"
#include "engine/core/error.h"

namespace overfeat::cli {
namespace {

struct FetchOptions {
    std::vector<std::string> names;
    bool json = false;
};

std::shared_ptr<FetchOptions> addOptions(CLI::App& command, const char* help) {
    auto options = std::make_shared<FetchOptions>();
    command.add_option("name", options->names, help)->type_name("NAME");
    command.add_flag("--json", options->json, "Print one JSON object per line");
    return options;
}

// Those named.
std::vector<const store::PublishedModel*> chosen(const store::PublishedModels& published,
                                                 const std::vector<std::string>& names) {
    std::vector<const store::PublishedModel*> models;
    models.reserve(names.size());
    for (const std::string& name : names)
        models.push_back(&published.named(name));
    return models;
}

std::vector<const store::PublishedModel*> fetched(const store::PublishedModels& published) {
    std::vector<const store::PublishedModel*> models;
    for (const store::PublishedModel& model : published.list()) {
        if (published.isThere(model)) models.push_back(&model);
    }
    return models;
}

// Says on standard error how far it is, in tenths: also useful in a log.
class ProgressNotes {
public:
    ProgressNotes(Console& console, const store::PublishedModel& model)
        : console_(console), model_(model) {}

    void say(const store::FetchProgress& progress) {
        using Step = store::FetchProgress::Step;
        if (progress.step == Step::kWaiting) {
            if (!waiting_said_)
                note(console_, "Another program is fetching " + model_.name + "; waiting for it.");
            waiting_said_ = true;
            return;
        }
        if (progress.step != Step::kDownloading || progress.all_bytes == 0) return;
        const auto tenth = static_cast<int>(10 * progress.done_bytes / progress.all_bytes);
        if (tenth <= said_tenth_) return;
        said_tenth_ = tenth;
        note(console_, model_.title + ": " + store::megabytes(progress.done_bytes) + " of " +
                           store::megabytes(progress.all_bytes));
    }

private:
    Console& console_;
    const store::PublishedModel& model_;
    bool waiting_said_ = false;
    int said_tenth_ = -1;
};

void report(Results& results, const store::PublishedModels& published,
            const store::PublishedModel& model, const char* state) {
    if (results.json()) {
        results.object(
            {{"name", model.name}, {"file", published.file(model).string()}, {"state", state}});
    } else {
        results.line(model.name + ": " + state);
    }
}

int fetch(const FetchOptions& options, Context& context) {
    const store::PublishedModels& published = context.models.published();
    auto models = chosen(published, options.names);
    if (models.empty()) {
        if (published.list().empty()) published.named("");  // says that there are none
        models = {&published.list().front()};
    }
    Results results(context.console, options.json);
    for (const store::PublishedModel* model : models) {
        ProgressNotes notes(context.console, *model);
        store::fetchModel(
            published, *model, [&](const store::FetchProgress& progress) { notes.say(progress); },
            context.console.stop);
        report(results, published, *model, "ready");
    }
    return 0;
}

int verify(const FetchOptions& options, Context& context) {
    const store::PublishedModels& published = context.models.published();
    auto models = chosen(published, options.names);
    if (models.empty()) models = fetched(published);
    if (models.empty())
        note(context.console, "No published model is here; there is nothing to check.");
    Results results(context.console, options.json);
    for (const store::PublishedModel* model : models) {
        store::verifyModel(published, *model, context.console.stop);
        report(results, published, *model, "whole");
    }
    return 0;
}

int remove(const FetchOptions& options, Context& context) {
    const store::PublishedModels& published = context.models.published();
    Results results(context.console, options.json);
    for (const store::PublishedModel* model : chosen(published, options.names)) {
        const bool was_there = store::removeModel(published, *model, context.console.stop);
        report(results, published, *model, was_there ? "removed" : "was not here");
    }
    return 0;
}

}  // namespace

Command addModelFetch(CLI::App& command) {
    auto options =
        addOptions(command, "Which (overfeat models list); without a name the best choice");
    return [options](Context& context) { return fetch(*options, context); };
}

Command addModelVerify(CLI::App& command) {
    auto options = addOptions(command, "Which; without a name all that are here");
    return [options](Context& context) { return verify(*options, context); };
}

Command addModelRemove(CLI::App& command) {
    auto options = addOptions(command, "Which");
    command.get_option("name")->required();
    return [options](Context& context) { return remove(*options, context); };
}

}  // namespace overfeat::cli
