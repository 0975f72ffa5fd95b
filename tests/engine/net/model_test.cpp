// SPDX-License-Identifier: Apache-2.0
#include "engine/net/model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "tests/engine/net/onnx_maker.h"
#include "tests/support/capability.h"
#include "tests/support/temporary_folder.h"

namespace overfeat {
namespace {

namespace fs = std::filesystem;
using net::loadModel;
using net::Model;
using net::parseModel;
using test::asBytes;
using test::classifier;
using test::OnnxMaker;
using test::TemporaryFolder;

OnnxMaker described() {
    OnnxMaker maker = classifier(3);
    maker.metadata("overfeat.window", "8");
    maker.metadata("overfeat.mean", "1, 2.5,3");
    maker.metadata("overfeat.std", "4 5 6");
    maker.metadata("overfeat.classes", "n01\tbeer bottle\nn02\tcup\n\tnothing here\n");
    maker.metadata("overfeat.background", "2");
    maker.metadata("overfeat.scores", "scores");
    maker.metadata("overfeat.features", "features");
    maker.weights("mean", {4}, {1, 2, 3, 4});
    maker.metadata("overfeat.feature_mean", "mean");
    maker.metadata("overfeat.card", "Trained on\nnothing.\x1b[2J");
    return maker;
}

std::string refusalOf(const OnnxMaker& maker) {
    try {
        parseModel(asBytes(maker.bytes()), "some model");
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kModel);
        return error.what();
    }
    return "was accepted";
}

std::string refusalOf(const fs::path& path) {
    try {
        loadModel(path);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kModel);
        return error.what();
    }
    return "was accepted";
}

bool says(const std::string& sentence, const std::string& part) {
    return sentence.find(part) != std::string::npos;
}

TEST(Model, ReadsItsMetadata) {
    const auto model = parseModel(asBytes(described().bytes()), "tiny");
    EXPECT_EQ(model->name, "tiny");
    EXPECT_EQ(model->window_px, 8);
    EXPECT_EQ(model->normalisation.mean, (std::array<float, 3>{1, 2.5F, 3}));
    EXPECT_EQ(model->normalisation.std, (std::array<float, 3>{4, 5, 6}));
    ASSERT_EQ(model->labels->size(), 3U);
    EXPECT_EQ((*model->labels)[0].id, "n01");
    EXPECT_EQ((*model->labels)[0].label, "beer bottle");
    EXPECT_EQ(model->labels->background(), 2U);
    EXPECT_EQ(model->scores, "scores");
    EXPECT_EQ(model->features, "features");
    EXPECT_EQ(model->feature_mean, (std::vector<float>{1, 2, 3, 4}));
    EXPECT_EQ(model->card, "Trained on\nnothing.[2J");
    EXPECT_TRUE(model->assumptions.empty());
    ASSERT_EQ(model->graph.outputs.size(), 2U);
    EXPECT_EQ(model->graph.valueName(model->graph.outputs[0]), "scores");
    EXPECT_EQ(model->graph.valueName(model->graph.outputs[1]), "features");
}

TEST(Model, SaysWhatItAssumed) {
    OnnxMaker maker = classifier(2, -1);
    const auto model = parseModel(asBytes(maker.bytes()), "bare");
    EXPECT_EQ(model->window_px, 224);
    EXPECT_NEAR(model->normalisation.mean[0], 123.675, 1e-3);
    EXPECT_EQ((*model->labels)[1].label, "class 1");
    EXPECT_EQ(model->features, "features");
    ASSERT_EQ(model->assumptions.size(), 4U);
    EXPECT_TRUE(says(model->assumptions[0], "224 pixels"));
    EXPECT_TRUE(says(model->assumptions[1], "ImageNet"));
    EXPECT_TRUE(says(model->assumptions[2], "2 classes"));
    EXPECT_TRUE(says(model->assumptions[3], "'features'"));
}

