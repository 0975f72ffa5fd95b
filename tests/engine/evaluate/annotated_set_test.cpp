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

TEST_F(AnnotatedSetTest, AFolderOfSomethingElse) {
    write("readme.txt", "hello");
    expectRefused("Tiny-ImageNet, COCO, VOC or YOLO");
}

}  // namespace
}  // namespace overfeat::evaluate
