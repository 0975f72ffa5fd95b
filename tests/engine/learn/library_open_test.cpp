// SPDX-License-Identifier: Apache-2.0
//
// What lies where a library should: nothing, something else, one that may not be written, one of a
// later version, one on a full disk.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <thread>

#include "engine/core/error.h"
#include "engine/learn/class_library.h"
#include "tests/engine/learn/library_model.h"
#include "tests/engine/learn/other_process.h"
#include "tests/support/capability.h"
#include "tests/support/file_bytes.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::test {
namespace {

namespace fs = std::filesystem;
using learn::ClassLibrary;

void runSql(const fs::path& file, const char* sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
    char* problem = nullptr;
    EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, &problem), SQLITE_OK) << problem;
    sqlite3_close(handle);
}

void teach(ClassLibrary& library, const std::string& name) {
    library.teach(name, std::vector{captureNamed("of " + name)});
}

std::string namesIn(ClassLibrary& library) {
    std::string names;
    for (const auto& one : library.content()->classes)
        names += one.name + " ";
    return names;
}

// "notice | names | what came of teaching"
std::string lookAndTeach(const fs::path& file) {
    const auto opened = ClassLibrary::open(file);
    const std::string names = namesIn(*opened.library);
    try {
        teach(*opened.library, "more");
    } catch (const Error& error) {
        return opened.notice + " | " + names + "| " + error.what();
    }
    return opened.notice + " | " + names + "| taught";
}

class LibraryOpen : public testing::Test {
protected:
    LibraryOpen() { fs::permissions(folder.path(), fs::perms(0755)); }
    ~LibraryOpen() override { fs::permissions(folder.path(), fs::perms(0755)); }

    std::string refusal(const fs::path& path, const learn::LibraryOptions& options = {}) {
        try {
            ClassLibrary::open(path, options);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::kInput);
            return error.what();
        }
        return "opened";
    }

    TemporaryFolder folder;
    fs::path file = folder.path() / "classes.db";
};