TEST(Model, ANetworkOfAThousandClassesLooksAtTheMiddleUnlessItsFileSaysOtherwise) {
    OnnxMaker silent = classifier(1000);
    const auto model = parseModel(asBytes(silent.bytes()), "silent");
    EXPECT_EQ(model->crop, 0.875);
    EXPECT_TRUE(std::ranges::any_of(model->assumptions, [](const std::string& assumption) {
        return says(assumption, "87.5 %");
    }));
    OnnxMaker clear = classifier(1000);
    clear.metadata("overfeat.crop", "1");
    EXPECT_EQ(parseModel(asBytes(clear.bytes()), "clear")->crop, 1);
    EXPECT_EQ(parseModel(asBytes(classifier(3).bytes()), "other")->crop, 1);
}

TEST(Model, AFixedInputSizeIsTheWindow) {
    EXPECT_EQ(parseModel(asBytes(classifier(2, 12).bytes()), "fixed")->window_px, 12);
}

TEST(Model, FindsBoxes) {
    OnnxMaker maker = described();
    maker.weights("box", {4, 4});
    maker.node("Gemm", {"features", "box"}, "boxes", "box1");
    maker.output("boxes");
    maker.metadata("overfeat.boxes", "boxes");
    EXPECT_EQ(parseModel(asBytes(maker.bytes()), "boxes")->boxes, "boxes");
}

TEST(Model, RefusesContradictions) {
    const auto with = [](const std::string& key, const std::string& value) {
        OnnxMaker maker = described();
        for (auto& entry : *maker.proto.mutable_metadata_props()) {
            if (entry.key() == key) entry.set_value(value);
        }
        return refusalOf(maker);
    };
    EXPECT_TRUE(says(with("overfeat.window", "9"), "its input is 8"));
    EXPECT_TRUE(says(with("overfeat.window", "99999"), "8 to 4096"));
    EXPECT_TRUE(says(with("overfeat.window", "eight"), "'overfeat.window' is not a whole number"));
    EXPECT_TRUE(says(with("overfeat.mean", "1,2"), "'overfeat.mean' is not three numbers"));
    EXPECT_TRUE(says(with("overfeat.mean", "1,2,nan"), "finite"));
    EXPECT_TRUE(says(with("overfeat.std", "1,0,1"), "above 0"));
    EXPECT_TRUE(says(with("overfeat.classes", "a\tb\n"), "3 outputs, but 1 classes"));
    EXPECT_TRUE(says(with("overfeat.background", "3"), "background class 3"));
    EXPECT_TRUE(says(with("overfeat.scores", "ghost"), "'ghost' as its scores"));
    EXPECT_TRUE(says(with("overfeat.features", "w"), "computes nothing of that name"));
    EXPECT_TRUE(says(with("overfeat.features", "relu:out"), "not one vector"));
    EXPECT_TRUE(says(with("overfeat.feature_mean", "w"), "as many numbers as its features, 4"));
    EXPECT_TRUE(says(with("overfeat.std", "1,0,1"), "The model 'some model' cannot be used: "));
}

TEST(Model, RefusesNetworksThatDoNotClassifyPictures) {
    OnnxMaker grey({1, 1, 8, 8});
    grey.node("Relu", {"x"}, "y");
    grey.output("y");
    EXPECT_TRUE(says(refusalOf(grey), "1 channels"));
    OnnxMaker wide({1, 3, 8, 9});
    wide.node("Relu", {"x"}, "y");
    wide.output("y");
    EXPECT_TRUE(says(refusalOf(wide), "9x8 pixels"));
    OnnxMaker vector({1, 3});
    vector.node("Relu", {"x"}, "y");
    vector.output("y");
    EXPECT_TRUE(says(refusalOf(vector), "not a picture"));
    OnnxMaker map({1, 3, 8, 8});
    map.node("Relu", {"x"}, "y");
    map.output("y");
    EXPECT_TRUE(says(refusalOf(map), "not one vector per picture"));
}

