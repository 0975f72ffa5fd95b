// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "engine/live/outbox.h"
#include "engine/live/session.h"
#include "tests/engine/live/session_fixture.h"

namespace overfeat::test {
namespace {

using live::Update;

std::unique_ptr<live::Processor> refuse(const std::stop_token& /*stop*/) {
    throw Error(ErrorCode::kModel, "The file is a web page, not a model; download it again.");
}

TEST(ModelSwap, ResultsCarryTheGenerationOfTheModelThatMadeThem) {
    NudgedSession nudged;
    for (std::uint64_t generation = 1; generation <= 3; ++generation) {
        EXPECT_EQ(nudged.session.use(fake(echo)), generation);
        nudged.session.submit(makeFrame(generation));
        const auto updates = nudged.takeUntil([&](const Update& u) { return u.frame != nullptr; });
        ASSERT_FALSE(updates.empty());
        EXPECT_EQ(updates.back().model, generation);
        const auto ready = std::ranges::find_if(updates, isModelMessage);
        ASSERT_NE(ready, updates.end()) << "the model is announced before its first result";
        EXPECT_TRUE(ready->model_ready);
        EXPECT_EQ(ready->model, generation);
        EXPECT_EQ(ready->model_ready->device.name, "fake");
    }
}

TEST(ModelSwap, FailureKeepsTheOldModel) {
    NudgedSession nudged;
    nudged.session.use(fake(echo));
    ASSERT_FALSE(
        nudged.takeUntil([](const Update& u) { return u.model_ready.has_value(); }).empty());
    EXPECT_EQ(nudged.session.use(refuse), 2U);
    auto updates = nudged.takeUntil([](const Update& u) { return u.failure.has_value(); });
    ASSERT_FALSE(updates.empty());
    EXPECT_EQ(updates.back().command, 2U);
    EXPECT_EQ(updates.back().model, 1U);
    EXPECT_EQ(updates.back().failure->code(), ErrorCode::kModel);
    EXPECT_FALSE(updates.back().model_ready);

    EXPECT_EQ(nudged.session.use([](std::stop_token) { return nullptr; }), 3U);
    updates = nudged.takeUntil([](const Update& u) { return u.failure.has_value(); });
    ASSERT_FALSE(updates.empty());
    EXPECT_EQ(updates.back().failure->code(), ErrorCode::kRuntime);
}

TEST(ModelSwap, AfterAFailureTheOldModelAnswers) {
    NudgedSession nudged;
    nudged.session.use(fake(echo));
    ASSERT_FALSE(
        nudged.takeUntil([](const Update& u) { return u.model_ready.has_value(); }).empty());
    nudged.session.use(refuse);
    ASSERT_FALSE(nudged.takeUntil([](const Update& u) { return u.failure.has_value(); }).empty());
    nudged.session.submit(makeFrame(7));
    const auto updates = nudged.takeUntil([](const Update& u) { return u.frame != nullptr; });
    ASSERT_FALSE(updates.empty());
    EXPECT_TRUE(updates.back().recognition);
    EXPECT_EQ(updates.back().model, 1U);
}

TEST(ModelSwap, ResultNobodyTookVanishesWithItsModel) {
    Counter processed;
    Counter started;
    const Counter never;
    NudgedSession nudged;
    nudged.session.use(fake([&](const Frame& frame, const std::stop_token& stop) {
        processed.add();
        return echo(frame, stop);
    }));
    for (std::uint64_t id = 1; id <= 2; ++id) {
        nudged.session.submit(makeFrame(id));
        ASSERT_TRUE(processed.waitFor(id));  // the second begins when the first is published
    }
    nudged.session.use(fake([&](const Frame& frame, std::stop_token stop) {
        started.add();
        never.waitFor(1, stop);
        return echo(frame, stop);
    }));
    nudged.session.submit(makeFrame(3));
    ASSERT_TRUE(started.waitFor(1));  // so the second model has been announced
    nudged.session.stop();
    const auto updates = nudged.session.takeUpdates();
    ASSERT_EQ(updates.size(), 2U);
    EXPECT_TRUE(std::ranges::all_of(updates, isModelMessage));
    EXPECT_EQ(updates.back().model, 2U);
}

TEST(ModelSwap, LaterOrderCancelsTheOneThatIsLoading) {
    Counter loading;
    const Counter never;
    NudgedSession nudged;
    nudged.session.use([&](std::stop_token stop) -> std::unique_ptr<live::Processor> {
        loading.add();
        never.waitFor(1, stop);  // only a stop request ends it in time
        throw Error(ErrorCode::kCancelled, "Loading was stopped.");
    });
    ASSERT_TRUE(loading.waitFor(1));
    EXPECT_EQ(nudged.session.use(fake(echo)), 2U);
    const auto updates =
        nudged.takeUntil([](const Update& u) { return u.model_ready.has_value(); });
    ASSERT_EQ(updates.size(), 1U) << "the cancelled one leaves no message";
    EXPECT_EQ(updates[0].model, 2U);
}

TEST(ModelSwap, WhatIsWantedHoldsForTheModelInUseAndEveryLaterOne) {
    NudgedSession nudged;
    nudged.session.set({.look = {.scale_count = 2}});
    for (std::uint64_t id = 1; id <= 2; ++id) {
        nudged.session.use(fake(echo));
        nudged.session.submit(makeFrame(id));
        const auto updates = nudged.takeUntil([](const Update& u) { return u.frame != nullptr; });
        ASSERT_FALSE(updates.empty());
        EXPECT_EQ(scalesOf(updates.back()), 2);
        EXPECT_EQ(updates.back().revision, 1U);
    }
}

TEST(ModelSwap, MessagesNobodyTakesAreBounded) {
    live::Outbox outbox;
    for (std::uint64_t generation = 1; generation <= 40; ++generation) {
        Update update;
        update.model = generation;
        EXPECT_EQ(outbox.putMessage(std::move(update)), generation == 1) << "one nudge only";
    }
    Update result;
    result.frame = makeFrame(1);
    EXPECT_FALSE(outbox.putResult(std::move(result)));
    const auto all = outbox.takeAll();
    ASSERT_EQ(all.size(), live::Outbox::kMaxMessages + 1);
    EXPECT_EQ(all.front().model, 40 - live::Outbox::kMaxMessages + 1);
    EXPECT_EQ(all[live::Outbox::kMaxMessages - 1].model, 40U);
    EXPECT_TRUE(all.back().frame);
}

}  // namespace
}  // namespace overfeat::test
