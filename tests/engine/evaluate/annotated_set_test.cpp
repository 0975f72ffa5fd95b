// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/annotated_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/core/error.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::evaluate {
namespace {

namespace fs = std::filesystem;

// "Pictures" in these tests are files of any bytes, all 20 x 10 pixels.
Image decode(std::span<const std::byte>, const std::string&) {
    return Image(SizePx{20, 10});
}

class AnnotatedSetTest : public ::testing::Test {
protected:
    void write(const std::string& name, const std::string& bytes) {
        fs::create_directories((folder_.path() / "set" / name).parent_path());
        folder_.write(fs::path("set") / name, bytes);
    }
    fs::path set() const { return folder_.path() / "set"; }

    std::vector<AnnotatedPicture> readAll(DataFormat expected) {
        const AnnotatedSet set(this->set(), "val");
        EXPECT_EQ(set.format(), expected);
        std::vector<AnnotatedPicture> all;
        repairs_ = set.forEach(decode, [&](const auto& picture) {
            all.push_back(picture);
            return true;
        });
        return all;
    }
    void expectRefused(const std::string& word) {
        try {
            const AnnotatedSet set(this->set(), "val");
            set.forEach(decode, [](const auto&) { return true; });
            FAIL() << "nothing was thrown; expected: " << word;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::kInput);
            EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
        }
    }

    void expectFiles(std::vector<fs::path> names) const {
        for (fs::path& name : names)
            name = fs::canonical(set() / name);
        auto files = AnnotatedSet(set(), "val").files();
        std::ranges::sort(names);
        std::ranges::sort(files);
        EXPECT_EQ(files, names);
    }

    void coco(const std::string& annotations, const std::string& file = "a.png",
              const std::string& size = R"("width":20,"height":10)") {
        write("val/a.png", "x");
        write("annotations/instances_val.json",
              R"({"categories":[{"id":7,"name":"dog","wnid":"n07"},{"id":90,"name":"cat"}],
                  "images":[{"id":3,"file_name":")" +
                  file + "\"," + size + R"(}],"annotations":[)" + annotations + "]}");
    }
    void voc(const std::string& object) {
        write("ImageSets/Main/val.txt", "one\r\n");
        write("JPEGImages/one.jpg", "x");
        write("Annotations/one.xml",
              "<annotation><size><width>20</width><height>10</height></size>" + object +
                  "</annotation>");
    }
    void yolo(const std::string& labels) {
        write("data.yaml", "nc: 2\nnames:\n  0: dog\n  1: 'cat'\npath: .\n");
        write("images/val/a.png", "x");
        write("labels/val/a.txt", labels);
    }

    test::TemporaryFolder folder_;
    BoxRepairs repairs_;
};

TEST_F(AnnotatedSetTest, Coco) {
    coco(R"({"image_id":3,"category_id":90,"bbox":[1,2,3.5,4],"segmentation":[[1,2]]},
            {"image_id":3,"category_id":7,"bbox":[0,0,9,9],"iscrowd":1})");
    const auto all = readAll(DataFormat::kCoco);
    ASSERT_EQ(all.size(), 1U);
    ASSERT_EQ(all[0].objects.size(), 2U);
    EXPECT_EQ(all[0].objects[0], (TruthBox{.class_index = 1, .box = {1, 2, 3.5, 4}}));
    EXPECT_TRUE(all[0].objects[1].crowd);
    EXPECT_EQ(AnnotatedSet(set(), "val").classes()[0].id, "n07");
}

// Inclusive pixels from 1: 1..4 x 2..6 covers [0, 4) x [1, 6).
TEST_F(AnnotatedSetTest, Voc) {
    voc("<object><name>dog</name><difficult>1</difficult><bndbox><xmin>1</xmin><ymin>2</ymin>"
        "<xmax>4</xmax><ymax>6</ymax></bndbox></object>");
    const auto all = readAll(DataFormat::kVoc);
    ASSERT_EQ(all.at(0).objects.size(), 1U);
    EXPECT_EQ(all[0].objects[0], (TruthBox{.box = {0, 1, 4, 5}, .difficult = true}));
    EXPECT_EQ(AnnotatedSet(set(), "val").classes()[0].label, "dog");
}

TEST_F(AnnotatedSetTest, Yolo) {
    yolo("1 0.5 0.5 0.5 1.0\n\n");
    write("images/val/b.png", "x");  // no text file: no objects
    const auto all = readAll(DataFormat::kYolo);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].objects.at(0), (TruthBox{.class_index = 1, .box = {5, 0, 10, 10}}));
    EXPECT_TRUE(all[1].objects.empty());
    EXPECT_EQ(AnnotatedSet(set(), "val").classes()[1].label, "cat");
}