// 3 x 4096 x 4096 pixels and 2000 channels of them: 125 GiB.
TEST(Model, RefusesANetworkThatNeedsTooMuchMemory) {
    OnnxMaker maker({1, 3, 4096, 4096});
    maker.weights("w", {2000, 3, 1, 1});
    maker.node("Conv", {"x", "w"}, "huge", "huge1");
    maker.node("GlobalAveragePool", {"huge"}, "pooled");
    maker.node("Flatten", {"pooled"}, "y");
    maker.output("y");
    const std::string sentence = refusalOf(maker);
    EXPECT_TRUE(says(sentence, "'huge1' (Conv)")) << sentence;
    EXPECT_TRUE(says(sentence, "more memory than the limit")) << sentence;
}

TEST(Model, LabelsFromTheFileAreCleaned) {
    OnnxMaker maker = classifier(2);
    maker.metadata("overfeat.classes",
                   "n1\tred\x1b[31m\nn2\t\xE2\x80\xAE"
                   "drowssap\n");
    const auto model = parseModel(asBytes(maker.bytes()), "hostile");
    EXPECT_EQ((*model->labels)[0].label, "red[31m");
    EXPECT_EQ((*model->labels)[1].label, "drowssap");
}

TEST(ModelFile, SaysWhatIsWrongWithAPath) {
    const TemporaryFolder folder;
    EXPECT_TRUE(says(refusalOf(folder.path() / "none.onnx"),
                     "'none.onnx' cannot be used: the file "
                     "does not exist"));
    EXPECT_TRUE(says(refusalOf(folder.path()), "is a folder"));
    EXPECT_TRUE(says(refusalOf(folder.write("empty.onnx", "")), "is empty"));
    EXPECT_TRUE(says(refusalOf("/dev/null"), "is not a readable file"));
    const std::string whole = classifier().bytes();
    EXPECT_TRUE(says(refusalOf(folder.write("cut.onnx", whole.substr(0, 200))), "cut short"));
}

TEST(ModelFile, NamesWithBytesThatAreNoTextWork) {
    const TemporaryFolder folder;
    const fs::path path = folder.write("caf\xe9 \xF0\x9F\x8D\xBA.onnx", classifier().bytes());
    EXPECT_EQ(loadModel(path)->labels->size(), 2U);
    const fs::path broken = folder.write("caf\xe9.onnx", "");
    EXPECT_TRUE(says(refusalOf(broken), "'caf?.onnx'"));
}

TEST(ModelFile, MayBeLimitedInSize) {
    const TemporaryFolder folder;
    const fs::path path = folder.write("model.onnx", classifier().bytes());
    EXPECT_THROW(loadModel(path, {.max_file_bytes = 50}), Error);
    EXPECT_NO_THROW(loadModel(path));
}

TEST(Sidecar, DescribesAModelThatSaysNothing) {
    const TemporaryFolder folder;
    const fs::path path = folder.write("net.onnx", classifier(2, -1).bytes());
    folder.write("net.json", R"({"window": 32, "mean": [1, 2, 3], "std": 2, "unknown": {},
                                 "labels": ["n01440764 tench", "goldfish"], "background": 1})");
    const auto model = loadModel(path);
    EXPECT_EQ(model->name, "net");
    EXPECT_EQ(model->path, path.string());
    EXPECT_EQ(model->window_px, 32);
    EXPECT_EQ(model->normalisation.mean, (std::array<float, 3>{1, 2, 3}));
    EXPECT_EQ(model->normalisation.std, (std::array<float, 3>{2, 2, 2}));
    EXPECT_EQ((*model->labels)[0].id, "n01440764");
    EXPECT_EQ((*model->labels)[0].label, "tench");
    EXPECT_EQ((*model->labels)[1].label, "goldfish");
    EXPECT_EQ(model->labels->background(), 1U);
    EXPECT_EQ(model->assumptions.size(), 1U);  // the features
}

bool saysThatItRead0To1(const net::Model& model) {
    return std::ranges::any_of(model.assumptions, [](const std::string& assumption) {
        return says(assumption, "read as 0..1 values");
    });
}

