// SPDX-License-Identifier: Apache-2.0
#include "engine/live/scene.h"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "engine/core/error.h"

namespace overfeat::live {
namespace {

constexpr std::uint64_t kSource = 3;
constexpr std::uint64_t kModel = 9;

FramePtr frameOf(std::uint64_t id, std::uint64_t source = kSource, bool still = false) {
    auto frame = std::make_shared<Frame>();
    frame->id = id;
    frame->source = source;
    frame->image = Image({40, 30});
    frame->still = still;
    return frame;
}

// One scale of eight windows that all point at the same place; one object of all of them.
std::shared_ptr<const Recognition> recognitionOf(const Frame& frame) {
    auto seen = std::make_shared<Recognition>();
    seen->frame_id = frame.id;
    seen->frame_size = frame.image.size();
    seen->labels = std::make_shared<LabelSet>(LabelSet::numbered(1));
    seen->scales = {ScoreMap({8, 1}, 1, {0, 0, 16, 16}, 4, 16, std::vector<float>(8, 0.9F),
                             WindowBoxes{std::vector<RectPx>(8, RectPx{4, 4, 16, 16}), {}})};
    Detection object;
    object.box = {4, 4, 16, 16};
    object.score = 0.9F;
    object.voters = {0};
    object.track = 17;
    seen->detections.objects = {object};
    return seen;
}

class SceneTest : public ::testing::Test {
protected:
    SceneTest() {
        set([](Settings& s) {
            s = {.look = {.detection = DetectionOptions()}, .source = kSource};
        });
        scene_.setModel(kModel);
    }
    template <class Change>
    void set(const Change& change) {
        change(settings_);
        scene_.set(settings_, ++revision_);
    }
    // What the session says about a frame under the settings of now, or earlier ones.
    Update resultOf(const FramePtr& frame, std::uint64_t ago = 0) const {
        Update update;
        update.model = kModel;
        update.revision = revision_ - ago;
        update.frame = frame;
        update.recognition = recognitionOf(*frame);
        return update;
    }
    // By the options of now.
    std::size_t objects() {
        if (const auto wanted = scene_.wantedObjects()) {
            EXPECT_TRUE(
                scene_.setObjects(*wanted, std::make_shared<const Detections>(wanted->find())));
        }
        return scene_.detections()->objects.size();
    }