TEST_F(AnnotatedSetTest, YoloNamesInTheOtherForms) {
    yolo("0 0.5 0.5 0.5 0.5\n");
    write("data.yaml", "names: ['dog', \"cat\"]\n");
    EXPECT_EQ(AnnotatedSet(set(), "val").classes()[1].label, "cat");
    write("data.yaml", "names:\n- dog\n- cat\nnc: 2\n");
    EXPECT_EQ(AnnotatedSet(set(), "val").classes().size(), 2U);
    fs::remove(set() / "data.yaml");
    write("classes.txt", "dog\ncat\n");
    EXPECT_EQ(AnnotatedSet(set(), "val").classes()[0].label, "dog");
}

TEST_F(AnnotatedSetTest, TellsWhichFilesOfCocoItReads) {
    coco("");
    write("val/not_listed.png", "x");
    expectFiles({"annotations/instances_val.json", "val/a.png"});
}

TEST_F(AnnotatedSetTest, TellsWhichFilesOfVocItReads) {
    voc("");
    write("ImageSets/Main/train.txt", "two\n");
    expectFiles({"ImageSets/Main/val.txt", "Annotations/one.xml", "JPEGImages/one.jpg"});
}

TEST_F(AnnotatedSetTest, TellsWhichFilesOfYoloItReads) {
    yolo("0 0.5 0.5 0.5 0.5\n");
    write("images/val/b.png", "x");
    expectFiles({"data.yaml", "labels/val/a.txt", "images/val/a.png", "images/val/b.png"});
    fs::remove(set() / "data.yaml");
    write("classes.txt", "dog\n");
    expectFiles({"classes.txt", "labels/val/a.txt", "images/val/a.png", "images/val/b.png"});
}

TEST_F(AnnotatedSetTest, BoxesOutsideAreCutAndEmptyOnesLeftOut) {
    coco(R"({"image_id":3,"category_id":7,"bbox":[15,5,10,10]},
            {"image_id":3,"category_id":7,"bbox":[1,1,0,5]},
            {"image_id":3,"category_id":7,"bbox":[5,5,-3,2]},
            {"image_id":3,"category_id":7,"bbox":[30,30,5,5]})");
    const auto all = readAll(DataFormat::kCoco);
    ASSERT_EQ(all[0].objects.size(), 1U);
    EXPECT_EQ(all[0].objects[0].box, (RectPx{15, 5, 5, 5}));
    EXPECT_EQ(repairs_.cut, 1U);
    EXPECT_EQ(repairs_.removed, 3U);
    EXPECT_NE(repairs_.sentence().find("a.png"), std::string::npos);
}

TEST_F(AnnotatedSetTest, BoxesThatAreNotFiniteAreLeftOut) {
    std::vector<TruthBox> objects{{.box = {std::nan(""), 0, 5, 5}},
                                  {.box = {0, 0, std::numeric_limits<double>::infinity(), 5}}};
    BoxRepairs repairs;
    fitToPicture(objects, {20, 10}, "a", repairs);
    EXPECT_TRUE(objects.empty());
    EXPECT_EQ(repairs.removed, 2U);
}