// What torchvision and timm write. As 0..255 values they would turn every picture to noise.
TEST(Sidecar, ReadsNormalisationOfTheScale0To1) {
    const TemporaryFolder folder;
    const fs::path path = folder.write("net.onnx", classifier(2).bytes());
    const auto with = [&](const std::string& json) {
        folder.write("net.json", json);
        return loadModel(path);
    };
    const auto both = with(R"({"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]})");
    EXPECT_NEAR(both->normalisation.mean[0], 123.675, 1e-3);
    EXPECT_NEAR(both->normalisation.std[2], 57.375, 1e-3);
    EXPECT_TRUE(saysThatItRead0To1(*both));
    const auto inside = with(R"({"preprocess": {"mean": 0.5, "std": 0.5}})");
    EXPECT_NEAR(inside->normalisation.mean[1], 127.5, 1e-3);
    EXPECT_NEAR(inside->normalisation.std[1], 127.5, 1e-3);
    const auto only_std = with(R"({"std": [0.229, 0.224, 0.225]})");
    EXPECT_NEAR(only_std->normalisation.std[0], 58.395, 1e-3);
    EXPECT_NEAR(only_std->normalisation.mean[0], 123.675, 1e-3);
    EXPECT_TRUE(saysThatItRead0To1(*only_std));

    // One number above 1 says which scale it is, and no normalisation at all is one of 0..255.
    const auto large = with(R"({"mean": [0.5, 0.5, 0.5], "std": [1, 1, 1.5]})");
    EXPECT_EQ(large->normalisation.mean[0], 0.5F);
    EXPECT_FALSE(saysThatItRead0To1(*large));
    const auto none = with(R"({"mean": 0, "std": 1})");
    EXPECT_EQ(none->normalisation.std[0], 1);
    EXPECT_FALSE(saysThatItRead0To1(*none));
}

TEST(Model, ReadsNormalisationOfTheScale0To1InItsMetadata) {
    OnnxMaker maker = classifier(2);
    maker.metadata("overfeat.mean", "0.485, 0.456, 0.406");
    maker.metadata("overfeat.std", "0.229, 0.224, 0.225");
    const auto model = parseModel(asBytes(maker.bytes()), "zero to one");
    EXPECT_NEAR(model->normalisation.mean[0], 123.675, 1e-3);
    EXPECT_NEAR(model->normalisation.std[0], 58.395, 1e-3);
    EXPECT_TRUE(saysThatItRead0To1(*model));
}

TEST(Sidecar, ReadsLabelsFromAFileBesideIt) {
    const TemporaryFolder folder;
    const fs::path path = folder.write("net.onnx", classifier(2).bytes());
    folder.write("names.tsv", "0\tn01\ttench\r\n1\tn02\tgoldfish\r\n");
    folder.write("net.onnx.json", R"({"labels_file": "names.tsv"})");
    EXPECT_EQ((*loadModel(path)->labels)[1].label, "goldfish");
    folder.write("net.onnx.json", R"json({"classes": "names.tsv (index, wnid, name)",
        "preprocess": {"input_size": [8, 8], "mean": [9, 9, 9], "std": [1, 1, 1]}})json");
    const auto model = loadModel(path);
    EXPECT_EQ((*model->labels)[0].id, "n01");
    EXPECT_EQ(model->normalisation.mean[0], 9);
}

// One way after the other, because a list of labels may stand in any of them.
TEST(Model, ListsOfLabelsAreReadAsMeant) {
    using Names = std::vector<std::string>;
    const auto namesOf = [](const Model& model) {
        Names names;
        for (std::size_t i = 0; i < model.labels->size(); ++i)
            names.push_back((*model.labels)[i].id + "/" + (*model.labels)[i].label);
        return names;
    };
    const TemporaryFolder folder;
    const fs::path path = folder.write("net.onnx", classifier(3).bytes());
    folder.write("net.json", R"({"labels_file": "names.txt"})");
    const auto check = [&](const std::string& text, const Names& expected) {
        folder.write("names.txt", text);
        EXPECT_EQ(namesOf(*loadModel(path)), expected) << "labels_file:\n" << text;
        OnnxMaker maker = classifier(3);
        maker.metadata("overfeat.classes", text);
        EXPECT_EQ(namesOf(*parseModel(asBytes(maker.bytes()), "m")), expected) << "metadata";
    };
    const Names colours{"/red", "/green", "/blue"};
    check("red\ngreen\nblue\n\n", colours);
    check("red\r\ngreen\r\nblue\r\n\r\n  \r\n", colours);
    check("red\rgreen\rblue\r", colours);
    check("\n red \n\ngreen\n\nblue", colours);
    check("\xEF\xBB\xBFn01440764 tench\nn01443537 goldfish\nn01484850 shark\n",
          {"n01440764/tench", "n01443537/goldfish", "n01484850/shark"});
    check(
        "\xEF\xBB\xBF"
        "0\tn01440764\ttench\n1\tn2\tgoldfish\n2\tn3\tshark",
        {"n01440764/tench", "n2/goldfish", "n3/shark"});
    // As many lines as outputs: a blank one is a class without a name, wherever it is.
    check("red\n\nblue\n", {"/red", "/class 1", "/blue"});
    check("red\ngreen\n\n", {"/red", "/green", "/class 2"});
}

