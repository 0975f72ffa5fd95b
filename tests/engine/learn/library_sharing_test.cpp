// SPDX-License-Identifier: Apache-2.0
//
// Two programs, one library.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <barrier>
#include <thread>

#include "engine/core/error.h"
#include "engine/learn/class_library.h"
#include "tests/engine/learn/library_model.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::test {
namespace {

using learn::ClassLibrary;

class LibrarySharing : public testing::Test {
protected:
    TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "classes.db";
};

TEST_F(LibrarySharing, BothSeeEachOthersClasses) {
    const auto one = ClassLibrary::open(file).library;
    const auto two = ClassLibrary::open(file).library;
    one->content();
    two->content();
    EXPECT_FALSE(two->changedElsewhere());
    const std::string mug = one->teach("mug", std::vector{captureNamed("a")});
    EXPECT_FALSE(one->changedElsewhere()) << "its own changes are none";
    EXPECT_TRUE(two->changedElsewhere());
    EXPECT_EQ(two->content()->classes.at(0).name, "mug");
    EXPECT_FALSE(two->changedElsewhere());
    EXPECT_EQ(two->teach("Mug", std::vector{captureNamed("b")}), mug);
    EXPECT_EQ(one->content()->classes.at(0).captures.size(), 2U);
    EXPECT_EQ(modelOf(*one), modelOf(*two));
    one->deleteClass(mug);
    EXPECT_THROW(two->rename(mug, "cup"), Error);
}

TEST_F(LibrarySharing, EmbeddingsOfAnotherChangeNoContent) {
    const auto one = ClassLibrary::open(file).library;
    one->teach("mug", std::vector{captureNamed("a")});
    const auto content = one->content();
    const auto two = ClassLibrary::open(file).library;
    two->storeEmbeddings("space", std::vector<learn::StoredEmbedding>{
                                      {.capture_id = content->classes[0].captures[0].id,
                                       .prototypes = {.rows = 1, .columns = 1, .values = {1}},
                                       .negatives = {}}});
    EXPECT_EQ(one->content(), content);
}

TEST_F(LibrarySharing, ALockThatDoesNotGoAwayIsSaid) {
    const auto library =
        ClassLibrary::open(file, {.patience = std::chrono::milliseconds(20)}).library;
    library->addClass("mug");
    const auto before = modelOf(*library);
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &other), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
    try {
        library->addClass("cup");
        ADD_FAILURE() << "nobody writes twice at once";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kRuntime);
        EXPECT_NE(std::string(error.what()).find("Another program holds on to"), std::string::npos);
    }
    EXPECT_EQ(modelOf(*library), before) << "reading goes on";
    sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
    sqlite3_close(other);
    library->addClass("cup");
    EXPECT_EQ(modelOf(*library).classes.size(), 2U);
}

TEST_F(LibrarySharing, ANewFileIsALibraryToAllWhoOpenItAtOnce) {
    constexpr int kPrograms = 4;
    constexpr int kFiles = 60;
    std::barrier start(kPrograms);
    std::vector<std::string> problems(kPrograms);
    {
        std::vector<std::jthread> programs;
        for (int p = 0; p < kPrograms; ++p) {
            programs.emplace_back([&, p] {
                for (int i = 0; i < kFiles; ++i) {
                    start.arrive_and_wait();
                    try {
                        ClassLibrary::open(folder.path() / (std::to_string(i) + ".db"),
                                           {.patience = std::chrono::minutes(1)});
                    } catch (const std::exception& error) {
                        problems[static_cast<std::size_t>(p)] = error.what();
                    }
                }
            });
        }
    }
    for (const std::string& problem : problems)
        EXPECT_EQ(problem, "");
}

TEST_F(LibrarySharing, ManyBeginAndWriteAtOnce) {
    constexpr int kPrograms = 4;
    constexpr int kClasses = 15;
    std::barrier start(kPrograms);
    std::vector<std::string> problems(kPrograms);
    {
        std::vector<std::jthread> programs;
        for (int p = 0; p < kPrograms; ++p) {
            programs.emplace_back([&, p] {
                start.arrive_and_wait();
                try {
                    const auto library =
                        ClassLibrary::open(file, {.patience = std::chrono::minutes(1)}).library;
                    for (int i = 0; i < kClasses; ++i) {
                        const std::string name = std::to_string(p) + "/" + std::to_string(i);
                        library->teach(name, std::vector{captureNamed(name)});
                        library->content();
                    }
                } catch (const std::exception& error) {
                    problems[static_cast<std::size_t>(p)] = error.what();
                }
            });
        }
    }
    for (const std::string& problem : problems)
        EXPECT_EQ(problem, "");
    const auto library = ClassLibrary::open(file).library;
    EXPECT_EQ(library->content()->classes.size(), std::size_t{kPrograms * kClasses});
    EXPECT_EQ(modelOf(*library).text().find("WRONG"), std::string::npos);
    std::size_t undone = 0;
    while (library->undo())
        ++undone;
    EXPECT_EQ(undone, std::size_t{kPrograms * kClasses});
}

}  // namespace
}  // namespace overfeat::test
