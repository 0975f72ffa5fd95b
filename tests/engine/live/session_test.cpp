// SPDX-License-Identifier: Apache-2.0
#include "engine/live/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "tests/engine/live/session_fixture.h"
#include "tests/support/stopwatch.h"

namespace overfeat::test {
namespace {

using live::Update;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kStopLimit{250};

std::size_t alive(const std::vector<std::weak_ptr<const Frame>>& frames) {
    return static_cast<std::size_t>(
        std::ranges::count_if(frames, [](const auto& frame) { return !frame.expired(); }));
}

// A network that is done with a frame when that is released.
live::ProcessorFactory heldBack(Counter& started, const Counter& released) {
    return fake([&](const Frame& frame, std::stop_token stop) {
        started.add();
        released.waitFor(started.count(), stop);
        return echo(frame, stop);
    });
}

// A network of 2 s per frame, seen from a camera: while it is busy, four seconds' worth of frames
// go by without anyone waiting and without piling up.
TEST(Session, SlowNetworkNeitherHoldsUpTheCameraNorPilesUpFrames) {
    Counter started;
    Counter released;
    NudgedSession nudged;
    nudged.session.use(heldBack(started, released));
    nudged.session.submit(makeFrame(1));
    ASSERT_TRUE(started.waitFor(1));

    constexpr std::uint64_t kFrames = 120;
    std::vector<std::weak_ptr<const Frame>> frames;
    const auto begin = steady_clock::now();
    for (std::uint64_t id = 2; id < 2 + kFrames; ++id) {
        FramePtr frame = makeFrame(id);
        frames.emplace_back(frame);
        nudged.session.submit(std::move(frame));
        EXPECT_LE(alive(frames), 1U) << "of the frames the network has not started on";
    }
    EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(2));
    EXPECT_EQ(nudged.session.statistics().dropped, kFrames - 1);

