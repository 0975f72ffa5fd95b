// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <exception>
#include <filesystem>
#include <memory>
#include <new>
#include <system_error>
#include <vector>

#include "engine/c/guard.h"
#include "engine/c/handles.h"
#include "engine/c/live_handles.h"
#include "engine/net/model.h"

using overfeat::c::guarded;
using overfeat::c::require;
using overfeat::c::required;

namespace overfeat::c {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostModels = 1000;

std::vector<fs::path> modelFilesIn(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code failure;
    for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end;
         entry.increment(failure)) {
        std::error_code ignored;
        const bool is_model =
            entry->path().extension() == ".onnx" || net::isNamedLikeRelease(entry->path());
        if (is_model && entry->is_regular_file(ignored)) files.push_back(entry->path());
        if (files.size() > kMostModels) {
            throw Error(ErrorCode::kUsage, "More than 1,000 models lie in '" + folder.string() +
                                               "'; keep some of them elsewhere.");
        }
    }
    if (failure) {
        throw Error(ErrorCode::kInput, "The folder '" + folder.string() + "' cannot be read (" +
                                           failure.message() + "); name another one.");
    }
    std::ranges::sort(files);
    return files;
}

overfeat_models::Model described(const fs::path& file) {
    overfeat_models::Model one{.name = file.stem().string(), .file = file.string(), .refusal = {}};
    try {
        const auto model = net::loadModel(file);
        one.window_px = model->window_px;
        one.class_count = model->labels->size();
    } catch (const std::bad_alloc&) {
        one.refusal = kNoMemory;
    } catch (const std::exception& refused) {  // of a library below, too: the others are listed
        one.refusal = refused.what();
    }
    return one;
}

}  // namespace
}  // namespace overfeat::c

overfeat_status overfeat_models_in(const char* folder, overfeat_models** models) {
    if (models != nullptr) *models = nullptr;
    return guarded([&] {
        require(models, "The place for the models");
        require(folder, "The folder's name");
        auto made = std::make_shared<overfeat_models>();
        for (const auto& file : overfeat::c::modelFilesIn(folder))
            made->models.push_back(overfeat::c::described(file));
        *models = overfeat::c::handOut(std::move(made));
    });
}

void overfeat_models_free(overfeat_models* models) {
    overfeat::c::takeBack(models);
}

size_t overfeat_model_count(const overfeat_models* models) {
    const auto list = overfeat::c::alive(models);
    return list != nullptr ? list->models.size() : 0;
}

overfeat_status overfeat_model_at(const overfeat_models* models, size_t index,
                                  overfeat_model* model, size_t size) {
    return guarded([&] {
        const auto list = required(models, "The list of models");
        require(model, "The place for the model");
        overfeat::c::requireIndex(index, list->models.size(), "model");
        const overfeat_models::Model& one = list->models[index];
        overfeat::c::hand<overfeat_model>({.size = sizeof(overfeat_model),
                                           .name = one.name.c_str(),
                                           .file = one.file.c_str(),
                                           .usable = one.refusal.empty() ? 1 : 0,
                                           .sentence = one.refusal.c_str(),
                                           .window_px = one.window_px,
                                           .class_count = one.class_count},
                                          model, size);
    });
}
