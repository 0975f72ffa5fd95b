// SPDX-License-Identifier: Apache-2.0
//
// Damaged files, and the copy that helps then.
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <fstream>
#include <random>

#include "engine/core/error.h"
#include "engine/learn/class_library.h"
#include "engine/learn/schema.h"
#include "tests/engine/learn/library_model.h"
#include "tests/engine/learn/other_process.h"
#include "tests/support/file_bytes.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::test {
namespace {

namespace fs = std::filesystem;
using learn::ClassLibrary;

void teach(ClassLibrary& library, const std::string& name) {
    library.teach(name, std::vector{captureNamed("of " + name)});
}

void age(const fs::path& file, std::chrono::minutes by) {
    fs::last_write_time(file, fs::last_write_time(file) - by);
}

std::vector<fs::path> filesStarting(const fs::path& start) {
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator(start.parent_path())) {
        if (entry.path().string().starts_with(start.string())) all.push_back(entry.path());
    }
    return all;
}

class LibraryDamage : public testing::Test {
protected:
    void breakFile() const { std::ofstream(file, std::ios::binary) << "SQLite is no more"; }

    TemporaryFolder folder;
    fs::path file = folder.path() / "classes.db";
    fs::path backup = folder.path() / "classes.db.backup";
};

TEST_F(LibraryDamage, ASessionThatChangedSomethingLeavesABackup) {
    Model model;
    {
        const auto library = ClassLibrary::open(file).library;
        EXPECT_FALSE(fs::exists(backup));
        teach(*library, "mug");
        model = modelOf(*library);
    }
    const auto copy = ClassLibrary::open(backup, {.read_only = true});
    EXPECT_EQ(modelOf(*copy.library), model);
    EXPECT_EQ(filesStarting(folder.path() / "classes.db.backup").size(), 1U) << "one plain file";
}

TEST_F(LibraryDamage, TheBackupIsRenewedEveryTenMinutesAtMost) {
    teach(*ClassLibrary::open(file).library, "mug");
    const std::string first = bytesOf(backup);
    teach(*ClassLibrary::open(file).library, "cup");
    EXPECT_TRUE(bytesOf(backup) == first);
    age(backup, std::chrono::minutes(11));
    // A session that was ended before it could make one is made up for by the next.
    {
        const auto library = ClassLibrary::open(file).library;
        EXPECT_TRUE(bytesOf(backup) != first);
        EXPECT_EQ(modelOf(*ClassLibrary::open(backup, {.read_only = true}).library),
                  modelOf(*library));
    }
    // Nothing changed since: nothing to do.
    const std::string second = bytesOf(backup);
    age(backup, std::chrono::minutes(11));
    age(file, std::chrono::hours(1));
    const auto before = fs::last_write_time(backup);
    ClassLibrary::open(file);
    EXPECT_EQ(fs::last_write_time(backup), before);
    EXPECT_TRUE(bytesOf(backup) == second);
}

TEST_F(LibraryDamage, ADamagedLibraryIsSetAsideAndItsBackupOffered) {
    std::shared_ptr<const learn::LibraryContent> content;
    {
        const auto library = ClassLibrary::open(file).library;
        teach(*library, "mug");
        teach(*library, "cup");
        content = library->content();
    }
    breakFile();
    const std::string broken = bytesOf(file);
    const auto opened = ClassLibrary::open(file);
    EXPECT_TRUE(bytesOf(opened.set_aside) == broken);
    EXPECT_TRUE(opened.set_aside.string().starts_with(file.string() + ".damaged-"));
    EXPECT_EQ(opened.backup, backup);
    EXPECT_TRUE(opened.backup_made_unix_s);
    EXPECT_NE(opened.notice.find("was damaged; it is kept as "), std::string::npos);
    EXPECT_NE(opened.notice.find("can be restored."), std::string::npos);
    EXPECT_TRUE(opened.library->content()->classes.empty());
    opened.library->restoreBackup();
    EXPECT_EQ(*opened.library->content(), *content) << "the history too";
    EXPECT_EQ(opened.library->undo(), "teach cup");
    EXPECT_THROW(opened.library->restoreBackup(), Error) << "it has been used";
    teach(*opened.library, "plate");
}