TEST_F(AnnotatedSetTest, CocoThatCannotBeUsed) {
    coco(R"({"image_id":3,"category_id":8,"bbox":[1,2,3,4]})");
    expectRefused("unknown category 8");
    coco(R"({"image_id":4,"category_id":7,"bbox":[1,2,3,4]})");
    expectRefused("unknown picture 4");
    coco(R"({"image_id":3,"category_id":7,"bbox":[1,2,3]})");
    expectRefused("four numbers");
    coco(R"({"image_id":3,"category_id":7,"bbox":[1,2,3,1e1730]})");
    expectRefused("out of range");
    coco("", "missing.png");
    expectRefused("missing.png");
    coco("", "a.png", R"("width":30,"height":10)");
    expectRefused("30x10");
    coco("", "a.png", R"("width":0,"height":10)");
    expectRefused("impossible size");
    write("annotations/instances_val.json", "{\"images\": [");
    expectRefused("no JSON");
    write("annotations/instances_val.json", "[]");
    expectRefused("no list");
    write("annotations/instances_val.json", std::string(1'000'000, '['));
    expectRefused("nested deeper");
}

TEST_F(AnnotatedSetTest, NothingOutsideTheFolderIsRead) {
    folder_.write("secret.png", "x");
    coco("", "../../secret.png");
    expectRefused("not inside");
    coco("", (folder_.path() / "secret.png").string());
    expectRefused("not inside");
    fs::create_symlink(folder_.path() / "secret.png", set() / "val/link.png");
    coco("", "link.png");
    expectRefused("not inside");
    EXPECT_THROW(AnnotatedSet(set(), "../val"), Error);
}

TEST_F(AnnotatedSetTest, VocThatCannotBeUsed) {
    voc("<object><name>dog</name></object>");
    expectRefused("without a name or a box");
    voc("<object><name>dog</name><bndbox><xmin>x</xmin></bndbox></object>");
    expectRefused("xmin");
    voc("<object>");
    expectRefused("no XML");
    voc("");
    write("Annotations/one.xml", "<other/>");
    expectRefused("no element");
    std::string deep;
    for (int i = 0; i < 300'000; ++i)
        deep += "<a>";
    write("Annotations/one.xml", deep);
    expectRefused("no XML");
    voc("");
    fs::remove(set() / "JPEGImages/one.jpg");
    expectRefused("one.jpg");
    write("ImageSets/Main/val.txt", "../../secret\n");
    expectRefused("not inside");
}

TEST_F(AnnotatedSetTest, YoloThatCannotBeUsed) {
    yolo("2 0.5 0.5 0.5 0.5\n");
    expectRefused("unknown class 2 in line 1");
    yolo("0 0.5 0.5 0.5\n");
    expectRefused("line 1");
    yolo("\n0 0.1 0.2 0.3 0.4 0.5 0.6\n");
    expectRefused("line 2");
    yolo("");
    write("labels/val/lost.txt", "");
    expectRefused("lost.txt");
    fs::remove(set() / "labels/val/lost.txt");
    write("data.yaml", "nc: 2\n");
    expectRefused("no names");
}

constexpr const char* kDogXml =
    "\xEF\xBB\xBF<annotation>\r\n<filename>stated.PNG</filename><size><width>20</width><height>10"
    "</height></size><object><name>dog</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>4</xmax>"
    "<ymax>6</ymax></bndbox></object></annotation>";

TEST_F(AnnotatedSetTest, VocWithOtherExtensionsAndLists) {
    for (const char* name : {"one.JPG", "one.jpeg", "one.Png", "one.webp", "ONE.jpg"}) {
        fs::remove_all(set());
        voc("");
        fs::remove(set() / "JPEGImages/one.jpg");
        write(std::string("JPEGImages/") + name, "x");
        write("JPEGImages/one.txt", "no picture");
        EXPECT_EQ(readAll(DataFormat::kVoc).at(0).file, name);
    }
    fs::remove_all(set());
    // A list of one class, names with blanks and in folders, other letter case, the name in the
    // XML.
    write("ImageSets/Main/Valid.TXT", "\xEF\xBB\xBFmy dog  1\r\nday 2/b -1\r\nc.jpg\r\n");
    for (const char* name : {"my dog", "day 2/b", "c"})
        write(std::string("annotations/") + name + ".XML", kDogXml);
    write("JPEGImages/My Dog.jpg", "x");
    write("JPEGImages/day 2/b.JPEG", "x");
    write("JPEGImages/stated.png", "x");
    const auto all = readAll(DataFormat::kVoc);
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].file, "My Dog.jpg");
    EXPECT_EQ(all[1].file, "day 2/b.JPEG");
    EXPECT_EQ(all[2].file, "stated.png");
    EXPECT_EQ(all[2].objects.at(0), (TruthBox{.box = {0, 1, 4, 5}}));
}

