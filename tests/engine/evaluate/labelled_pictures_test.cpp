// SPDX-License-Identifier: Apache-2.0
#include "engine/evaluate/labelled_pictures.h"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <map>

#include "engine/core/error.h"
#include "tests/support/capability.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::evaluate {
namespace {

// "Pictures" in these tests are files whose bytes are the pixels of one row.
Image decodeRow(std::span<const std::byte> bytes, const std::string& name) {
    if (bytes.size() % 3 != 0) throw Error(ErrorCode::kInput, "'" + name + "' is no row.");
    std::vector<std::uint8_t> rgb(bytes.size());
    std::memcpy(rgb.data(), bytes.data(), bytes.size());
    return {SizePx{static_cast<int>(bytes.size() / 3), 1}, std::move(rgb)};
}

class LabelledPicturesTest : public ::testing::Test {
protected:
    LabelledPicturesTest() {
        folder_.write("classes.tsv", "index\twnid\tname\n0\tn0\tdog\n1\tn1\tcat\n");
        folder_.write("val.tsv",
                      "file\tclass\tx1\ty1\tx2\ty2\na.row\t1\t0\t0\t63\t31\n"
                      "b.row\t0\t5\t6\t5\t6\n");
    }

    void writeArchive(const std::map<std::string, std::string>& files) {
        archive* handle = archive_write_new();
        archive_write_add_filter_xz(handle);
        archive_write_set_format_ustar(handle);
        ASSERT_EQ(archive_write_open_filename(handle, archivePath().c_str()), ARCHIVE_OK);
        for (const auto& [name, bytes] : files) {
            archive_entry* entry = archive_entry_new();
            archive_entry_set_pathname(entry, name.c_str());
            archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
            archive_entry_set_filetype(entry, AE_IFREG);
            archive_entry_set_perm(entry, 0644);
            ASSERT_EQ(archive_write_header(handle, entry), ARCHIVE_OK);
            archive_write_data(handle, bytes.data(), bytes.size());
            archive_entry_free(entry);
        }
        archive_write_close(handle);
        archive_write_free(handle);
    }
    std::filesystem::path archivePath() const { return folder_.path() / "val.tar.xz"; }

    std::vector<LabelledPicture> readAll() const {
        std::vector<LabelledPicture> all;
        LabelledPictures(folder_.path(), "val").forEach(decodeRow, [&](const auto& picture) {
            all.push_back(picture);
            return true;
        });
        return all;
    }
    void expectRefused(const std::string& word) const {
        try {
            readAll();
            FAIL() << "nothing was thrown; expected: " << word;
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::kInput);
            EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
        }
    }

    test::TemporaryFolder folder_;
};

TEST_F(LabelledPicturesTest, ReadsAnArchiveWithoutUnpackingIt) {
    writeArchive({{"pictures/a.row", "abcdef"}, {"pictures/b.row", "xyz"}});
    const auto all = readAll();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].image.size(), (SizePx{2, 1}));
    EXPECT_EQ(all[0].image.row(0)[3], 'd');
    EXPECT_EQ(all[0].annotation.class_index, 1U);
    // Inclusive pixels 0..63 x 0..31, and a box of one pixel.
    EXPECT_EQ(all[0].annotation.box, (RectPx{0, 0, 64, 32}));
    EXPECT_EQ(all[1].annotation.box, (RectPx{5, 6, 1, 1}));
}

TEST_F(LabelledPicturesTest, ReadsAFolder) {
    folder_.write("val/a.row", "abc");
    folder_.write("val/b.row", "abcdef");
    const auto all = readAll();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[1].annotation.file, "b.row");
    const LabelledPictures pictures(folder_.path(), "val");
    EXPECT_EQ(pictures.classes().find("cat"), 1U);
    EXPECT_EQ(pictures.size(), 2U);
}

