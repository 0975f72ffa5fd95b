// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/learn/class_library.h"
#include "tests/engine/c/c_fixture.h"
#include "tests/support/file_bytes.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::test {
namespace {

namespace fs = std::filesystem;

ModelsHandle modelsIn(const fs::path& folder) {
    overfeat_models* made = nullptr;
    EXPECT_EQ(overfeat_models_in(folder.c_str(), &made), OVERFEAT_OK) << overfeat_last_error();
    return ModelsHandle(made);
}

TEST(CLists, ModelsOfAFolderByNameWithWhatIsWrong) {
    const TemporaryFolder folder;
    EXPECT_EQ(overfeat_model_count(modelsIn(folder.path()).get()), 0U);
    fs::copy_file(builtInModel(), folder.path() / "some.onnx");
    std::ofstream(folder.path() / "broken.onnx") << "tea";
    std::ofstream(folder.path() / "notes.txt") << "not a model";
    fs::create_directory(folder.path() / "folder.onnx");
    std::ofstream(folder.path() / "net_weight_1") << "tea";
    const ModelsHandle models = modelsIn(folder.path());
    ASSERT_EQ(overfeat_model_count(models.get()), 3U);
    overfeat_model model;
    ASSERT_EQ(overfeat_model_at(models.get(), 0, &model, sizeof model), OVERFEAT_OK);
    EXPECT_STREQ(model.name, "broken");
    EXPECT_EQ(model.usable, 0);
    EXPECT_NE(std::strstr(model.sentence, "broken.onnx"), nullptr) << model.sentence;
    EXPECT_EQ(model.class_count, 0U);
    ASSERT_EQ(overfeat_model_at(models.get(), 1, &model, sizeof model), OVERFEAT_OK);
    EXPECT_STREQ(model.name, "net_weight_1");
    EXPECT_EQ(model.usable, 0);
    EXPECT_NE(std::strstr(model.sentence, "the large network"), nullptr) << model.sentence;
    ASSERT_EQ(overfeat_model_at(models.get(), 2, &model, sizeof model), OVERFEAT_OK);
    EXPECT_STREQ(model.name, "some");
    EXPECT_EQ(model.usable, 1);
    EXPECT_STREQ(model.sentence, "");
    EXPECT_EQ(model.window_px, 64);
    EXPECT_GE(model.class_count, 200U);
    overfeat_recogniser* opened = nullptr;
    EXPECT_EQ(overfeat_open(&model.file, 1, nullptr, &opened), OVERFEAT_OK);
    overfeat_close(opened);
    EXPECT_EQ(overfeat_model_at(models.get(), 3, &model, sizeof model), OVERFEAT_USAGE);

    overfeat_models* none = nullptr;
    EXPECT_EQ(overfeat_models_in("/nowhere/at/all", &none), OVERFEAT_INPUT);
    EXPECT_NE(std::strstr(overfeat_last_error(), "/nowhere/at/all"), nullptr);
    EXPECT_EQ(none, nullptr);
}

TEST(CLists, LayersInTheirOrder) {
    const RecogniserHandle recogniser = opened();
    const std::size_t count = overfeat_layer_count(recogniser.get());
    ASSERT_GT(count, 10U);
    overfeat_layer layer;
    ASSERT_EQ(overfeat_layer_at(recogniser.get(), 0, &layer, sizeof layer), OVERFEAT_OK);
    EXPECT_STREQ(layer.operation, "Conv");
    ASSERT_EQ(layer.rank, 4U);
    EXPECT_EQ(layer.shape[0], 1);
    EXPECT_EQ(overfeat_layer_at(recogniser.get(), count, &layer, sizeof layer), OVERFEAT_USAGE);
}

TEST(CLists, ClassesOfTheNetworkBeforeThereIsAPicture) {
    const RecogniserHandle recogniser = opened();
    const Painted picture = scene(60, 60, 96);
    const SeenHandle seen = seenBy(recogniser, picture.image(), nullptr);
    overfeat_info info;
    ASSERT_EQ(overfeat_get_info(recogniser.get(), &info, sizeof info), OVERFEAT_OK);
    ASSERT_EQ(info.class_count, overfeat_class_count(seen.get()));
    overfeat_class of;
    for (std::size_t k = 0; k < info.class_count; ++k) {
        overfeat_class expected;
        ASSERT_EQ(overfeat_network_class_at(recogniser.get(), k, &of), OVERFEAT_OK);
        ASSERT_EQ(overfeat_class_at(seen.get(), k, &expected), OVERFEAT_OK);
        EXPECT_STREQ(of.label, expected.label);
        EXPECT_STREQ(of.id, expected.id);
        EXPECT_EQ(of.background, expected.background);
    }
    EXPECT_EQ(overfeat_network_class_at(recogniser.get(), info.class_count, &of), OVERFEAT_USAGE);
}

TEST(CLists, ScalesHoldTheMapsOfAllTheirClasses) {
    const RecogniserHandle recogniser = opened();
    const Painted picture = scene(60, 60, 96);
    const overfeat_image image = picture.image();
    const overfeat_box box{60, 60, 96, 96};
    ASSERT_EQ(overfeat_teach(recogniser.get(), "sign", &image, &box), OVERFEAT_OK);
    overfeat_look look;
    overfeat_look_init(&look, sizeof look);
    look.scale_count = 2;
    const SeenHandle seen = seenBy(recogniser, image, &look);
    const std::size_t classes = overfeat_class_count(seen.get());
    ASSERT_EQ(overfeat_scale_count(seen.get()), 4U) << "two of the network, two of what was taught";
    for (std::size_t i = 0; i < 4; ++i) {
        overfeat_scale scale;
        ASSERT_EQ(overfeat_scale_at(seen.get(), i, &scale, sizeof scale), OVERFEAT_OK);
        EXPECT_EQ(scale.first_class, i < 2 ? 0 : classes - 1);
        EXPECT_EQ(scale.class_count, i < 2 ? classes - 1 : 1);
        const std::size_t last = scale.first_class + scale.class_count - 1;
        ASSERT_EQ(overfeat_map_count(seen.get(), last), 2U);
        overfeat_map map;
        ASSERT_EQ(overfeat_map_at(seen.get(), last, i % 2, &map, sizeof map), OVERFEAT_OK);
        EXPECT_EQ(map.rows, scale.rows);
        EXPECT_EQ(map.columns, scale.columns);
        EXPECT_EQ(map.first_window.x, scale.first_window.x);
        EXPECT_EQ(map.step_y, scale.step_y);
        EXPECT_EQ(map.values, scale.values + (scale.class_count - 1) * scale.rows * scale.columns);
    }
    overfeat_scale scale;
    EXPECT_EQ(overfeat_scale_at(seen.get(), 4, &scale, sizeof scale), OVERFEAT_USAGE);
}

TEST(CLists, LibrariesAreExportedAndImported) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "own.overfeat";
    const auto exported = folder.path() / "shared.overfeat";
    const auto other = folder.path() / "other.overfeat";
    {
        const auto library = learn::ClassLibrary::open(file).library;
        const std::vector<std::byte> picture(10, std::byte{1});
        library->teach("mug", std::vector{learn::NewCapture{
                                  .picture = picture, .box = {0, 0, 10, 10}, .source = "a test"}});
    }
    ASSERT_EQ(overfeat_export_library(file.c_str(), exported.c_str()), OVERFEAT_OK)
        << overfeat_last_error();
    overfeat_imported imported{};
    ASSERT_EQ(
        overfeat_import_library(other.c_str(), exported.c_str(), 0, &imported, sizeof imported),
        OVERFEAT_OK)
        << overfeat_last_error();
    EXPECT_EQ(imported.new_classes, 1);
    EXPECT_EQ(imported.new_examples, 1);
    ASSERT_EQ(
        overfeat_import_library(other.c_str(), exported.c_str(), 0, &imported, sizeof imported),
        OVERFEAT_OK);
    EXPECT_EQ(imported.new_classes, 0);
    EXPECT_EQ(imported.known_examples, 1);
    const RecogniserHandle recogniser = opened();
    std::size_t unseen = 0;
    ASSERT_EQ(overfeat_use_library(recogniser.get(), other.c_str(), &unseen), OVERFEAT_OK);
    EXPECT_EQ(unseen, 1U);

    EXPECT_EQ(overfeat_export_library(file.c_str(), file.c_str()), OVERFEAT_USAGE);
    EXPECT_EQ(overfeat_export_library("/nowhere/own.overfeat", exported.c_str()), OVERFEAT_INPUT);
    EXPECT_EQ(overfeat_export_library(nullptr, exported.c_str()), OVERFEAT_USAGE);
    const std::string before = bytesOf(exported);
    std::ofstream(folder.path() / "tea") << "tea";
    EXPECT_EQ(
        overfeat_import_library(other.c_str(), (folder.path() / "tea").c_str(), 0, nullptr, 0),
        OVERFEAT_INPUT);
    EXPECT_STRNE(overfeat_last_error(), "");
    EXPECT_EQ(bytesOf(exported), before);
}

}  // namespace
}  // namespace overfeat::test
