// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "engine/core/error.h"
#include "engine/learn/class_library.h"
#include "tests/engine/learn/library_model.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::test {
namespace {

using learn::ClassLibrary;

class LibraryHistory : public testing::Test {
protected:
    std::unique_ptr<ClassLibrary> open() const { return ClassLibrary::open(file).library; }

    TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "classes.db";
    std::unique_ptr<ClassLibrary> library = open();
};

TEST_F(LibraryHistory, SaysWhatItWouldUndo) {
    const std::vector one{captureNamed("a")};
    EXPECT_FALSE(library->content()->undo);
    EXPECT_EQ(library->undo(), std::nullopt);
    const std::string id = library->teach("mug", one);
    EXPECT_EQ(library->content()->undo->what, "teach mug");
    library->rename(id, "cup");
    EXPECT_EQ(library->content()->undo->what, "rename mug to cup");
    EXPECT_FALSE(library->content()->redo);
    EXPECT_EQ(library->undo(), "rename mug to cup");
    EXPECT_EQ(library->content()->redo->what, "rename mug to cup");
    EXPECT_EQ(library->content()->classes.at(0).name, "mug");
    EXPECT_EQ(library->redo(), "rename mug to cup");
    EXPECT_EQ(library->content()->classes.at(0).name, "cup");
    EXPECT_EQ(library->redo(), std::nullopt);
}

TEST_F(LibraryHistory, WhatChangesNothingIsNoAction) {
    const std::string id = library->addClass("mug");
    library->rename(id, "mug");
    library->setThreshold(id, std::nullopt);
    library->setEnabled(id, true);
    EXPECT_EQ(library->undo(), "add mug");
    EXPECT_EQ(library->undo(), std::nullopt);
}

TEST_F(LibraryHistory, ANewActionEndsWhatCouldBeRedone) {
    library->addClass("one");
    library->addClass("two");
    library->undo();
    library->addClass("three");
    EXPECT_FALSE(library->content()->redo);
    EXPECT_EQ(library->undo(), "add three");
    EXPECT_EQ(library->undo(), "add one");
}

// Whatever was done: all of it undone is the beginning, all of it redone is the end, also after
// each half was looked at by a program of its own.
TEST_F(LibraryHistory, UndoAndRedoAreExact) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        library = ClassLibrary::open(folder.path() / (std::to_string(seed) + ".db")).library;
        const std::filesystem::path path = library->file();
        const Model beginning = modelOf(*library);
        RandomActions actions(*library, seed);
        for (int i = 0; i < 50; ++i) {
            const auto step = actions.plan();
            step.perform();
            ASSERT_EQ(modelOf(*library).text(), step.after.text())
                << step.what << " at " << i << " of seed " << seed;
            actions.accept(step);
        }
        const auto end = library->content();
        library.reset();
        library = ClassLibrary::open(path).library;
        ASSERT_EQ(*library->content(), *end) << "reopened, seed " << seed;
        std::size_t undone = 0;
        while (library->undo())
            ++undone;
        EXPECT_EQ(undone, actions.undoable());
        EXPECT_EQ(modelOf(*library).text(), beginning.text());
        library.reset();
        library = ClassLibrary::open(path).library;
        for (std::size_t i = 0; i < undone; ++i)
            ASSERT_TRUE(library->redo());
        const auto again = library->content();
        EXPECT_EQ(again->classes, end->classes) << "ids and orders too, seed " << seed;
        EXPECT_EQ(again->negatives, end->negatives);
        EXPECT_EQ(modelOf(*library).text(), actions.now().text());
    }
}

TEST_F(LibraryHistory, IsBoundedAndThenForgetsThePictures) {
    const std::vector one{captureNamed("secret")};
    const std::string id = library->teach("mug", one);
    const std::string capture = library->content()->classes.at(0).captures.at(0).id;
    library->deleteCaptures({&capture, 1});
    EXPECT_EQ(library->picture(capture), one[0].picture) << "it can still come back";
    for (std::int64_t i = 0; i < learn::kMostActions; ++i) {
        library->setColour(id, static_cast<int>(i));
    }
    EXPECT_THROW(library->picture(capture), Error);
    std::int64_t undone = 0;
    while (library->undo())
        ++undone;
    EXPECT_EQ(undone, learn::kMostActions);
    EXPECT_EQ(library->content()->classes.at(0).colour, learn::TaughtClass::kAutomaticColour);
}

TEST_F(LibraryHistory, ForgetsThePicturesOfWhatCanNoLongerBeRedone) {
    const std::vector one{captureNamed("a")};
    library->teach("mug", one);
    const std::string capture = library->content()->classes.at(0).captures.at(0).id;
    library->undo();
    EXPECT_EQ(library->picture(capture), one[0].picture);
    library->addClass("cup");
    EXPECT_THROW(library->picture(capture), Error);
}

TEST_F(LibraryHistory, OtherProgramsStepsAreNotUndoneUnseen) {
    const std::string id = library->addClass("mug");
    const auto other = open();
    other->rename(id, "cup");
    EXPECT_TRUE(library->changedElsewhere());
    EXPECT_THROW(library->undo(), Error);
    EXPECT_EQ(library->content()->undo->what, "rename mug to cup");
    EXPECT_EQ(library->undo(), "rename mug to cup");
    EXPECT_TRUE(other->changedElsewhere());
    EXPECT_EQ(other->content()->classes.at(0).name, "mug");
}

}  // namespace
}  // namespace overfeat::test