TEST_F(LibraryDamage, AnOfferedBackupIsNeverReplaced) {
    teach(*ClassLibrary::open(file).library, "mug");
    const std::string first = bytesOf(backup);
    fs::remove(file);
    age(backup, std::chrono::minutes(30));
    {
        const auto opened = ClassLibrary::open(file);
        EXPECT_EQ(opened.backup, backup);
        EXPECT_NE(opened.notice.find("can be restored."), std::string::npos);
        teach(*opened.library, "something else");
    }
    EXPECT_TRUE(bytesOf(backup) != first);
    const auto kept = filesStarting(backup.string() + "-");
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_TRUE(bytesOf(kept[0]) == first);
    const auto library = ClassLibrary::open(file).library;
    EXPECT_THROW(library->restoreBackup(), Error);
    library->importFrom(kept[0], learn::KnownClass::kMerge);
    EXPECT_EQ(modelOf(*library).classes.size(), 2U);
}

TEST_F(LibraryDamage, ABrokenBackupIsNotRestored) {
    teach(*ClassLibrary::open(file).library, "mug");
    breakFile();
    std::ofstream(backup, std::ios::binary) << "neither";
    const auto opened = ClassLibrary::open(file);
    EXPECT_EQ(opened.backup, backup);
    EXPECT_THROW(opened.library->restoreBackup(), Error);
    teach(*opened.library, "cup");
}

TEST_F(LibraryDamage, TheLogGoesAlong) {
    const auto writer = ClassLibrary::open(file).library;
    teach(*writer, "mug");
    const fs::path copy = folder.path() / "copy.db";
    std::ofstream(copy, std::ios::binary) << "damaged from the first byte on";
    fs::copy_file(file.string() + "-wal", copy.string() + "-wal");
    const std::string log = bytesOf(copy.string() + "-wal");
    const auto opened = ClassLibrary::open(copy);
    ASSERT_FALSE(opened.set_aside.empty());
    EXPECT_TRUE(bytesOf(opened.set_aside.string() + "-wal") == log);
}

void putNumber(std::string& bytes, std::size_t at, std::size_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes[at++] = static_cast<char>((value >> shift) & 0xFF);
    }
}

// A tree that goes down and down, once as a table and once as an index: SQLite's own check follows
// it until the stack ends.
TEST_F(LibraryDamage, ATreeWithoutEndIsNotFollowed) {
    constexpr std::size_t kPage = 512;
    constexpr std::size_t kDepth = 30'000;
    for (const auto& [name, kind] :
         {std::pair{"picture", '\5'}, std::pair{"sqlite_autoindex_embedding_1", '\2'}}) {
        fs::remove(file);
        std::size_t root = 0;
        {
            learn::Database database(file, learn::FileMode::kCreate, std::chrono::milliseconds(0));
            database.run("PRAGMA page_size = 512");
            learn::createSchema(database);
            root = static_cast<std::size_t>(database.number(
                "SELECT rootpage FROM sqlite_schema WHERE name = '" + std::string(name) + "'"));
        }
        std::string bytes = bytesOf(file);
        const std::string leaf = bytes.substr((root - 1) * kPage, kPage);
        const std::size_t first = bytes.size() / kPage + 1;
        const auto inner = [kind = kind](std::size_t child) {
            std::string page(kPage, '\0');
            page[0] = kind;
            page[5] = static_cast<char>(kPage >> 8);
            putNumber(page, 8, child);
            return page;
        };
        bytes.replace((root - 1) * kPage, kPage, inner(first));
        for (std::size_t i = 0; i < kDepth; ++i)
            bytes += inner(first + i + 1);
        bytes += leaf;
        putNumber(bytes, 28, bytes.size() / kPage);
        bytes.replace(92, 4, bytes.substr(24, 4));
        std::ofstream(file, std::ios::binary) << bytes;
        const std::string said = inOtherProcess(false, [&] {
            const rlimit small{.rlim_cur = 1 << 20, .rlim_max = RLIM_INFINITY};
            ::setrlimit(RLIMIT_STACK, &small);
            ClassLibrary::open(file, {.read_only = true});
            return std::string("opened");
        });
        EXPECT_NE(said.find("damaged"), std::string::npos) << said;
    }
}

// What a library with some history looks like, and after each step back.
struct Known {
    std::vector<Model> back;  // [0] = now
    std::vector<learn::StoredEmbedding> embeddings;
    std::string what;
};

