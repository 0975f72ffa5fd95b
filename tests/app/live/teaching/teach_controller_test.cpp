// SPDX-License-Identifier: Apache-2.0
#include "app/live/teaching/teach_controller.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>

#include "app/teach/example_picture.h"
#include "engine/learn/assemble.h"
#include "tests/app/live/application_fixture.h"
#include "ui/live_view.h"
#include "ui/teach_page.h"
#include "ui/teach_requests.h"

namespace overfeat::app {
namespace {

constexpr EmbeddingSize kSize{.part = 1, .whole = 1};

learn::NewCapture captureOfNoise() {
    Image picture(SizePx{64, 48});
    for (int x = 0; x < 3 * 64; ++x)
        picture.row(x % 48)[x] = static_cast<std::uint8_t>(7 * x);
    return teach::captureOf(teach::cutOut(picture, {8, 8, 30, 30}), "a test");
}

detect::RecogniserInfo network(const std::string& space) {
    detect::RecogniserInfo info;
    info.embedding_space = space;
    info.embedding_size = kSize;
    return info;
}

// With a library that knows a class, as the network "first" sees it.
class TeachControllerTest : public ::testing::Test {
protected:
    TeachControllerTest() {
        const auto library = learn::ClassLibrary::open(file_).library;
        const learn::NewCapture capture = captureOfNoise();
        library->teach("mug", {&capture, 1});
        const std::string id = library->content()->classes.at(0).captures.at(0).id;
        ExampleEmbedding seen{.size = kSize, .width_px = 30, .height_px = 30, .rows = {}};
        seen.rows.assign(kSize.row(seen.grid()), 1);
        const learn::StoredEmbedding stored = learn::toStored(id, seen);
        library->storeEmbeddings("first", {&stored, 1});
        QObject::connect(&controller_, &TeachController::taughtChanged,
                         [this](const auto& taught, bool) { told_.push_back(taught); });
        controller_.start();
    }
    std::size_t classesTold() const {
        return told_.empty() || !told_.back() ? 0 : told_.back()->classes.size();
    }

