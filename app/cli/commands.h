// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/App.hpp>
#include <filesystem>
#include <functional>

#include "app/cli/console.h"
#include "app/store/model_store.h"

namespace overfeat::cli {

// What a command gets to work with.
struct Context {
    Console& console;
    const store::ModelStore& models;
    std::filesystem::path library = {};  // the person's own; empty where there is no home
};

// Runs a parsed command and returns the exit code; throws overfeat::Error.
using Command = std::function<int(Context&)>;

// Each adds a command with its options to the parser and returns what to do if it was chosen. The
// options live as long as the returned function.
Command addClassify(CLI::App& command);
Command addDetect(CLI::App& command);
Command addFeatures(CLI::App& command);
Command addBench(CLI::App& command);
Command addDevices(CLI::App& command);
Command addExportServer(CLI::App& command);
Command addCameras(CLI::App& command);
Command addModelList(CLI::App& command);
Command addModelInfo(CLI::App& command);
Command addModelFetch(CLI::App& command);
Command addModelVerify(CLI::App& command);
Command addModelRemove(CLI::App& command);
Command addTeach(CLI::App& command);
Command addClassList(CLI::App& command);
Command addClassSet(CLI::App& command);
Command addClassRename(CLI::App& command);
Command addClassRemove(CLI::App& command);
Command addClassMerge(CLI::App& command);
Command addClassExport(CLI::App& command);
Command addClassImport(CLI::App& command);
Command addClassUndo(CLI::App& command);
Command addClassRedo(CLI::App& command);
Command addEvaluateClassification(CLI::App& command);
Command addEvaluateLocalisation(CLI::App& command);
Command addEvaluateDetection(CLI::App& command);
Command addEvaluateFewShot(CLI::App& command);

}  // namespace overfeat::cli
