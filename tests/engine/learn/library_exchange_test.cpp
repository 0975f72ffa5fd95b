// SPDX-License-Identifier: Apache-2.0
//
// Export, import, and what comes from people who mean no good.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <random>

#include "engine/core/error.h"
#include "engine/learn/class_library.h"
#include "engine/learn/identifier.h"
#include "engine/learn/rows.h"
#include "engine/learn/sqlite.h"
#include "tests/engine/learn/import_trial.h"
#include "tests/engine/learn/library_model.h"
#include "tests/engine/learn/other_process.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::test {
namespace {

namespace fs = std::filesystem;
using learn::ClassLibrary;
using learn::KnownClass;

std::vector<learn::NewCapture> captures(const std::vector<std::string>& sources) {
    std::vector<learn::NewCapture> all;
    for (const std::string& source : sources)
        all.push_back(captureNamed(source));
    return all;
}

class LibraryExchange : public testing::Test {
protected:
    std::int64_t number(const fs::path& path, const char* sql) {
        learn::Database database(path, learn::FileMode::kUnchanging, std::chrono::milliseconds(0));
        return database.number(sql);
    }

    std::string refusal(const fs::path& path) {
        const auto before = library->content();
        try {
            library->importFrom(path, KnownClass::kMerge);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::kInput);
            EXPECT_EQ(*library->content(), *before);
            return error.what();
        }
        return "taken";
    }

    TemporaryFolder folder;
    fs::path exported = folder.path() / "classes for you.overfeat";
    std::unique_ptr<ClassLibrary> library = ClassLibrary::open(folder.path() / "one.db").library;
    std::unique_ptr<ClassLibrary> other = ClassLibrary::open(folder.path() / "two.db").library;
};

TEST_F(LibraryExchange, GoesRoundWhole) {
    const std::string mug = library->teach("mug", captures({"a", "b"}));
    library->setThreshold(mug, 0.7);
    library->setColour(mug, 0x112233);
    library->setEnabled(mug, false);
    library->teach("cup", captures({"c"}));
    library->addNegatives(mug, captures({"d"}));
    library->addNegatives({}, captures({"e"}));
    library->storeEmbeddings("space",
                             std::vector<learn::StoredEmbedding>{
                                 {.capture_id = library->content()->classes[0].captures[0].id,
                                  .prototypes = {.rows = 1, .columns = 1, .values = {1}},
                                  .negatives = {}}});
    library->exportTo(exported);
    EXPECT_EQ(number(exported, "SELECT count(*) FROM action"), 0);
    EXPECT_EQ(number(exported, "SELECT count(*) FROM embedding"), 0);
    EXPECT_EQ(number(exported, "SELECT count(*) FROM picture"), 5);

    const auto report = other->importFrom(exported, KnownClass::kMerge);
    EXPECT_EQ(report.new_classes, 2);
    EXPECT_EQ(report.new_captures, 5);
    EXPECT_EQ(report.merged_classes, 0);
    EXPECT_EQ(report.known_captures, 0);
    EXPECT_EQ(other->content()->classes, library->content()->classes) << "orders and ids too";
    EXPECT_EQ(modelOf(*other), modelOf(*library));
    EXPECT_EQ(other->content()->undo->what, "import classes for you.overfeat");

    const auto again = other->importFrom(exported, KnownClass::kKeepBoth);
    EXPECT_EQ(again.new_classes + again.new_captures, 0);
    EXPECT_EQ(again.known_captures, 5);
    EXPECT_EQ(other->undo(), "import classes for you.overfeat") << "what changes nothing is none";
    EXPECT_TRUE(other->content()->classes.empty());
    EXPECT_EQ(other->undo(), std::nullopt);
}

TEST_F(LibraryExchange, SomeClassesOnly) {
    library->teach("mug", captures({"a"}));
    const std::string cup = library->teach("cup", captures({"b"}));
    library->addNegatives({}, captures({"c"}));
    library->exportTo(exported, std::vector{cup});
    other->importFrom(exported, KnownClass::kMerge);
    EXPECT_EQ(other->content()->classes.size(), 1U);
    EXPECT_TRUE(other->content()->negatives.empty());
    EXPECT_EQ(other->content()->classes[0].name, "cup");
    EXPECT_THROW(library->exportTo(exported, std::vector<std::string>{"nobody"}), Error);
    EXPECT_EQ(number(exported, "SELECT count(*) FROM class"), 1) << "the earlier one stays";
}

TEST_F(LibraryExchange, TheSameClassMerges) {
    const std::string mug = library->teach("mug", captures({"a"}));
    library->exportTo(exported);
    other->importFrom(exported, KnownClass::kMerge);
    other->rename(mug, "my mug");
    other->setThreshold(mug, 0.25);
    library->addCaptures(mug, captures({"b"}));
    library->exportTo(exported);
    const auto report = other->importFrom(exported, KnownClass::kMerge);
    EXPECT_EQ(report.merged_classes, 1);
    EXPECT_EQ(report.new_captures, 1);
    EXPECT_EQ(report.known_captures, 1);
    const auto content = other->content();
    ASSERT_EQ(content->classes.size(), 1U);
    EXPECT_EQ(content->classes[0].name, "my mug");
    EXPECT_EQ(content->classes[0].threshold, 0.25);
    EXPECT_EQ(content->classes[0].captures.size(), 2U);
}

