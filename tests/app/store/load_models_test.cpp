// SPDX-License-Identifier: Apache-2.0
#include "app/store/load_models.h"

#include <gtest/gtest.h>

#include "engine/core/error.h"
#include "tests/app/cli/colour_model.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::store {
namespace {

TEST(LoadModels, ReadsFilesAndEmbeddedBytesInTheirOrder) {
    const test::TemporaryFolder folder;
    const std::string bytes = test::colourModel();
    folder.write("second.onnx", bytes);
    const ModelStore store({folder.path()}, std::as_bytes(std::span(bytes)));
    const auto models = loadModels(store.resolve("default,second"));
    ASSERT_EQ(models.size(), 2U);
    EXPECT_EQ(models[0]->name, "default");
    EXPECT_EQ(models[0]->path, "");
    EXPECT_EQ(models[1]->name, "second");
    EXPECT_EQ(models[1]->labels->size(), models[0]->labels->size());
    EXPECT_TRUE(models[0]->labels->find("red"));
}

TEST(LoadModels, PassesOnTheReadersSentence) {
    const test::TemporaryFolder folder;
    folder.write("page.onnx", "<!DOCTYPE html><html></html>");
    const ModelStore store({folder.path()}, {});
    try {
        loadModels(store.resolve("page"));
        FAIL() << "a web page is no model";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kModel);
        EXPECT_NE(std::string(error.what()).find("page.onnx"), std::string::npos) << error.what();
    }
}

TEST(LoadModels, StopsWhenAsked) {
    const std::string bytes = test::colourModel();
    const ModelStore store({}, std::as_bytes(std::span(bytes)));
    std::stop_source stop;
    stop.request_stop();
    try {
        loadModels(store.resolve(""), stop.get_token());
        FAIL() << "was asked to stop";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kCancelled);
    }
}

}  // namespace
}  // namespace overfeat::store