    Settings settings_;
    std::uint64_t revision_ = 0;
    Scene scene_;
};

TEST_F(SceneTest, ShowsFramesOfItsSourceInTheirOrder) {
    EXPECT_FALSE(scene_.show(nullptr));
    EXPECT_TRUE(scene_.show(frameOf(5)));
    EXPECT_FALSE(scene_.show(frameOf(4))) << "older";
    EXPECT_FALSE(scene_.show(frameOf(6, 4))) << "of another source";
    EXPECT_TRUE(scene_.show(frameOf(7)));
    EXPECT_EQ(scene_.shown()->id, 7U);
}

TEST_F(SceneTest, ResultsOfAnotherSourceOrNetworkAreHistory) {
    EXPECT_FALSE(scene_.take(resultOf(frameOf(5, 2))));
    Update old_model = resultOf(frameOf(5));
    old_model.model = kModel - 1;
    EXPECT_FALSE(scene_.take(old_model));
    Update answer = resultOf(frameOf(5));
    answer.command = 12;
    EXPECT_FALSE(scene_.take(answer)) << "to a question, not about the video";
    EXPECT_FALSE(scene_.recognition());
    EXPECT_TRUE(scene_.take(resultOf(frameOf(5)))) << "also before its picture is shown";
    EXPECT_EQ(scene_.recognised()->id, 5U);
}

TEST_F(SceneTest, AnotherSourceEmptiesIt) {
    scene_.show(frameOf(5));
    scene_.take(resultOf(frameOf(5)));
    set([](Settings& s) { s.source = 4; });
    EXPECT_FALSE(scene_.shown());
    EXPECT_FALSE(scene_.recognition());
    EXPECT_FALSE(scene_.take(resultOf(frameOf(6)))) << "the old one's last result";
    EXPECT_TRUE(scene_.show(frameOf(2, 4))) << "its first picture may be older than that";
    EXPECT_TRUE(scene_.take(resultOf(frameOf(2, 4))));
}

TEST_F(SceneTest, AFrameIsLookedAtUntilItHasAResult) {
    EXPECT_FALSE(scene_.toLookAt());
    scene_.show(frameOf(5));
    ASSERT_TRUE(scene_.toLookAt()) << "a picture that came before its source was in use";
    EXPECT_EQ(scene_.toLookAt()->id, 5U);
    scene_.take(resultOf(frameOf(5)));
    EXPECT_FALSE(scene_.toLookAt());
    scene_.show(frameOf(6));
    EXPECT_TRUE(scene_.toLookAt());
    scene_.take(resultOf(frameOf(7)));
    EXPECT_FALSE(scene_.toLookAt()) << "the network is ahead of the screen";
}

// It says that it rests when it has given its picture, which may be after the result.
TEST_F(SceneTest, APictureIsLookedAtOnceThoughItsSourceComesToRest) {
    for (const bool still : {true, false}) {
        set([](Settings& s) { s.moving = true; });
        const FramePtr frame = frameOf(still ? 1 : 2, kSource, still);
        ASSERT_TRUE(scene_.show(frame));
        ASSERT_TRUE(scene_.take(resultOf(frame)));
        set([](Settings& s) { s.moving = false; });
        EXPECT_EQ(scene_.toLookAt() == nullptr, still);
        EXPECT_EQ(scene_.isAnswered(), still);
    }
}

TEST_F(SceneTest, AFailureIsAnAnswer) {
    scene_.show(frameOf(5));
    Update failed = resultOf(frameOf(5));
    failed.recognition.reset();
    failed.failure = Error(ErrorCode::kModel, "It computed no numbers.");
    EXPECT_TRUE(scene_.take(failed));
    EXPECT_FALSE(scene_.toLookAt()) << "or it would be asked for ever";
    EXPECT_FALSE(scene_.recognition());
}

TEST_F(SceneTest, OtherScalesRestAndAnotherNetworkNeedAnotherLook) {
    scene_.show(frameOf(5));
    const auto looksAgainAfter = [&](const auto& change) {
        scene_.take(resultOf(frameOf(5)));
        EXPECT_FALSE(scene_.toLookAt());
        set(change);
        return scene_.toLookAt() != nullptr;
    };
    EXPECT_TRUE(looksAgainAfter([](Settings& s) { s.look.scale_count = 2; }));
    EXPECT_TRUE(looksAgainAfter([](Settings& s) { s.look.layer = LayerLook{.name = "relu"}; }));
    EXPECT_TRUE(looksAgainAfter([](Settings& s) { s.look.layer->first_channel = 64; }));
    EXPECT_TRUE(looksAgainAfter([](Settings& s) { s.moving = false; }))
        << "what was left out to keep up is made up for";
    EXPECT_FALSE(looksAgainAfter([](Settings& s) { s.moving = true; }));
    EXPECT_FALSE(looksAgainAfter([](Settings& s) { s.least_fps = 3; }));
    EXPECT_FALSE(looksAgainAfter([](Settings& s) { s.look.detection->min_votes = 2; }))
        << "that is answered from the result there is";
    scene_.setModel(kModel + 1);
    EXPECT_TRUE(scene_.toLookAt());
    EXPECT_FALSE(scene_.recognition());
}

// It was under way when the scales were changed: it is shown, but it is not what was asked for.
TEST_F(SceneTest, AResultOfTheScalesBeforeIsNotTheLastWord) {
    scene_.show(frameOf(5));
    set([](Settings& s) { s.look.scale_count = 2; });
    EXPECT_TRUE(scene_.take(resultOf(frameOf(5), 1)));
    EXPECT_TRUE(scene_.toLookAt());
    EXPECT_TRUE(scene_.take(resultOf(frameOf(5))));
    EXPECT_FALSE(scene_.toLookAt());
}

TEST_F(SceneTest, OtherOptionsAreAnsweredFromTheResultThereIs) {
    scene_.take(resultOf(frameOf(5)));
    EXPECT_EQ(objects(), 1U);
    EXPECT_EQ(scene_.detections()->objects[0].track, 17U) << "the result's own";
    set([](Settings& s) { s.look.detection->score_threshold = 1; });
    EXPECT_EQ(objects(), 0U);
    set([](Settings& s) { s.look.detection->score_threshold = 0; });
    EXPECT_EQ(objects(), 1U);
}

// A slider goes on while objects are being found: what was wanted before is a step on the way.
TEST_F(SceneTest, AnAnswerOfAMomentAgoIsTakenAsFarAsItPasses) {
    scene_.take(resultOf(frameOf(5)));
    set([](Settings& s) { s.look.detection->score_threshold = 1; });
    EXPECT_TRUE(scene_.detections()->objects.empty());
    set([](Settings& s) { s.look.detection->score_threshold = 0.1; });
    const auto first = scene_.wantedObjects();
    set([](Settings& s) { s.look.detection->score_threshold = 0; });
    ASSERT_TRUE(scene_.setObjects(*first, std::make_shared<const Detections>(first->find())));
    EXPECT_EQ(scene_.detections()->objects.size(), 1U) << "comes back while the slider moves";
    EXPECT_TRUE(scene_.wantedObjects()) << "by the options of now";
    set([](Settings& s) { s.look.detection->score_threshold = 1; });
    ASSERT_TRUE(scene_.setObjects(*first, std::make_shared<const Detections>(first->find())));
    EXPECT_TRUE(scene_.detections()->objects.empty()) << "has just been taken away";
}

TEST_F(SceneTest, ObjectsOfAnotherResultAreNotTaken) {
    scene_.take(resultOf(frameOf(5)));
    EXPECT_FALSE(scene_.wantedObjects());
    set([](Settings& s) { s.look.detection->score_threshold = 1; });
    const auto first = scene_.wantedObjects();
    ASSERT_TRUE(first);
    EXPECT_TRUE(scene_.detections()->objects.empty()) << "what does not pass goes at once";
    set([](Settings& s) { s.look.detection->score_threshold = 0.9; });
    const auto second = scene_.wantedObjects();
    ASSERT_TRUE(second);
    const auto none = std::make_shared<const Detections>();
    EXPECT_TRUE(scene_.setObjects(*second, none));
    EXPECT_FALSE(scene_.wantedObjects());
    EXPECT_EQ(scene_.detections(), none);
    EXPECT_FALSE(scene_.setObjects(*second, none)) << "once";
    set([](Settings& s) { s.look.detection->score_threshold = 1; });
    const auto third = scene_.wantedObjects();
    scene_.take(resultOf(frameOf(6)));
    EXPECT_FALSE(scene_.wantedObjects()) << "a result of these options has its own";
    EXPECT_FALSE(scene_.setObjects(*third, none));
}

// Not even for the moment until it has been read anew.
TEST_F(SceneTest, ALateResultBringsNothingBackThatAThresholdTookAway) {
    set([](Settings& s) { s.look.detection->score_threshold = 1; });
    scene_.take(resultOf(frameOf(5), 1));
    ASSERT_TRUE(scene_.wantedObjects());
    EXPECT_TRUE(scene_.detections()->objects.empty());
}

// However many were under way, they are read by the options of now; and those that were made by
// them already keep their objects, with their tracks.
TEST_F(SceneTest, LateResultsFollowTheOptionsOfNowAndOnlyLateOnesAreReadAgain) {
    set([](Settings& s) { s.look.detection->score_threshold = 1; });
    for (std::uint64_t id = 5; id < 8; ++id) {
        scene_.take(resultOf(frameOf(id), 1));
        EXPECT_EQ(objects(), 0U);
    }
    scene_.take(resultOf(frameOf(8)));
    EXPECT_EQ(objects(), 1U) << "what the session made of it under these options";
    EXPECT_EQ(scene_.detections()->objects[0].track, 17U);
    EXPECT_EQ(scene_.detections().get(), &scene_.recognition()->detections);
}

TEST_F(SceneTest, WhatIsKnownOfAVideoAppliesToItsNextFrameAndOfAPictureToNone) {
    scene_.show(frameOf(5));
    scene_.take(resultOf(frameOf(5)));
    EXPECT_TRUE(scene_.fits());
    EXPECT_TRUE(scene_.applies());
    scene_.show(frameOf(6));
    EXPECT_FALSE(scene_.fits());
    EXPECT_TRUE(scene_.applies());
    scene_.show(frameOf(7, kSource, true));
    EXPECT_FALSE(scene_.applies());
    EXPECT_TRUE(scene_.rests()) << "no other picture follows by itself";
    scene_.take(resultOf(frameOf(7, kSource, true)));
    EXPECT_TRUE(scene_.applies());
}

}  // namespace
}  // namespace overfeat::live