TEST_F(LibraryExchange, TheSameClassIsKeptTwice) {
    const std::string mug = library->teach("mug", captures({"a"}));
    library->exportTo(exported);
    other->importFrom(exported, KnownClass::kMerge);
    library->addCaptures(mug, captures({"b"}));
    library->exportTo(exported);
    other->importFrom(exported, KnownClass::kKeepBoth);
    const auto content = other->content();
    ASSERT_EQ(content->classes.size(), 2U);
    EXPECT_EQ(content->classes[1].name, "mug (2)");
    EXPECT_NE(content->classes[1].id, mug);
    ASSERT_EQ(content->classes[1].captures.size(), 1U) << "what is known stays where it is";
    EXPECT_EQ(content->classes[1].captures[0].source, "b");
}

TEST_F(LibraryExchange, AnotherClassOfTheSameName) {
    library->teach("mug", captures({"a"}));
    other->teach("Mug", captures({"b"}));
    other->addClass("mug (2)");
    library->exportTo(exported);
    other->importFrom(exported, KnownClass::kKeepBoth);
    EXPECT_EQ(other->content()->classes.back().name, "mug (3)");
    other->undo();
    other->importFrom(exported, KnownClass::kMerge);
    EXPECT_EQ(other->content()->classes.at(0).captures.size(), 2U);
    EXPECT_EQ(other->content()->classes.size(), 2U);
}

TEST_F(LibraryExchange, WhatWasDeletedComesBack) {
    const std::string mug = library->teach("mug", captures({"a", "b"}));
    library->exportTo(exported);
    const Model before = modelOf(*library);
    library->deleteClass(mug);
    library->importFrom(exported, KnownClass::kMerge);
    EXPECT_EQ(modelOf(*library), before);
    library->undo();
    library->undo();
    EXPECT_EQ(modelOf(*library), before);
}

TEST_F(LibraryExchange, AnExportIsWholeOrNotThere) {
    library->teach("mug", captures({"a"}));
    EXPECT_THROW(library->exportTo(folder.path() / "no folder" / "x"), Error);
    EXPECT_THROW(library->exportTo(library->file()), Error);
    library->backUp();
    EXPECT_THROW(library->exportTo(library->file().string() + ".backup"), Error);
    fs::create_directory(folder.path() / "a folder");
    EXPECT_THROW(library->exportTo(folder.path() / "a folder"), Error);
    library->exportTo(exported);
    for (const auto& entry : fs::directory_iterator(folder.path())) {
        EXPECT_EQ(entry.path().string().find(".part-"), std::string::npos) << entry.path();
    }
}