TEST_F(LibraryOpen, WhatIsSomethingElseIsLeftAsItIs) {
    const auto other = folder.path() / "places.sqlite";
    runSql(other, "CREATE TABLE place(name TEXT); INSERT INTO place VALUES('home')");
    const std::vector<fs::path> others{
        other, folder.write("photo.jpg", std::string(50'000, '\xD8')),
        folder.write("half.db", std::string("SQLite format 3\0 and then", 24)),
        folder.write("text.txt", "a")};
    for (const fs::path& path : others) {
        const std::string before = bytesOf(path);
        EXPECT_NE(refusal(path).find("is not a class library"), std::string::npos) << path;
        EXPECT_TRUE(bytesOf(path) == before) << path;
        EXPECT_FALSE(fs::exists(path.string() + "-wal")) << path;
    }
    EXPECT_NE(refusal(folder.path()).find("is not a class library"), std::string::npos);
    const fs::path pipe = folder.path() / "pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_NE(refusal(pipe).find("is not a class library"), std::string::npos);
}

TEST_F(LibraryOpen, WhatIsNotThereIsNotMadeForReading) {
    EXPECT_NE(refusal(file, {.read_only = true}).find("There is no class library"),
              std::string::npos);
    EXPECT_FALSE(fs::exists(file));
    const fs::path below = folder.write("a file", "x") / "classes.db";
    EXPECT_NE(refusal(below), "opened");
}

TEST_F(LibraryOpen, AnEmptyFileBecomesALibrary) {
    // As a program leaves it that was ended while it began one.
    folder.write("classes.db", "");
    EXPECT_EQ(lookAndTeach(file), " | | taught");
}

TEST_F(LibraryOpen, ForReadingOnly) {
    teach(*ClassLibrary::open(file).library, "mug");
    const auto writer = ClassLibrary::open(file).library;
    const auto opened = ClassLibrary::open(file, {.read_only = true});
    EXPECT_EQ(opened.notice, opened.library->readOnlyBecause());
    EXPECT_EQ(namesIn(*opened.library), "mug ");
    EXPECT_THROW(teach(*opened.library, "cup"), Error);
    EXPECT_THROW(opened.library->undo(), Error);
    EXPECT_THROW(opened.library->storeEmbeddings("space", {}), Error);
    EXPECT_FALSE(opened.library->changedElsewhere());
    teach(*writer, "cup");
    EXPECT_TRUE(opened.library->changedElsewhere());
    EXPECT_EQ(namesIn(*opened.library), "mug cup ");
}

TEST_F(LibraryOpen, InAFolderThatMayNotBeWritten) {
    teach(*ClassLibrary::open(file).library, "mug");
    fs::permissions(folder.path(), fs::perms(0555));
    const std::string seen = inOtherProcess(true, [&] { return lookAndTeach(file); });
    const std::string why = "may not be written, so it can be looked at but not changed.";
    EXPECT_NE(seen.find(why + " | mug | The "), std::string::npos) << seen;
    EXPECT_TRUE(seen.ends_with(why)) << seen;
}

TEST_F(LibraryOpen, AFileThatMayNotBeWritten) {
    teach(*ClassLibrary::open(file).library, "mug");
    fs::permissions(file, fs::perms(0444));
    fs::permissions(folder.path(), fs::perms(0777));
    const std::string seen = inOtherProcess(true, [&] { return lookAndTeach(file); });
    EXPECT_NE(seen.find("may not be written, so it can be looked at but not changed. | mug | "),
              std::string::npos)
        << seen;
}

TEST_F(LibraryOpen, SeesWhatAnotherWritesWhereItMayNotWrite) {
    const auto writer = ClassLibrary::open(file).library;
    teach(*writer, "mug");  // in the log, not yet in the file
    fs::permissions(folder.path(), fs::perms(0555));
    EXPECT_EQ(inOtherProcess(true, [&] { return namesIn(*ClassLibrary::open(file).library); }),
              "mug ");
}

// Nobody's log can be made beside it, so it is read without locks, and opened anew when it changes.
TEST_F(LibraryOpen, SeesWhatWasWrittenSinceWhereItMayNotWrite) {
    teach(*ClassLibrary::open(file).library, "mug");
    std::array<int, 2> go{};
    std::array<int, 2> gone{};
    ASSERT_EQ(::pipe(go.data()), 0);
    ASSERT_EQ(::pipe(gone.data()), 0);
    char token = 'x';
    std::jthread writer([&] {
        char asked = 0;
        if (::read(go[0], &asked, 1) != 1) return;
        teach(*ClassLibrary::open(file).library, "cup");
        EXPECT_EQ(::write(gone[1], &asked, 1), 1);
    });
    const std::string seen = inOtherProcess(true, [&]() -> std::string {
        const auto library = ClassLibrary::open(file).library;
        std::string names = namesIn(*library);
        names += library->changedElsewhere() ? "changed " : "as before ";
        if (::write(go[1], &token, 1) != 1 || ::read(gone[0], &token, 1) != 1) return "no pipe";
        names += library->changedElsewhere() ? "changed " : "as before ";
        names += namesIn(*library);
        return names + (library->changedElsewhere() ? "changed" : "as before");
    });
    EXPECT_EQ(seen, "mug as before changed mug cup as before");
    for (const int end : {go[0], go[1], gone[0], gone[1]})
        ::close(end);
}

TEST_F(LibraryOpen, WhereItMayNotEvenLook) {
    teach(*ClassLibrary::open(file).library, "mug");
    fs::permissions(folder.path(), fs::perms(0700));
    const std::string seen = inOtherProcess(true, [&] { return lookAndTeach(file); });
    EXPECT_TRUE(seen.ends_with("check its permissions.")) << seen;
}

TEST_F(LibraryOpen, ALinkLeadsToTheLibrary) {
    teach(*ClassLibrary::open(file).library, "mug");
    fs::create_directory(folder.path() / "links");
    const fs::path link = folder.path() / "links" / "my classes";
    fs::create_symlink(file, link);
    {
        const auto opened = ClassLibrary::open(link);
        EXPECT_EQ(opened.library->file(), file);
        teach(*opened.library, "cup");
        opened.library->backUp();
    }
    EXPECT_TRUE(fs::exists(file.string() + ".backup"));
    EXPECT_EQ(namesIn(*ClassLibrary::open(file).library), "mug cup ");
}

TEST_F(LibraryOpen, ALogThatCannotBeReadIsSaid) {
    const auto writer = ClassLibrary::open(file).library;
    teach(*writer, "mug");
    const fs::path copy = folder.path() / "copy";
    fs::create_directory(copy);
    // As after a power cut, on a disk that is then only read.
    for (const char* end : {"", "-wal"}) {
        fs::copy_file(file.string() + end, copy / ("classes.db" + std::string(end)));
    }
    fs::permissions(copy, fs::perms(0555));
    const fs::path moved = copy / "classes.db";
    EXPECT_NE(inOtherProcess(true, [&] { return lookAndTeach(moved); }).find("copy it with"),
              std::string::npos);
    fs::permissions(copy, fs::perms(0755));
    EXPECT_EQ(lookAndTeach(moved), " | mug | taught") << "nothing was lost";
}

TEST_F(LibraryOpen, OfALaterVersionIsReadAndNotTouched) {
    teach(*ClassLibrary::open(file).library, "mug");
    runSql(file, "CREATE TABLE later(x); PRAGMA user_version = 2; PRAGMA wal_checkpoint");
    const std::string before = bytesOf(file);
    const std::string seen = lookAndTeach(file);
    EXPECT_NE(seen.find("written by a later version of this program"), std::string::npos) << seen;
    EXPECT_NE(seen.find(" | mug | The class library"), std::string::npos) << seen;
    EXPECT_TRUE(bytesOf(file) == before);
    // A later version whose tables are not these any more.
    runSql(file, "DROP TABLE embedding; CREATE VIEW embedding AS SELECT 1");
    EXPECT_NE(seen, lookAndTeach(file));
}

TEST_F(LibraryOpen, AFileThatWentAwayIsNotWrittenTo) {
    const auto opened = ClassLibrary::open(file);
    teach(*opened.library, "mug");
    fs::rename(file, folder.path() / "elsewhere.db");
    EXPECT_THROW(teach(*opened.library, "cup"), Error);
    teach(*ClassLibrary::open(file).library, "plate");
    EXPECT_THROW(teach(*opened.library, "cup"), Error);
    EXPECT_EQ(namesIn(*ClassLibrary::open(file).library), "plate ");
}

// Teaches until there is no room; what was confirmed before is all there is then.
std::string fillUp(const fs::path& file) {
    const auto library = ClassLibrary::open(file).library;
    std::string before = modelOf(*library).text();
    for (int i = 0; i < 10'000; ++i) {
        try {
            learn::NewCapture capture = captureNamed("n" + std::to_string(i));
            library->teach("number " + std::to_string(i), std::vector{capture});
        } catch (const Error& error) {
            const bool same = modelOf(*library).text() == before;
            const std::string again = modelOf(*ClassLibrary::open(file).library).text();
            return std::to_string(i > 3) + std::to_string(same) + std::to_string(again == before) +
                   std::to_string(error.code() == ErrorCode::kRuntime) + " " + error.what();
        }
        before = modelOf(*library).text();
    }
    return "never full";
}

TEST_F(LibraryOpen, AFileThatMayNotGrow) {
    teach(*ClassLibrary::open(file).library, "mug");
    const std::string said = inOtherProcess(false, [&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{.rlim_cur = 400'000, .rlim_max = 400'000};
        if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return std::string("no limit");
        return fillUp(file);
    });
    EXPECT_TRUE(said.starts_with("1111 The")) << said;
    EXPECT_NE(said.find("so nothing was changed"), std::string::npos) << said;
    const auto library = ClassLibrary::open(file).library;
    EXPECT_NE(library->content()->findNamed("number 3"), nullptr);
    teach(*library, "room again");
}

TEST_F(LibraryOpen, AFullDisk) {
    const fs::path disk = folder.path() / "disk";
    fs::create_directory(disk);
    const bool mounted = ::mount("none", disk.c_str(), "tmpfs", 0, "size=600k") == 0;
    if (missing("tmpfs", mounted)) return;
    const std::string said = inOtherProcess(false, [&] { return fillUp(disk / "classes.db"); });
    EXPECT_TRUE(said.starts_with("1111 There is no room on the disk")) << said;
    const Model model = modelOf(*ClassLibrary::open(disk / "classes.db").library);
    EXPECT_TRUE(model.classes.contains("number 3"));
    // Nor can a new one be made, a backup, or an export.
    std::ofstream(disk / "filler") << std::string(1'000'000, 'x');
    EXPECT_NE(inOtherProcess(false, [&] { return lookAndTeach(disk / "new.db"); })
                  .find("There is no room on the disk"),
              std::string::npos);
    EXPECT_NE(inOtherProcess(
                  false,
                  [&] {
                      ClassLibrary::open(disk / "classes.db").library->exportTo(disk / "export.db");
                      return std::string("exported");
                  })
                  .find("There is no room on the disk"),
              std::string::npos);
    EXPECT_FALSE(fs::exists(disk / "export.db"));
    EXPECT_EQ(modelOf(*ClassLibrary::open(disk / "classes.db").library), model);
    EXPECT_EQ(::umount(disk.c_str()), 0);
}

}  // namespace
}  // namespace overfeat::test