TEST_F(LabelledPicturesTest, PicturesMayShowNothingAndBoxesLieBetweenPixels) {
    folder_.write("val.tsv", "file\tclass\nb.row\t-\na.row\t1\t-2.5\t0.25\t61.5\t30\n");
    folder_.write("val/a.row", "abc");
    folder_.write("val/b.row", "abc");
    const auto all = readAll();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].annotation.box, (RectPx{-2.5, 0.25, 65, 30.75}));
    EXPECT_FALSE(all[1].annotation.class_index.has_value());
    EXPECT_EQ(all[1].annotation.file, "b.row");
}

TEST_F(LabelledPicturesTest, StopsWhenTold) {
    folder_.write("val/a.row", "abc");  // b.row is missing, but nobody gets there
    int count = 0;
    LabelledPictures(folder_.path(), "val").forEach(decodeRow, [&](const auto&) {
        ++count;
        return false;
    });
    EXPECT_EQ(count, 1);
}

TEST_F(LabelledPicturesTest, MissingAndSurplusPicturesAreNoticed) {
    folder_.write("val/a.row", "abc");
    expectRefused("1 of the 2");
    folder_.write("val/b.row", "abc");
    folder_.write("val/c.row", "abc");
    expectRefused("c.row");
}

TEST_F(LabelledPicturesTest, DamagedArchivesAreNamed) {
    expectRefused("val.tar.xz");
    writeArchive({{"a.row", std::string(30'000, 'a')}, {"b.row", "xyz"}});
    std::filesystem::resize_file(archivePath(), std::filesystem::file_size(archivePath()) / 2);
    expectRefused("val.tar.xz");
    std::ofstream(archivePath(), std::ios::binary) << "<html>no archive</html>";
    expectRefused("val.tar.xz");
}

TEST_F(LabelledPicturesTest, DamagedTablesAreNamedWithTheirLine) {
    const std::map<std::string, std::string> rows{
        {"a.row\tone\t0\t0\t1\t1\n", "Line 2"},
        {"a.row\t1\t0\t0\t1\n", "Line 2"},
        {"a.row\t2\t0\t0\t1\t1\n", "class 2"},
        {"a.row\t-1\t0\t0\t1\t1\n", "class -1"},
        {"a.row\t-\t0\t0\t1\t1\n", "Line 2"},
        {"a.row\t0\t0\t0\tnan\t1\n", "no place"},
        {"a.row\t0\t0\t-1e300\t1\t1\n", "no place"},
        {"a.row\t0\t5\t0\t4\t1\n", "empty box"},
        {"", "no pictures"},
        {"a.row\t0\t0\t0\t1\t1\na.row\t0\t0\t0\t1\t1\n", "twice"}};
    for (const auto& [text, word] : rows) {
        folder_.write("val.tsv", "file\tclass\tx1\ty1\tx2\ty2\n" + text);
        expectRefused(word);
    }
    folder_.write("classes.tsv", "index\twnid\tname\n1\tn0\tdog\n");
    expectRefused("out of order");
    std::filesystem::remove(folder_.path() / "classes.tsv");
    expectRefused("classes.tsv");
}

TEST_F(LabelledPicturesTest, TheRealValidationSetIsWhole) {
    const auto shared = test::sharedData();
    if (test::missing("shared-data", shared.has_value())) return;
    const LabelledPictures pictures(*shared / "tiny-imagenet", "val");
    EXPECT_EQ(pictures.classes().size(), 200U);
    std::vector<int> per_class(200);
    pictures.forEach(
        [](std::span<const std::byte> bytes, const std::string& name) {
            EXPECT_GT(bytes.size(), 100U) << name;
            return Image(SizePx{64, 64});
        },
        [&](const LabelledPicture& picture) {
            ++per_class[picture.annotation.class_index.value()];
            EXPECT_LE(picture.annotation.box.right(), 64);
            return true;
        });
    for (const int count : per_class)
        EXPECT_EQ(count, 25);
}

}  // namespace
}  // namespace overfeat::evaluate
