// SPDX-License-Identifier: Apache-2.0
//
// overfeat models list, overfeat models info.
#include <CLI/Option.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <sstream>
#include <string>

#include "app/cli/commands.h"
#include "app/cli/options.h"
#include "app/store/load_models.h"
#include "engine/core/error.h"
#include "engine/detect/objectness.h"
#include "engine/net/passes.h"

namespace overfeat::cli {
namespace {

using nlohmann::ordered_json;

struct InfoOptions {
    std::string model;
    bool json = false;
    bool classes = false;
    bool layers = false;
};

struct Facts {
    std::int64_t parameters = 0;
    std::int64_t multiply_adds = 0;
    std::vector<Shape> shapes;
    net::DenseReport dense;
    int stride_px = 0;
    int fine_steps = 0;
    std::vector<int> strides_px;  // coarse first
    // The layers that lessons are compared in; none if nothing can be taught.
    std::vector<std::string> embedding;
    std::string boxes_from;   // empty if there is no map to find boxes in
    bool objectness = false;  // whether a head says which windows show an object
};

Facts examine(const net::Model& model) {
    Facts facts;
    for (const net::Value& value : model.graph.values) {
        if (value.constant) facts.parameters += value.constant->shape().elementCount();
    }
    const Shape window{1, 3, model.window_px, model.window_px};
    facts.multiply_adds = net::multiplyAdds(model.graph, window);
    facts.shapes = net::inferShapes(model.graph, window);
    const net::DenseGraph dense = net::makeDense(model.graph, model.window_px);
    facts.dense = dense.report;
    if (dense.report.fidelity != net::DenseFidelity::kClassificationOnly) {
        facts.stride_px = static_cast<int>(dense.stride_px.height);
        facts.fine_steps = net::maxFineSteps(dense);
        for (int step = 0; step <= facts.fine_steps; ++step)
            facts.strides_px.push_back(
                static_cast<int>(net::refineStride(dense, step).stride_px.height));
        const auto scores = dense.graph.findValue(model.scores);
        const auto evidence = scores ? net::linearEvidence(dense.graph, *scores) : std::nullopt;
        facts.boxes_from = model.boxes ? "regressor" : evidence ? "evidence" : "windows";
        if (!evidence) return facts;
        facts.objectness = facts.boxes_from == "evidence" && evidence->weight != nullptr &&
                           detect::objectnessOf(
                               model.graph, static_cast<std::size_t>(evidence->weight->shape()[1]));
        if (const auto sharp = net::sharperFeatures(dense.graph, evidence->features)) {
            facts.embedding = {dense.graph.valueName(*sharp),
                               dense.graph.valueName(evidence->features)};
        }
    }
    return facts;
}

std::string fidelityName(net::DenseFidelity fidelity) {
    switch (fidelity) {
        case net::DenseFidelity::kExact:
            return "exact";
        case net::DenseFidelity::kApproximate:
            return "approximate";
        case net::DenseFidelity::kClassificationOnly:
            return "classification only";
    }
    return "classification only";
}

ordered_json layersJson(const net::Model& model, const Facts& facts) {
    auto layers = ordered_json::array();
    for (const net::Node& node : model.graph.nodes) {
        const auto& shape = facts.shapes[static_cast<std::size_t>(node.output)];
        layers.push_back(
            {{"value", model.graph.valueName(node.output)},
             {"op", net::opName(node.op)},
             {"shape", std::vector<std::int64_t>(shape.dims().begin(), shape.dims().end())}});
    }
    return layers;
}

ordered_json infoJson(const net::Model& model, const Facts& facts, const InfoOptions& options) {
    const LabelSet& labels = *model.labels;
    ordered_json json{{"name", model.name},
                      {"file", model.path},
                      {"window", model.window_px},
                      {"classes", labels.size()},
                      {"scores", model.scores}};
    json["background"] = labels.background() ? ordered_json(*labels.background()) : nullptr;
    json["boxes"] = model.boxes ? ordered_json(*model.boxes) : nullptr;
    json["features"] = model.features ? ordered_json(*model.features) : nullptr;
    json["parameters"] = facts.parameters;
    json["multiply_adds"] = facts.multiply_adds;
    json["stride"] = facts.stride_px;
    json["fine_steps"] = facts.fine_steps;
    json["strides"] = facts.strides_px;
    json["embedding"] = facts.embedding;
    json["boxes_from"] = facts.boxes_from.empty() ? ordered_json() : ordered_json(facts.boxes_from);
    json["objectness"] = facts.objectness;
    json["fingerprint"] = detect::trunkName(model.graph);
    json["dense"] = fidelityName(facts.dense.fidelity);
    json["dense_reasons"] = facts.dense.reasons;
    json["mean"] = {shortest(model.normalisation.mean[0]), shortest(model.normalisation.mean[1]),
                    shortest(model.normalisation.mean[2])};
    json["std"] = {shortest(model.normalisation.std[0]), shortest(model.normalisation.std[1]),
                   shortest(model.normalisation.std[2])};
    json["assumptions"] = model.assumptions;
    json["card"] = model.card;
    if (options.layers) json["layers"] = layersJson(model, facts);
    if (options.classes) {
        auto list = ordered_json::array();
        for (std::size_t i = 0; i < labels.size(); ++i) {
            list.push_back({{"index", i}, {"id", labels[i].id}, {"label", labels[i].label}});
        }
        json["labels"] = std::move(list);
    }
    return json;
}

std::string boxesFrom(const std::string& name) {
    if (name == "regressor") return "the network's own output";
    if (name == "evidence") return "where in its window a class has its evidence";
    return "windows, shrunk";
}

std::string millions(std::int64_t count) {
    return fixed(static_cast<double>(count) / 1e6, 2) + " million";
}

void printInfo(Results& results, const net::Model& model, const Facts& facts,
               const InfoOptions& options) {
    const LabelSet& labels = *model.labels;
    const auto row = [&](const std::string& name, const std::string& text) {
        results.line(padRight(name, 15) + printable(text));
    };
    row("name", model.name);
    row("file", model.path.empty() ? "built into the program" : model.path);
    row("window", std::to_string(model.window_px) + "x" + std::to_string(model.window_px) + " px");
    row("classes", std::to_string(labels.size()) +
                       (labels.background() ? " (one of them is background)" : ""));
    row("outputs", "scores '" + model.scores + "'" +
                       (model.boxes ? ", boxes '" + *model.boxes + "'" : std::string()) +
                       (model.features ? ", features '" + *model.features + "'" : std::string()));
    row("parameters", millions(facts.parameters));
    row("multiply-adds", millions(facts.multiply_adds) + " per window");
    row("dense", fidelityName(facts.dense.fidelity) +
                     (facts.stride_px > 0 ? ", a window every " + std::to_string(facts.stride_px) +
                                                " px, at the finest every " +
                                                std::to_string(facts.strides_px.back())
                                          : std::string()));
    for (const std::string& reason : facts.dense.reasons)
        row("", reason);
    if (!facts.embedding.empty())
        row("lessons in", "'" + facts.embedding[0] + "' and '" + facts.embedding[1] + "'");
    if (!facts.boxes_from.empty()) row("boxes from", boxesFrom(facts.boxes_from));
    if (facts.objectness)
        row("objectness", "windows vote with how likely it is that they show an object");
    for (const std::string& assumption : model.assumptions)
        row("assumed", assumption);
    std::istringstream card(model.card);
    for (std::string line, title = "card"; std::getline(card, line); title.clear()) {
        row(title, line);
    }
    if (options.layers) {
        results.line("layers");
        for (const net::Node& node : model.graph.nodes) {
            const auto& shape = facts.shapes[static_cast<std::size_t>(node.output)];
            results.line("  " + padRight(printable(model.graph.valueName(node.output)), 32) +
                         padRight(std::string(net::opName(node.op)), 20) + shape.toString());
        }
    }
    if (options.classes) {
        for (std::size_t i = 0; i < labels.size(); ++i) {
            results.line(padLeft(std::to_string(i), 6) + "  " + padRight(labels[i].id, 11) +
                         labels[i].label);
        }
    }
}

int info(const InfoOptions& options, Context& context) {
    const auto entries = context.models.resolve(options.model);
    Results results(context.console, options.json);
    for (const auto& model : store::loadModels(entries, context.console.stop)) {
        const Facts facts = examine(*model);
        if (results.json()) {
            results.object(infoJson(*model, facts, options));
        } else {
            printInfo(results, *model, facts, options);
        }
    }
    return 0;
}

void printEntry(Results& results, const std::string& name, const std::string& file,
                const std::string& where, const store::PublishedModel* published) {
    if (!results.json()) {
        results.line(padRight(printable(name), 24) + "  " + printable(where));
        if (published == nullptr) return;
        results.line(padRight("", 26) + std::to_string(published->classes) + " classes, " +
                     fixed(published->top1_percent, 1) + " % right on ImageNet (published), " +
                     printable(published->licence));
        return;
    }
    ordered_json json{{"name", name}, {"file", file}};
    if (published != nullptr) {
        json["fetched"] = !file.empty();
        json["classes"] = published->classes;
        json["window"] = published->window_px;
        json["top1_percent"] = published->top1_percent;
        json["licence"] = published->licence;
        json["package"] = published->package + "==" + published->version;
        json["package_bytes"] = published->package_bytes;
        json["weights_bytes"] = published->weights_bytes;
    }
    results.object(json);
}

}  // namespace

Command addModelList(CLI::App& command) {
    auto json = std::make_shared<bool>(false);
    command.add_flag("--json", *json, "Print one JSON object per line");
    return [json](Context& context) {
        Results results(context.console, *json);
        const auto entries = context.models.list();
        const store::PublishedModels& published = context.models.published();
        for (const store::ModelEntry& entry : entries) {
            const store::PublishedModel* known = published.find(entry.name);
            const std::string where =
                entry.file.empty() ? "built into the program" : entry.file.string();
            printEntry(results, entry.name, entry.file.string(), where, known);
        }
        for (const store::PublishedModel& model : published.list()) {
            if (std::ranges::find(entries, model.name, &store::ModelEntry::name) != entries.end())
                continue;
            printEntry(results, model.name, {},
                       "not here yet: overfeat models fetch " + model.name + " (" +
                           store::megabytes(model.package_bytes) + ")",
                       &model);
        }
        if (entries.empty()) {
            note(context.console,
                 "There are no models to choose by name; give a file with --model FILE.");
        }
        return 0;
    };
}

Command addModelInfo(CLI::App& command) {
    auto options = std::make_shared<InfoOptions>();
    command
        .add_option("model", options->model,
                    "A model's name or file; without one, what the programs start with")
        ->type_name("NAME|FILE");
    command.add_flag("--classes", options->classes, "List the classes too");
    command.add_flag("--layers", options->layers,
                     "List the layers too: the names that 'overfeat features --layer' takes");
    command.add_flag("--json", options->json, "Print one JSON object per line");
    return [options](Context& context) { return info(*options, context); };
}

}  // namespace overfeat::cli