TEST_F(AnnotatedSetTest, VocWithXmlBesideThePictures) {
    write("valid/a_jpg.rf.1.xml", kDogXml);
    write("valid/a_jpg.rf.1.JPG", "x");
    write("train/b.xml", kDogXml);
    const auto all = readAll(DataFormat::kVoc);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].file, "a_jpg.rf.1.JPG");
}

TEST_F(AnnotatedSetTest, CocoAsOtherToolsLayItOut) {
    const std::string json =
        "\xEF\xBB\xBF"
        R"({"categories":[
          {"id":0,"name":"fruit","supercategory":"none"},
          {"id":1,"name":"banana","supercategory":"fruit"}],
          "images":[{"id":3,"file_name":"a.jpg","width":20,"height":10}],
          "annotations":[{"image_id":3,"category_id":1,"bbox":[1,2,3,4]}]})";
    const std::vector<std::pair<std::string, std::string>> layouts{
        {"valid/_annotations.coco.json", "valid/a.jpg"},
        {"Valid/_annotations.COCO.json", "Valid/A.JPG"},
        {"annotations/val.json", "images/val/a.jpg"},
        {"annotations/instances_val2017.json", "val2017/a.jpg"},
        {"annotations/instances_val.json", "val/images/a.jpg"},
        {"archive/valid/_annotations.coco.json", "archive/valid/a.jpg"},
        {"coco/v1/annotations/instances_val.json", "coco/v1/images/a.jpg"}};
    for (const auto& [annotations, picture] : layouts) {
        fs::remove_all(set());
        write(annotations, json);
        write(picture, "x");
        const auto all = readAll(DataFormat::kCoco);
        ASSERT_EQ(all.size(), 1U) << annotations;
        // What the classes have in common is no class.
        EXPECT_EQ(AnnotatedSet(set(), "val").classes().size(), 1U);
        EXPECT_EQ(all[0].objects.at(0), (TruthBox{.box = {1, 2, 3, 4}}));
        expectFiles({annotations, picture});
    }
}

TEST_F(AnnotatedSetTest, CocoWithNamesOfAnotherSystem) {
    coco("", R"(sub\\b.jpg)");
    write("val/sub/B.JPG", "x");
    EXPECT_EQ(readAll(DataFormat::kCoco).size(), 1U);
    expectFiles({"annotations/instances_val.json", "val/sub/B.JPG"});
}

TEST_F(AnnotatedSetTest, ACategoryWithBoxesIsAClassEvenIfOthersBelongToIt) {
    write("val/a.png", "x");
    write("annotations/instances_val.json",
          R"({"categories":[{"id":1,"name":"dog"},{"id":2,"name":"puppy","supercategory":"dog"}],
              "images":[{"id":3,"file_name":"a.png","width":20,"height":10}],
              "annotations":[{"image_id":3,"category_id":1,"bbox":[1,2,3,4]}]})");
    EXPECT_EQ(AnnotatedSet(set(), "val").classes().size(), 2U);
}

