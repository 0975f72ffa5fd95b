// SPDX-License-Identifier: Apache-2.0
//
// overfeat export-server: what an inference server needs so that --device kserve:... can use it.
#include <CLI/Option.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/kept_files.h"
#include "app/cli/options.h"
#include "app/cli/output_file.h"
#include "app/store/load_models.h"
#include "engine/backend/kserve/address.h"
#include "engine/backend/kserve/served_network.h"
#include "engine/core/error.h"
#include "engine/detect/network.h"
#include "engine/net/onnx_writer.h"

// Defined in overfeat_onnx.S.
extern "C" {
extern const char overfeat_onnx_py_begin[];
extern const char overfeat_onnx_py_end[];
}

namespace overfeat::cli {
namespace {

namespace fs = std::filesystem;
namespace kserve = backend::kserve;
using nlohmann::ordered_json;

struct ExportOptions {
    CommonOptions common;
    std::string folder;
    std::string name;
};

struct Part {
    std::string suffix;  // one of kserve::kParts
    net::Graph graph;
};

// A recogniser's networks, and the one of `overfeat features` where none of them has its output.
std::vector<Part> partsOf(const std::shared_ptr<const net::Model>& model) {
    detect::Network network(model);
    std::vector<Part> parts;
    if (network.canBeDense()) {
        for (int steps = 0; steps <= network.fineStepsAvailable(); ++steps) {
            const std::string suffix = steps == 0 ? "" : "-fine" + std::to_string(steps);
            // A finer stride than there are names for is computed by whoever asks.
            if (std::ranges::find(kserve::kParts, suffix) == kserve::kParts.end()) break;
            // What was taught asks for more outputs than the others, and examples, which are looked
            // at coarsely, for the most.
            const auto& dense = !network.canTeach() ? network.denseGraph(steps)
                                : steps == 0        ? network.exampleGraph()
                                                    : network.teachableGraph(steps);
            parts.push_back({suffix, dense->graph});
        }
    }
    parts.push_back({parts.empty() ? "" : "-window", *network.windowGraph()});
    if (model->features) {
        net::Graph features = net::fuse(net::withOutputs(model->graph, {*model->features}));
        const std::string output = kserve::servedOutputs(features).front();
        const bool is_there = std::ranges::any_of(parts, [&](const Part& part) {
            return std::ranges::count(kserve::servedOutputs(part.graph), output) > 0;
        });
        if (!is_there) parts.push_back({"-features", std::move(features)});
    }
    return parts;
}

// What a server is told of a tensor: any number of pictures of any size.
std::vector<int> openExtents(int rank) {
    return std::vector<int>(static_cast<std::size_t>(rank), -1);
}

void writePart(const fs::path& folder, const std::string& name, net::Graph graph, int window_px,
               const KeptFiles& kept) {
    std::vector<std::string> outputs = kserve::servedOutputs(graph);
    const std::vector<Shape> shapes = net::inferShapes(graph, {1, 3, window_px, window_px});
    graph.input_shape = {-1, 3, -1, -1};
    const std::vector<int> pictures{-1, 3, -1, -1};
    ordered_json settings{
        {"name", name},
        {"implementation", "overfeat_onnx.OnnxModel"},
        {"parameters", {{"uri", "./1/model.onnx"}}},
        {"inputs", {{{"name", net::kWrittenInput}, {"datatype", "FP32"}, {"shape", pictures}}}},
        {"outputs", ordered_json::array()}};
    const auto tensor = [](const std::string& called, const std::vector<int>& dims) {
        return "  { name: \"" + called +
               "\" data_type: TYPE_FP32 dims: " + ordered_json(dims).dump() + " }\n";
    };
    std::string triton = "name: \"" + name +
                         "\"\nplatform: \"onnxruntime_onnx\"\nmax_batch_size: 0\ninput [\n" +
                         tensor(net::kWrittenInput, pictures) + "]\noutput [\n";
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const auto dims = openExtents(shapes[static_cast<std::size_t>(graph.outputs[i])].rank());
        settings["outputs"].push_back(
            {{"name", outputs[i]}, {"datatype", "FP32"}, {"shape", dims}});
        triton += tensor(outputs[i], dims);
        if (i + 1 < outputs.size()) triton.insert(triton.size() - 1, ",");
    }
    triton += "]\n";
    std::error_code error;
    fs::create_directories(folder / "1", error);
    if (error) {
        throw Error(ErrorCode::kRuntime, "The folder " + printable((folder / "1").string()) +
                                             " cannot be made: " + error.message() + ".");
    }
    writeFile(folder / "1" / "model.onnx", net::writeOnnx(graph, outputs), kept);
    writeFile(folder / "config.pbtxt", triton, kept);
    writeFile(folder / "model-settings.json", settings.dump(2) + "\n", kept);
    writeFile(folder / "overfeat_onnx.py",
              std::string_view(overfeat_onnx_py_begin, overfeat_onnx_py_end), kept);
}

int exportServer(const ExportOptions& options, Context& context) {
    const auto models = loadModels(options.common, context.models, context.console);
    if (models.size() != 1) {
        throw Error(ErrorCode::kUsage,
                    "A server's model is one network; name one, and export others one by one.");
    }
    const net::Model& model = *models.front();
    const std::string name = options.name.empty() ? model.name : options.name;
    if (!kserve::isModelName(name)) {
        throw Error(ErrorCode::kUsage,
                    "A server's model cannot be called '" + printable(name) +
                        "'; choose letters, digits, '.', '_' and '-' with --name.");
    }
    const KeptFiles kept(store::modelFiles(options.common.model, context.models), context.console);
    Results results(context.console, options.common.json);
    for (Part& part : partsOf(models.front())) {
        checkStop(context.console);
        const std::string called = name + part.suffix;
        const fs::path folder = fs::path(options.folder) / called;
        writePart(folder, called, std::move(part.graph), model.window_px, kept);
        if (results.json()) {
            results.object({{"name", called}, {"folder", folder.string()}});
        } else {
            results.line(printable(folder.string()));
        }
    }
    note(context.console, "Start a server with this folder as its models, and look with --device " +
                              std::string(kserve::kHttpScheme) + "HOST:PORT/" + name + ".");
    return 0;
}

}  // namespace

Command addExportServer(CLI::App& command) {
    auto options = std::make_shared<ExportOptions>();
    command
        .add_option("folder", options->folder,
                    "Where the models go, each into a folder of its own; files of the same name "
                    "are replaced")
        ->type_name("DIR")
        ->required();
    command
        .add_option("--model", options->common.model,
                    "A model's name or file. Without it the best one that is there (overfeat "
                    "models list), else the built-in 'default'")
        ->type_name("NAME|FILE");
    command
        .add_option("--name", options->name,
                    "What it is called on the server; the model's own name if left out")
        ->type_name("NAME");
    command.add_flag("--json", options->common.json, "Print one JSON object per line");
    return [options](Context& context) { return exportServer(*options, context); };
}

}  // namespace overfeat::cli