TEST(Sidecar, ListsInTheDescriptionAreReadAsMeantToo) {
    const TemporaryFolder folder;
    const fs::path path = folder.write("net.onnx", classifier(2).bytes());
    folder.write("net.json", "\xEF\xBB\xBF{\"labels\": [\"n01440764 tench\", \"b \", \"\"]}\r\n");
    const auto model = loadModel(path);
    EXPECT_EQ((*model->labels)[0].id, "n01440764");
    EXPECT_EQ((*model->labels)[1].label, "b");
    folder.write("net.json", R"({"labels_file": "names.txt"})");
    folder.write("names.txt", std::string("\xFF\xFE"
                                          "a\0\n\0b\0",
                                          8));
    EXPECT_TRUE(says(refusalOf(path), "not UTF-16"));
}

TEST(Model, BlanksAroundItsNumbersDoNotMatter) {
    OnnxMaker maker = classifier(2, -1);
    maker.metadata("overfeat.window", " 8\r\n");
    EXPECT_EQ(parseModel(asBytes(maker.bytes()), "m")->window_px, 8);
}

TEST(Model, SaysWhatItsCentreViewTakes) {
    EXPECT_EQ(parseModel(asBytes(described().bytes()), "x")->crop, 1);
    OnnxMaker maker = described();
    maker.metadata("overfeat.crop", " 0.875 ");
    EXPECT_EQ(parseModel(asBytes(maker.bytes()), "x")->crop, 0.875);
    for (const char* wrong : {"0", "-1", "1.1", "nan", "all of it"}) {
        OnnxMaker refused = described();
        refused.metadata("overfeat.crop", wrong);
        EXPECT_NE(refusalOf(refused).find("overfeat.crop"), std::string::npos) << wrong;
    }
    const TemporaryFolder folder;
    const fs::path file = folder.write("net.onnx", classifier().bytes());
    folder.write("net.json", R"({"crop": 0.5})");
    EXPECT_EQ(loadModel(file)->crop, 0.5);
    for (const char* wrong : {"0", "2", "\"half\""}) {
        folder.write("net.json", "{\"crop\": " + std::string(wrong) + "}");
        EXPECT_NE(refusalOf(file).find("'crop'"), std::string::npos) << wrong;
    }
}

TEST(Sidecar, IsOneOfTheFilesOfItsModel) {
    using Files = std::vector<fs::path>;
    const TemporaryFolder folder;
    const fs::path path = folder.write("net.onnx", classifier(2).bytes());
    EXPECT_EQ(net::modelFiles(path), Files{path});
    const fs::path names = folder.write("names.tsv", "a\nb\n");
    const fs::path other = folder.write("net.json", R"({"labels_file": "names.tsv"})");
    EXPECT_EQ(net::modelFiles(path), (Files{other, names, path}));
    // Where there are two only the first is read.
    const fs::path first = folder.write("net.onnx.json", R"({"classes": "names.tsv"})");
    EXPECT_EQ(net::modelFiles(path), (Files{first, names, path}));
    for (const char* text : {"not json", "[1]", R"({"labels_file": "../names.txt"})",
                             R"({"labels_file": "names.tsv", "labels": ["a", "b"]})"}) {
        folder.write("net.onnx.json", text);
        EXPECT_EQ(net::modelFiles(path), (Files{first, path})) << text;
    }
}