    test::TemporaryFolder folder_;
    std::filesystem::path file_ = folder_.path() / "classes.overfeat";
    live::Session session_{[] {}};
    std::vector<std::shared_ptr<const TaughtClasses>> told_;
    TeachController controller_{session_, file_};
};

// Its embeddings mean nothing to another network; with only what was taught wanted, it would have
// no class at all until the library has answered.
TEST_F(TeachControllerTest, AnotherNetworkIsNotAskedForWhatTheOneBeforeWasTaught) {
    controller_.setNetwork(network("first"));
    ASSERT_TRUE(test::waitFor([this] { return classesTold() == 1; }));
    const std::size_t before = told_.size();
    controller_.setNetwork(network("second"));
    ASSERT_EQ(told_.size(), before + 1) << "said at once, not when the library has been read";
    EXPECT_EQ(told_.back(), nullptr);
}

class LessonTest : public ApplicationTest {
protected:
    std::vector<ExampleDepth> depths() const {
        const std::scoped_lock lock(world_->mutex);
        std::vector<ExampleDepth> all;
        for (const auto& [depth, looks] : world_->embedded)
            all.push_back(depth);
        return all;
    }
    std::size_t saved() const {
        const auto file = folder_.path() / "data" / "classes.overfeat";
        return learn::ClassLibrary::open(file, {.read_only = true})
            .library->embeddings("fake")
            .size();
    }
};

// In the order of events, however long each takes: example, one look that had begun, and the next
// one looks for it. Then the network looks closer at the example, and that is kept.
TEST_F(LessonTest, TheFirstLookThatBeginsAfterALessonLooksForIt) {
    Application& app = startWith("good.mp4", "teachable.onnx");
    const auto& page = *app.window().findChild<ui::TeachPage*>();
    ASSERT_TRUE(test::waitFor(
        [&] { return page.teach().problem.isEmpty() && app.window().liveView().shownFrame(); }));
    emit app.window().teachRequests().teachRequested("mug", app.window().liveView().shownFrame(),
                                                     RectPx{8, 8, 30, 30});
    // The look that has begun now is held until the lesson is known: the page says that nothing is
    // missing when it is looked for.
    ASSERT_TRUE(test::waitFor(
        [&] { return page.teach().classes.size() == 1 && page.teach().progress < 0; }));
    const std::size_t begun = [&] {
        const std::scoped_lock lock(world_->mutex);
        return world_->knew_lesson.size();
    }();
    world_->holds_next = false;
    ASSERT_TRUE(test::waitFor([&] { return saved() == 1; }));
    const std::scoped_lock lock(world_->mutex);
    // If none had begun, the one that is held is the first of them.
    const auto first = std::ranges::find(world_->knew_lesson, true);
    ASSERT_NE(first, world_->knew_lesson.end());
    EXPECT_LE(first - world_->knew_lesson.begin(), static_cast<std::ptrdiff_t>(begun));
    ASSERT_EQ(world_->embedded.size(), 2U);
    EXPECT_EQ(world_->embedded[0].first, ExampleDepth::kUpright);
    EXPECT_EQ(world_->embedded[1].first, ExampleDepth::kAll);
    const auto before = world_->knew_lesson.begin();
    EXPECT_TRUE(std::any_of(before,
                            before + static_cast<std::ptrdiff_t>(world_->embedded[1].second),
                            [](bool knew) { return knew; }))
        << "a look with the lesson was not waited for";
}

// The first example takes a network longest: it sees one as soon as a box is drawn, once, and
// nothing is taught by that.
TEST_F(LessonTest, WhileANameIsTypedTheNetworkGetsReady) {
    Application& app = startWith("good.mp4", "teachable.onnx");
    const auto& page = *app.window().findChild<ui::TeachPage*>();
    ASSERT_TRUE(test::waitFor(
        [&] { return page.teach().problem.isEmpty() && app.window().liveView().shownFrame(); }));
    ui::TeachRequests& requests = app.window().teachRequests();
    const FramePtr frame = app.window().liveView().shownFrame();
    emit requests.boxSettled(frame, RectPx{8, 8, 30, 30});
    ASSERT_TRUE(test::waitFor([&] { return depths().size() == 1; }));
    world_->holds_next = false;
    ASSERT_TRUE(seesResults(2));
    EXPECT_TRUE(page.teach().classes.empty());
    emit requests.boxSettled(frame, RectPx{9, 8, 30, 30});
    emit requests.teachRequested("mug", frame, RectPx{9, 8, 30, 30});
    ASSERT_TRUE(test::waitFor([&] { return saved() == 1; }));
    EXPECT_EQ(depths(),
              (std::vector{ExampleDepth::kUpright, ExampleDepth::kUpright, ExampleDepth::kAll}));
    EXPECT_EQ(page.teach().classes.size(), 1U);
}

// While the network looks closer at the first one, the second is taught.
TEST_F(LessonTest, ALessonWaitsForNoSecondCloserLook) {
    Application& app = startWith("good.mp4", "teachable.onnx");
    const auto& page = *app.window().findChild<ui::TeachPage*>();
    ASSERT_TRUE(test::waitFor(
        [&] { return page.teach().problem.isEmpty() && app.window().liveView().shownFrame(); }));
    world_->holds_closer = true;
    const FramePtr frame = app.window().liveView().shownFrame();
    ui::TeachRequests& requests = app.window().teachRequests();
    emit requests.teachRequested("mug", frame, RectPx{8, 8, 30, 30});
    ASSERT_TRUE(test::waitFor([&] { return depths().size() == 1; }));
    world_->holds_next = false;
    ASSERT_TRUE(test::waitFor([&] { return depths().size() == 2; }));
    emit requests.teachRequested("cup", frame, RectPx{4, 4, 30, 20});
    ASSERT_TRUE(test::waitFor([&] { return page.teach().classes.size() == 2; }));
    world_->holds_closer = false;
    ASSERT_TRUE(test::waitFor([&] { return saved() == 2; }));
    EXPECT_EQ(depths(), (std::vector{ExampleDepth::kUpright, ExampleDepth::kAll,
                                     ExampleDepth::kUpright, ExampleDepth::kAll}));
}

}  // namespace
}  // namespace overfeat::app