TEST_F(AnnotatedSetTest, YamlInAllItsForms) {
    for (const char* yaml :
         {"nc: 2\nnames: ['dog',\n        'cat']\n",
          "\xEF\xBB\xBFnames: [dog, cat]  # two\r\nnc: 2\r\n",
          "names:\r\n  - dog\r\n  - \"cat\"\r\n", "names: {0: dog, 1: cat}\n",
          "names:\n  1: cat\n  0: dog\n", "names:\n  [\n    dog,\n    cat,\n  ]\n",
          "%YAML 1.2\n---\nall: &all [dog, cat]\nnames: *all\n",
          "names:\n- >-\n  dog\n- |-\n  cat\n"}) {
        yolo("1 0.5 0.5 0.5 1.0\r\n");
        write("data.yaml", yaml);
        const AnnotatedSet set(this->set(), "val");
        ASSERT_EQ(set.classes().size(), 2U) << yaml;
        EXPECT_EQ(set.classes()[0].label, "dog") << yaml;
        EXPECT_EQ(set.classes()[1].label, "cat") << yaml;
    }
    write("data.yaml", "names: ['a, b', 'it''s # 1']\n");
    EXPECT_EQ(AnnotatedSet(set(), "val").classes()[0].label, "a, b");
    EXPECT_EQ(AnnotatedSet(set(), "val").classes()[1].label, "it's # 1");
}

TEST_F(AnnotatedSetTest, YamlThatCannotBeUsed) {
    yolo("");
    for (const char* yaml : {"names: [dog, cat\n", "names: {0: dog, 2: cat}\n", "names: {a: dog}\n",
                             "names: [[dog]]\n", "- dog\n", "names: dog\n", "\t\x01", ""}) {
        write("data.yaml", yaml);
        expectRefused("data.yaml");
    }
    write("data.yaml", "names: " + std::string(1'000'000, '['));
    expectRefused("data.yaml");
}

TEST_F(AnnotatedSetTest, YoloAsOtherToolsLayItOut) {
    const auto layOut = [&](const std::string& yaml, const std::string& pictures,
                            const std::string& labels) {
        fs::remove_all(set());
        write("data.yaml", "names: [dog]\n" + yaml);
        write(pictures + "/sub/a.JPG", "x");
        write(labels + "/sub/a.txt", "0 0.5 0.5 0.5 1.0\n");
        const auto all = readAll(DataFormat::kYolo);
        ASSERT_EQ(all.size(), 1U) << yaml << pictures;
        ASSERT_EQ(all[0].objects.size(), 1U) << yaml << pictures;
        EXPECT_EQ(all[0].objects[0].box, (RectPx{5, 0, 10, 10}));
    };
    layOut("", "images/val", "labels/val");
    layOut("", "images/valid", "labels/valid");
    layOut("val: ../valid/images\n", "valid/images", "valid/labels");
    layOut("", "Valid/Images", "Valid/LABELS");
    layOut("path: ../datasets/set\nval: images/train2017\n", "images/train2017",
           "labels/train2017");
    layOut("path: deep\nval: [images/a]\n", "deep/images/a", "deep/labels/a");
    layOut("val: ./pictures\n", "pictures", "pictures");
    // Two splits side by side, a list, a list of classes among the labels.
    layOut("val: some.txt\n", "images/val", "labels/val");
    write("images/val/b.png", "x");
    write("labels/val/classes.txt", "dog\n");
    EXPECT_EQ(AnnotatedSet(set(), "val").size(), 2U);
    write("some.txt", "./images/val/sub/a.jpg\r\n");
    EXPECT_EQ(readAll(DataFormat::kYolo).size(), 1U);
}

TEST_F(AnnotatedSetTest, AFolderWithSeveralSetsIsNotGuessed) {
    write("one/valid/_annotations.coco.json", "{}");
    write("two/valid/_annotations.coco.json", "{}");
    expectRefused("several data sets");
}

TEST_F(AnnotatedSetTest, AFolderOfSomethingElse) {
    write("readme.txt", "hello");
    expectRefused("Tiny-ImageNet, COCO, VOC or YOLO");
}

}  // namespace
}  // namespace overfeat::evaluate