    released.add();
    ASSERT_TRUE(started.waitFor(2));
    released.add();
    const auto updates =
        nudged.takeUntil([](const Update& u) { return u.frame && u.frame->id > 1; });
    ASSERT_FALSE(updates.empty());
    EXPECT_EQ(updates.back().frame->id, 1 + kFrames) << "the newest, not the next";
    EXPECT_EQ(updates.back().recognition->frame_id, 1 + kFrames);
    EXPECT_GE(updates.back().statistics.latency_ms, 0);
}

TEST(Session, BlockedTakerHasOnePendingNudgeAndTheNewestResult) {
    Counter processed;
    std::vector<std::weak_ptr<const Frame>> frames;
    NudgedSession nudged;
    nudged.session.use(fake([&](const Frame& frame, const std::stop_token& stop) {
        processed.add();
        return echo(frame, stop);
    }));
    // Five seconds of a camera, all of it processed, none of it taken.
    constexpr std::uint64_t kFrames = 150;
    for (std::uint64_t id = 1; id <= kFrames; ++id) {
        FramePtr frame = makeFrame(id);
        frames.emplace_back(frame);
        nudged.session.submit(std::move(frame));
        ASSERT_TRUE(processed.waitFor(id));
        EXPECT_LE(alive(frames), 3U) << "one offered, one in the network, one published";
    }
    nudged.session.stop();  // so that the last one is published or will never be
    EXPECT_EQ(nudged.nudges.count(), 1U);

    const auto updates = nudged.session.takeUpdates();
    ASSERT_EQ(updates.size(), 2U);
    EXPECT_TRUE(updates[0].model_ready);
    ASSERT_TRUE(updates[1].recognition);
    EXPECT_GE(updates[1].frame->id, kFrames - 1);
    EXPECT_TRUE(nudged.session.takeUpdates().empty());
}

TEST(Session, TakingAllowsTheNextNudge) {
    NudgedSession nudged;
    nudged.session.use(fake(echo));
    ASSERT_TRUE(nudged.nudges.waitFor(1));
    EXPECT_EQ(nudged.session.takeUpdates().size(), 1U);
    for (std::uint64_t id = 1; id <= 5; ++id) {
        nudged.session.submit(makeFrame(id));
        ASSERT_TRUE(nudged.nudges.waitFor(1 + id));
        const auto updates = nudged.session.takeUpdates();
        ASSERT_EQ(updates.size(), 1U);
        EXPECT_EQ(updates[0].frame->id, id);
    }
    EXPECT_EQ(nudged.nudges.count(), 6U);
    EXPECT_EQ(nudged.session.statistics().processed, 5U);
}

// The window asks for another look at the picture it shows while the camera has a later one.
TEST(Session, ALaterFrameOfTheSameSourceStays) {
    Counter started;
    Counter released;
    NudgedSession nudged;
    nudged.session.use(heldBack(started, released));
    EXPECT_TRUE(nudged.session.submit(makeFrame(7, 1)));
    ASSERT_TRUE(started.waitFor(1));
    EXPECT_FALSE(nudged.session.submit(makeFrame(6, 1))) << "7 has been taken, which is later";
    EXPECT_FALSE(nudged.session.submit(makeFrame(7, 1))) << "it is being looked at";
    EXPECT_TRUE(nudged.session.submit(makeFrame(8, 1)));
    EXPECT_FALSE(nudged.session.submit(makeFrame(7, 1))) << "8 waits";
    EXPECT_FALSE(nudged.session.submit(makeFrame(8, 1))) << "the same once more";
    nudged.session.set({.look = {.scale_count = 2}});
    EXPECT_TRUE(nudged.session.submit(makeFrame(8, 1))) << "but something else is wanted now";
    EXPECT_TRUE(nudged.session.submit(makeFrame(5, 2))) << "another source";
    released.add();
    released.add();
    const auto updates =
        nudged.takeUntil([](const Update& u) { return u.frame && u.frame->source == 2; });
    ASSERT_FALSE(updates.empty());
    EXPECT_EQ(updates.back().frame->id, 5U);
    EXPECT_EQ(updates.back().recognition->frame_id, 5U);
}

// Results of the old source on the first picture of the new one, and the reverse: neither can be,
// because frames of a source that is not wanted are not even looked at.
TEST(Session, OnlyFramesOfTheWantedSourceAreLookedAt) {
    Counter processed;
    NudgedSession nudged;
    nudged.session.set({.source = 1});
    EXPECT_FALSE(nudged.session.submit(makeFrame(1, 2))) << "it opens beside the running one";
    FramePtr of_old = makeFrame(2, 1);
    const std::weak_ptr<const Frame> waiting = of_old;
    EXPECT_TRUE(nudged.session.submit(std::move(of_old)));
    nudged.session.set({.source = 2});
    EXPECT_TRUE(waiting.expired()) << "what waited of the old source is let go of";
    EXPECT_FALSE(nudged.session.submit(makeFrame(3, 1)));
    nudged.session.use(fake([&](const Frame& frame, const std::stop_token& stop) {
        processed.add();
        return echo(frame, stop);
    }));
    EXPECT_TRUE(nudged.session.submit(makeFrame(1, 2))) << "once more, now that it runs";
    const auto updates = nudged.takeUntil([](const Update& u) { return u.frame != nullptr; });
    ASSERT_FALSE(updates.empty());
    EXPECT_EQ(updates.back().frame->source, 2U);
    EXPECT_EQ(processed.count(), 1U) << "what waited of the old source was not looked at";
}

TEST(Session, ResultsCarryTheRevisionTheyWereMadeUnder) {
    NudgedSession nudged;
    nudged.session.use(fake(echo));
    for (int scales = 1; scales <= 3; ++scales) {
        const auto revision = nudged.session.set({.look = {.scale_count = scales}});
        EXPECT_EQ(revision, static_cast<std::uint64_t>(scales));
        nudged.session.submit(makeFrame(7));
        const auto updates = nudged.takeUntil([](const Update& u) { return u.frame != nullptr; });
        ASSERT_FALSE(updates.empty());
        EXPECT_EQ(updates.back().revision, revision);
        EXPECT_EQ(scalesOf(updates.back()), scales);
    }
    EXPECT_THROW(nudged.session.set({.look = {.scale_count = 0}}), Error);
    EXPECT_EQ(nudged.session.set({}), 4U) << "a refused one counts for nothing";
}

// How long it took.
Stopwatch::duration stopWhileProcessing() {
    Counter started;
    const Counter never;
    std::atomic<bool> used_after_stop = false;
    std::atomic<bool> stopped = false;
    NudgedSession nudged;
    nudged.session.use(fake([&](const Frame& frame, std::stop_token stop) {
        if (stopped) used_after_stop = true;
        started.add();
        never.waitFor(1, stop);  // as slow as can be, but it listens
        return echo(frame, stop);
    }));
    nudged.session.submit(makeFrame(1));
    EXPECT_TRUE(started.waitFor(1));

    const auto time = timeOf([&] { nudged.session.stop(); });
    stopped = true;

    const auto nudges = nudged.nudges.count();
    nudged.session.submit(makeFrame(2));
    nudged.session.use(fake(echo));
    nudged.session.set({});
    nudged.session.stop();
    EXPECT_EQ(nudged.nudges.count(), nudges);
    EXPECT_FALSE(used_after_stop);
    for (const Update& update : nudged.session.takeUpdates())
        EXPECT_FALSE(update.recognition) << "a cancelled frame is no result";
    return time;
}

TEST(Session, StopIsBoundedAndNothingFiresAfterIt) {
    EXPECT_LT(shortestOfThree(kStopLimit, stopWhileProcessing), kStopLimit);
}

Stopwatch::duration stopWhileLoading() {
    Counter loading;
    const Counter never;
    NudgedSession nudged;
    nudged.session.use([&](std::stop_token stop) -> std::unique_ptr<live::Processor> {
        loading.add();
        never.waitFor(1, stop);
        throw Error(ErrorCode::kCancelled, "Loading was stopped.");
    });
    EXPECT_TRUE(loading.waitFor(1));
    const auto time = timeOf([&] { nudged.session.stop(); });
    EXPECT_TRUE(nudged.session.takeUpdates().empty());
    EXPECT_EQ(nudged.nudges.count(), 0U);
    return time;
}

TEST(Session, StopCancelsALoadingNetwork) {
    EXPECT_LT(shortestOfThree(kStopLimit, stopWhileLoading), kStopLimit);
}

TEST(Session, ExaminesOnePictureInSeveralWays) {
    NudgedSession nudged;
    nudged.session.use(fake(echo));
    const auto number = nudged.session.examine(makeFrame(7), {{}, {.fine_steps = 3}});
    const auto updates = nudged.takeUntil([&](const Update& u) { return u.command == number; });
    ASSERT_FALSE(updates.empty());
    const Update& answer = updates.back();
    EXPECT_FALSE(answer.failure);
    EXPECT_FALSE(answer.recognition) << "it is not a result of the video";
    ASSERT_EQ(answer.answers.size(), 2U);
    EXPECT_EQ(answer.answers[0]->frame_id, 7U);
    EXPECT_EQ(answer.answers[0]->scores.at(1), 0);
    EXPECT_EQ(answer.answers[1]->scores.at(1), 3) << "with the look of its own";
    EXPECT_EQ(answer.statistics.processed, 0U);
}

TEST(Session, CommandsWithoutANetworkAreAnsweredToo) {
    NudgedSession nudged;
    for (const bool profile : {false, true}) {
        const auto number = profile ? nudged.session.profile({640, 480})
                                    : nudged.session.examine(makeFrame(1), {{}});
        const auto updates = nudged.takeUntil([&](const Update& u) { return u.command == number; });
        ASSERT_FALSE(updates.empty());
        EXPECT_TRUE(updates.back().failure);
        EXPECT_TRUE(updates.back().answers.empty());
        EXPECT_TRUE(updates.back().layers.empty());
    }
}

// In the order in which they were given.
TEST(Session, LearnsFromEveryExampleItWasGiven) {
    NudgedSession nudged;
    const auto example = [](double width) {
        return Example{.image = Image({64, 64}), .box = {0, 0, width, 8}};
    };
    // None takes the place of another, though none has been started on.
    const std::uint64_t too_early = nudged.session.embed({example(5)});
    nudged.session.use(fake(echo));
    const std::uint64_t first = nudged.session.embed({example(11), example(12)});
    const std::uint64_t second = nudged.session.embed({example(13)}, ExampleDepth::kUpright);

    const auto updates = nudged.takeUntil([&](const Update& u) { return u.command == second; });
    ASSERT_EQ(updates.size(), 4U);
    EXPECT_EQ(updates[0].command, too_early);
    EXPECT_TRUE(updates[0].failure) << "there was no network yet";
    EXPECT_TRUE(updates[0].embeddings.empty());
    EXPECT_EQ(updates[2].command, first);
    ASSERT_EQ(updates[2].embeddings.size(), 2U);
    EXPECT_EQ(updates[2].embeddings[1].rows, std::vector<float>{12});
    ASSERT_EQ(updates[3].embeddings.size(), 1U);
    EXPECT_EQ(updates[3].embeddings[0].rows, (std::vector<float>{13, 1}));
}

TEST(Session, CommandsAreDoneOneAfterTheOther) {
    Counter loading;
    Counter loaded;
    NudgedSession nudged;
    nudged.session.use([&](const std::stop_token& stop) -> std::unique_ptr<live::Processor> {
        loading.add();
        loaded.waitFor(1, stop);
        return std::make_unique<FakeProcessor>(echo);
    });
    ASSERT_TRUE(loading.waitFor(1));
    nudged.session.set({.look = {.scale_count = 5}});
    nudged.session.profile({640, 480});
    const auto given_up = nudged.session.examine(makeFrame(1), {{}});
    const auto of_another = nudged.session.examine(makeFrame(5), {{}});
    const auto profile = nudged.session.profile({320, 240});
    const auto examine = nudged.session.examine(makeFrame(2), {{}}, given_up);
    loaded.add();
    const auto updates = nudged.takeUntil([&](const Update& u) { return u.command == examine; });
    ASSERT_EQ(updates.size(), 4U);
    EXPECT_TRUE(updates[0].model_ready);
    EXPECT_EQ(updates[1].command, of_another) << "whoever asked it waits for its answer";
    EXPECT_EQ(updates[1].answers.at(0)->frame_id, 5U);
    EXPECT_EQ(updates[2].command, profile);
    ASSERT_EQ(updates[2].layers.size(), 1U);
    EXPECT_EQ(updates[2].layers[0].node, "320");
    EXPECT_EQ(updates[2].layers[0].ms, 5) << "of the look that is wanted";
    EXPECT_EQ(updates[3].answers.at(0)->frame_id, 2U);
    EXPECT_EQ(updates[3].model, updates[0].command);
}

TEST(Session, ProcessorLivesAndDiesOnTheInferenceThread) {
    std::vector<std::thread::id> threads;
    struct Watched final : live::Processor {
        explicit Watched(std::vector<std::thread::id>& all) : seen(all) { note(); }
        ~Watched() override { note(); }
        Recognition process(const Frame& frame, const Look&, std::stop_token stop) override {
            note();
            return echo(frame, stop);
        }
        std::vector<backend::LayerTiming> profile(SizePx, const Look&) override {
            note();
            return {};
        }
        detect::RecogniserInfo info() const override {
            note();
            return {};
        }
        ExampleEmbedding embed(const Example&, ExampleDepth, std::stop_token) override {
            note();
            return {};
        }
        void note() const { seen.push_back(std::this_thread::get_id()); }
        std::vector<std::thread::id>& seen;
    };
    {
        NudgedSession nudged;
        nudged.session.use([&](std::stop_token) { return std::make_unique<Watched>(threads); });
        nudged.session.profile({4, 4});
        nudged.session.embed({Example{}});
        nudged.session.submit(makeFrame(1));
        ASSERT_FALSE(nudged.takeUntil([](const Update& u) { return u.frame != nullptr; }).empty());
    }
    EXPECT_GE(threads.size(), 6U);
    EXPECT_EQ(std::ranges::count(threads, threads.front()),
              static_cast<std::ptrdiff_t>(threads.size()));
    EXPECT_NE(threads.front(), std::this_thread::get_id());
}

TEST(Session, FailingFramesArePublishedAndTheNextOneGoesOn) {
    NudgedSession nudged;
    nudged.session.use(fake([](const Frame& frame, const std::stop_token& stop) -> Recognition {
        if (frame.id == 1) throw Error(ErrorCode::kModel, "The weights are damaged.");
        if (frame.id == 2) throw std::bad_alloc();
        if (frame.id == 3) throw std::runtime_error("odd");
        if (frame.id == 4) throw 4;
        return echo(frame, stop);
    }));
    const auto seen = [&](std::uint64_t id) {
        nudged.session.submit(makeFrame(id));
        auto all = nudged.takeUntil([&](const Update& u) { return u.frame && u.frame->id == id; });
        return all.empty() ? Update{} : all.back();
    };
    const Update damaged = seen(1);
    ASSERT_TRUE(damaged.failure);
    EXPECT_EQ(damaged.failure->code(), ErrorCode::kModel);
    EXPECT_STREQ(damaged.failure->what(), "The weights are damaged.");
    EXPECT_FALSE(damaged.recognition);
    EXPECT_EQ(damaged.model, 1U);
    for (std::uint64_t id = 2; id <= 4; ++id) {
        const Update update = seen(id);
        ASSERT_TRUE(update.failure) << id;
        EXPECT_EQ(update.failure->code(), ErrorCode::kRuntime);
    }
    const Update good = seen(5);
    EXPECT_FALSE(good.failure);
    ASSERT_TRUE(good.recognition);
    EXPECT_EQ(good.recognition->frame_id, 5U);
    EXPECT_EQ(nudged.session.statistics().processed, 1U);
}

TEST(Session, FrameOfferedBeforeTheNetworkIsSeenWhenItArrives) {
    NudgedSession nudged;
    nudged.session.submit(makeFrame(1));
    nudged.session.submit(makeFrame(2));
    nudged.session.use([](std::stop_token) -> std::unique_ptr<live::Processor> {
        throw Error(ErrorCode::kModel, "This is a web page.");
    });
    ASSERT_FALSE(nudged.takeUntil([](const Update& u) { return u.failure.has_value(); }).empty());
    nudged.session.use(fake(echo));
    const auto updates = nudged.takeUntil([](const Update& u) { return u.frame != nullptr; });
    ASSERT_FALSE(updates.empty());
    EXPECT_EQ(updates.back().frame->id, 2U);
}

TEST(Session, ManyThreadsMayUseItAtOnce) {
    std::atomic<std::uint64_t> results = 0;
    NudgedSession nudged;
    {
        std::vector<std::jthread> threads;
        for (std::uint64_t camera = 0; camera < 2; ++camera) {
            threads.emplace_back([&, camera] {
                for (std::uint64_t i = 1; i <= 300; ++i)
                    nudged.session.submit(makeFrame(camera * 1000 + i));
            });
        }
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i) {
                nudged.session.use(fake(echo));
                nudged.session.set({.look = {.scale_count = 1 + i % 4}});
            }
        });
        threads.emplace_back([&] {
            for (int i = 0; i < 300; ++i) {
                for (const Update& update : nudged.session.takeUpdates())
                    results += update.recognition != nullptr ? 1 : 0;
                EXPECT_LE(nudged.session.statistics().processed, 600U);
            }
        });
    }
    nudged.session.submit(makeFrame(9999));
    EXPECT_FALSE(
        nudged.takeUntil([](const Update& u) { return u.frame && u.frame->id == 9999; }).empty());
}

}  // namespace
}  // namespace overfeat::test