TEST_F(LibraryExchange, RefusesWhatIsNoFileOfOurs) {
    EXPECT_NE(refusal(folder.path() / "nowhere"), "taken");
    EXPECT_NE(refusal(folder.path()), "taken");
    EXPECT_NE(refusal("/dev/zero"), "taken");
    EXPECT_NE(refusal(folder.write("empty", "")), "taken");
    EXPECT_NE(refusal(folder.write("short", "a")), "taken");
    EXPECT_NE(refusal(folder.write("text", std::string(100'000, 'x'))), "taken");
    const fs::path pipe = folder.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_NE(refusal(pipe), "taken");
    const fs::path huge = folder.write("huge", "SQLite format 3");
    ASSERT_EQ(::truncate(huge.c_str(), std::int64_t{5} << 30), 0);
    EXPECT_NE(refusal(huge).find("too large"), std::string::npos);
    const std::string control = refusal(folder.write("a\x1b[31m\nb", "x"));
    EXPECT_EQ(control.find('\x1b'), std::string::npos) << control;
    EXPECT_EQ(control.find('\n'), std::string::npos) << control;
}

TEST_F(LibraryExchange, AFileThatMayNotBeReadIsSaid) {
    other->exportTo(exported);
    fs::permissions(exported, fs::perms(0));
    fs::permissions(folder.path(), fs::perms(0777));
    const std::string said = inOtherProcess(true, [&] {
        const auto own = ClassLibrary::open(folder.path() / "own.db").library;
        own->importFrom(exported, KnownClass::kMerge);
        return std::string("imported");
    });
    EXPECT_NE(said.find("nothing was imported"), std::string::npos) << said;
}

// What an author with our own program at hand could write: checksums are right.
TEST_F(LibraryExchange, RefusesRowsOutsideTheLimits) {
    other->teach("mug", captures({"a"}));
    other->exportTo(exported);
    const std::string id = other->content()->classes[0].id;
    const std::string capture_id = other->content()->classes[0].captures[0].id;
    using Change = std::function<void(learn::Database&, learn::ClassRow&, learn::CaptureRow&)>;
    const auto insertPicture = [](learn::Database& database, std::size_t size) {
        const std::string picture_id = learn::newIdentifier();
        learn::putPicture(database, picture_id, std::vector<std::byte>(size));
        return picture_id;
    };
    const std::vector<Change> changes{
        [](auto&, auto& row, auto&) { row.name = "two\nlines"; },
        [](auto&, auto& row, auto&) { row.name = std::string(201, 'a'); },
        [](auto&, auto& row, auto&) { row.name = " mug"; },
        [](auto&, auto& row, auto&) { row.name = ""; },
        [](auto&, auto& row, auto&) { row.colour = 0x1000000; },
        [](auto&, auto& row, auto&) { row.threshold = 1.01; },
        [](auto&, auto& row, auto&) { row.threshold = -1.0 / 0.0; },
        [](auto&, auto&, auto& capture) { capture.class_id = learn::newIdentifier(); },
        [](auto&, auto&, auto& capture) { capture.class_id.reset(); },
        [](auto&, auto&, auto& capture) { capture.made_unix_s = -5; },
        [](auto&, auto&, auto& capture) { capture.source = "a\tb"; },
        [](auto&, auto&, auto& capture) { capture.source = std::string(501, 'c'); },
        [](auto&, auto&, auto& capture) { capture.box.width = 0; },
        [](auto&, auto&, auto& capture) { capture.box.x = 1.0 / 0.0; },
        [](auto&, auto&, auto& capture) { capture.box.height = 1e9; },
        [](auto&, auto&, auto& capture) { capture.id = "../../etc/passwd"; },
        [](auto&, auto&, auto& capture) { capture.id = learn::newIdentifier(); },
        [&](auto& database, auto&, auto& capture) { capture.id = insertPicture(database, 0); },
        [&](auto& database, auto&, auto& capture) {
            capture.id = insertPicture(database, learn::kLargestPictureBytes + 1);
        },
        [](auto& database, auto&, auto&) {
            database.run("UPDATE picture SET bytes = zeroblob(length(bytes))");
        },
    };
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const fs::path file = folder.path() / "changed.db";
        fs::copy_file(exported, file, fs::copy_options::overwrite_existing);
        {
            learn::Database database(file, learn::FileMode::kWrite, std::chrono::milliseconds(0));
            database.run("PRAGMA foreign_keys = OFF");
            database.run("PRAGMA ignore_check_constraints = ON");
            auto row = *learn::findClass(database, id);
            auto capture = *learn::findCapture(database, capture_id);
            changes[i](database, row, capture);
            database.run("DELETE FROM capture");
            learn::put(database, row);
            learn::put(database, capture);
        }
        EXPECT_NE(refusal(file), "taken") << "change " << i;
    }
}

TEST_F(LibraryExchange, RefusesMoreThanThereCanBe) {
    other->exportTo(exported);
    {
        learn::Database database(exported, learn::FileMode::kWrite, std::chrono::milliseconds(0));
        learn::Transaction transaction(database, learn::Transaction::Kind::kWrite);
        for (std::int64_t i = 1; i <= learn::kMostClasses + 1; ++i) {
            learn::put(database, learn::ClassRow{.id = learn::newIdentifier(),
                                                 .position = i,
                                                 .name = std::to_string(i),
                                                 .colour = 0,
                                                 .enabled = 1,
                                                 .threshold = {}});
        }
        transaction.commit();
    }
    EXPECT_NE(refusal(exported).find("more classes than there can be"), std::string::npos);
}

TEST_F(LibraryExchange, ALaterVersionIsSaid) {
    other->exportTo(exported);
    {
        learn::Database database(exported, learn::FileMode::kWrite, std::chrono::milliseconds(0));
        database.run("PRAGMA user_version = 2");
    }
    EXPECT_NE(refusal(exported).find("later version"), std::string::npos);
}

TEST_F(LibraryExchange, WhatLiesBesideAFileIsNotRead) {
    other->teach("mug", captures({"a"}));
    other->exportTo(exported);
    for (const char* end : {"-wal", "-journal", "-shm"}) {
        std::ofstream(exported.string() + end, std::ios::binary) << std::string(9000, '\xD9');
    }
    library->importFrom(exported, KnownClass::kMerge);
    EXPECT_EQ(library->content()->classes.size(), 1U);
}

TEST_F(LibraryExchange, HostileFilesLeaveNoTrace) {
    ImportTrial trial(folder.path());
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        ASSERT_EQ(trial.once(std::mt19937_64(seed)), "") << "seed " << seed;
    }
    EXPECT_GT(trial.refused, 80);
    EXPECT_GT(trial.taken, 20);
    std::cout << trial.refused << " refused, " << trial.taken << " taken\n";
}

}  // namespace
}  // namespace overfeat::test