Known makeLibrary(const fs::path& file) {
    Known known;
    const auto library = ClassLibrary::open(file).library;
    RandomActions actions(*library, 5);
    known.back.push_back(modelOf(*library));
    for (int i = 0; i < 40; ++i) {
        const auto step = actions.plan();
        step.perform();
        actions.accept(step);
    }
    for (const auto& one : library->content()->classes) {
        for (const auto& capture : one.captures) {
            known.embeddings.push_back(
                {.capture_id = capture.id,
                 .prototypes = {.rows = 20, .columns = 64, .values = std::vector<float>(1280, 2)},
                 .negatives = {.rows = 1, .columns = 2, .values = {1, 3}}});
        }
    }
    library->storeEmbeddings("space", known.embeddings);
    known.back = {modelOf(*library)};
    known.what = library->content()->undo->what;
    while (library->undo())
        known.back.push_back(modelOf(*library));
    while (library->redo()) {
    }
    return known;
}

// A damaged library is set aside or refused; what one shows that is not is what was written, and
// what it cannot show any more is a sentence.
class DamagedBytes {
public:
    explicit DamagedBytes(const fs::path& original)
        : known_(makeLibrary(original)), whole_(bytesOf(original)) {}

    void tryOne(const fs::path& file, std::uint64_t seed);
    int refused = 0;
    int aside = 0;
    int shown = 0;

private:
    std::string damaged(std::uint64_t seed) const;
    void checkShown(ClassLibrary& library, std::uint64_t seed);

    Known known_;
    std::string whole_;
};

std::string DamagedBytes::damaged(std::uint64_t seed) const {
    std::mt19937_64 random(seed);
    std::string bytes = whole_;
    switch (random() % 6) {
        case 0:  // cut
            bytes.resize(random() % bytes.size());
            break;
        case 1: {  // a block of another kind
            const std::size_t at = random() % (bytes.size() - 512);
            for (std::size_t i = 0; i < 512; ++i)
                bytes[at + i] = '\0';
            break;
        }
        case 2:  // the header
            bytes[random() % 100] = static_cast<char>(random());
            break;
        default:
            for (std::uint64_t i = 0, many = 1 + random() % 64; i < many; ++i) {
                bytes[random() % bytes.size()] = static_cast<char>(random());
            }
    }
    return bytes;
}

void DamagedBytes::checkShown(ClassLibrary& library, std::uint64_t seed) {
    try {
        // Pictures that cannot be read throw; those that can are right, or show as WRONG.
        EXPECT_EQ(modelOf(library).text(), known_.back[0].text()) << seed;
        EXPECT_EQ(library.content()->undo->what, known_.what) << seed;
        for (const auto& embedding : library.embeddings("space")) {
            EXPECT_EQ(std::ranges::count(known_.embeddings, embedding), 1) << seed;
        }
        if (!library.readOnlyBecause().empty()) return;
        for (std::size_t i = 1; library.undo(); ++i) {
            ASSERT_LT(i, known_.back.size()) << seed;
            EXPECT_EQ(modelOf(library).text(), known_.back[i].text()) << seed;
        }
    } catch (const Error& error) {
        EXPECT_TRUE(std::string(error.what()).ends_with('.')) << error.what();
    }
}

void DamagedBytes::tryOne(const fs::path& file, std::uint64_t seed) {
    const std::string bytes = damaged(seed);
    std::ofstream(file, std::ios::binary) << bytes;
    try {
        // Most of them only looked at: to begin anew waits for the disk.
        const auto opened = ClassLibrary::open(file, {.read_only = seed % 5 != 0});
        if (!opened.set_aside.empty()) {
            ++aside;
            EXPECT_TRUE(bytesOf(opened.set_aside) == bytes) << seed;
            EXPECT_TRUE(opened.library->content()->classes.empty());
        } else if (!bytes.empty()) {
            ++shown;
            checkShown(*opened.library, seed);
        }
    } catch (const Error& error) {
        ++refused;
        EXPECT_TRUE(std::string(error.what()).ends_with('.')) << error.what();
        EXPECT_TRUE(bytesOf(file) == bytes) << seed << ": " << error.what();
    }
}

TEST_F(LibraryDamage, NoDamageIsTakenForWhatWasTaught) {
    DamagedBytes bytes(folder.path() / "original.db");
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        const fs::path own = folder.path() / std::to_string(seed);
        fs::create_directory(own);
        // Half of them have a backup that says whose they were.
        if (seed % 2 == 0) fs::copy_file(folder.path() / "original.db", own / "c.db.backup");
        bytes.tryOne(own / "c.db", seed);
        if (HasFatalFailure()) return;
        fs::remove_all(own);
    }
    EXPECT_GT(bytes.refused, 100);
    EXPECT_GT(bytes.aside, 20);
    EXPECT_GT(bytes.shown, 20);
    std::cout << bytes.aside << " set aside, " << bytes.refused << " refused, " << bytes.shown
              << " shown\n";
}

}  // namespace
}  // namespace overfeat::test
