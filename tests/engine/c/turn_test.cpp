// SPDX-License-Identifier: Apache-2.0
#include "engine/c/turn.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/core/error.h"

namespace overfeat::c {
namespace {

std::string refusalOf(Turns& turns) {
    try {
        const Turns::Turn turn(turns, "The handle");
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kUsage);
        return error.what();
    }
    return {};
}

TEST(Turns, OneAfterTheOther) {
    Turns turns;
    {
        const Turns::Turn turn(turns, "The handle");
        EXPECT_NE(refusalOf(turns).find("another thread"), std::string::npos);
        EXPECT_FALSE(turn.stop().stop_requested()) << "the refused one leaves it alone";
    }
    EXPECT_EQ(refusalOf(turns), "");
}

TEST(Turns, CancelIsAboutTheOneThatRuns) {
    Turns turns;
    turns.cancel();
    const Turns::Turn turn(turns, "The handle");
    EXPECT_FALSE(turn.stop().stop_requested());
    turns.cancel();
    EXPECT_TRUE(turn.stop().stop_requested());
}

TEST(Turns, CloseStopsTheOneThatRunsAndThoseThatHaveNotBegun) {
    Turns turns;
    {
        const Turns::Turn turn(turns, "The handle");
        turns.close();
        EXPECT_TRUE(turn.stop().stop_requested());
    }
    // It was looked up before it was closed.
    EXPECT_EQ(refusalOf(turns),
              "The handle was given back before, or never was one; use one that is open.");
}

}  // namespace
}  // namespace overfeat::c