TEST(Sidecar, MetadataInTheFileWins) {
    const TemporaryFolder folder;
    const fs::path path = folder.write("net.onnx", described().bytes());
    folder.write("net.json", R"({"mean": [9, 9, 9], "labels": ["a"]})");
    EXPECT_EQ(loadModel(path)->normalisation.mean[0], 1);
    EXPECT_EQ(loadModel(path)->labels->size(), 3U);
}

TEST(Sidecar, IsNotTrustedEither) {
    const TemporaryFolder folder;
    const fs::path path = folder.write("net.onnx", classifier(2).bytes());
    const auto with = [&](const std::string& json) {
        folder.write("net.json", json);
        return refusalOf(path);
    };
    EXPECT_TRUE(says(with("not json"), "'net.json' beside it is not valid JSON"));
    EXPECT_TRUE(says(with("[1]"), "'net.json' beside it is a JSON list or single value, not an"));
    EXPECT_TRUE(says(with(R"({"mean": [1, 2]})"), "'mean' that is not three numbers"));
    EXPECT_TRUE(says(with(R"({"std": [1, 2, -1]})"), "above 0"));
    EXPECT_TRUE(says(with(R"({"window": "big"})"), "not a number"));
    EXPECT_TRUE(says(with(R"({"input_size": [224, 192]})"), "not square"));
    EXPECT_TRUE(says(with(R"({"labels": ["one"]})"), "2 outputs, but 1 classes"));
    EXPECT_TRUE(says(with(R"({"labels": [1, 2]})"), "not a text"));
    EXPECT_TRUE(says(with(R"({"labels_file": "../names.txt"})"), "outside its own folder"));
    EXPECT_TRUE(says(with(R"({"labels_file": "/etc/passwd"})"), "outside its own folder"));
    EXPECT_TRUE(says(with(R"({"labels_file": "missing.txt"})"), "'missing.txt'"));
    fs::create_symlink("/etc/passwd", folder.path() / "link.txt");
    EXPECT_TRUE(says(with(R"({"labels_file": "link.txt"})"), "is a link"));
    EXPECT_TRUE(says(with(std::string(200'000, '[')), "is not valid JSON"));
}

// Lists in lists need memory, but no stack for each.
TEST(Sidecar, MayBeAsDeepAsItIsLong) {
    const TemporaryFolder folder;
    const fs::path path = folder.write("net.onnx", classifier(2).bytes());
    constexpr std::size_t kDeep = 800'000;
    const std::string deep = std::string(kDeep, '[') + std::string(kDeep, ']');
    folder.write("net.json", "{\"input_size\": [" + deep + "," + deep + "]}");
    EXPECT_TRUE(says(refusalOf(path), "not square"));
    folder.write("net.json", "{\"other\": " + deep + "}");
    EXPECT_EQ(loadModel(path)->labels->size(), 2U);
}

TEST(ModelFile, ReadsTheRealMobileNet) {
    const auto data = test::sharedData();
    if (test::missing("shared-data", data.has_value())) return;
    const auto model = loadModel(*data / "models" / "mobilenetv2-imagenet1k.onnx");
    EXPECT_EQ(model->window_px, 224);
    EXPECT_EQ(model->normalisation.mean, (std::array<float, 3>{127.5F, 127.5F, 127.5F}));
    ASSERT_EQ(model->labels->size(), 1000U);
    EXPECT_EQ((*model->labels)[0].id, "n01440764");
    EXPECT_EQ((*model->labels)[0].label, "tench, Tinca tinca");
    EXPECT_EQ(net::multiplyAdds(model->graph, Shape{1, 3, 224, 224}), 300'774'272);
    const auto twin = loadModel(*data / "models" / "mobilenetv2-imagenet1k-opset10.onnx");
    EXPECT_EQ(twin->graph.nodes.size(), model->graph.nodes.size());
}

}  // namespace
}  // namespace overfeat
