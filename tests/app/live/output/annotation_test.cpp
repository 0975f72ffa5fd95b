// SPDX-License-Identifier: Apache-2.0
#include "app/live/output/annotation.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace overfeat::app {
namespace {

QImage plain(const QColor& colour, int width = 64, int height = 48) {
    QImage image(width, height, QImage::Format_RGB32);
    image.fill(colour);
    return image;
}

TEST(Annotation, NamesTheBestClassesInTheirColours) {
    Recognition recognition;
    recognition.labels = std::make_shared<LabelSet>(
        std::vector<ClassLabel>{{"a", "apple"}, {"b", "bear"}, {"c", "cat"}}, std::nullopt);
    recognition.scores = {0.2F, 0.7F, 0.001F};
    QImage picture = plain(Qt::white, 320, 240);
    drawTopClasses(picture, recognition);
    QImage untouched = plain(Qt::white, 320, 240);
    EXPECT_NE(picture, untouched);

    int changed_rows = 0;
    for (int y = 0; y < picture.height(); ++y) {
        bool changed = false;
        for (int x = 0; x < picture.width(); ++x) {
            changed = changed || picture.pixel(x, y) != untouched.pixel(x, y);
        }
        changed_rows += changed ? 1 : 0;
    }
    recognition.scores = {0.2F, 0.7F, 0.5F};
    QImage more = plain(Qt::white, 320, 240);
    drawTopClasses(more, recognition);
    int more_rows = 0;
    for (int y = 0; y < more.height(); ++y)
        more_rows += more.pixel(4, y) != 0xffffffff ? 1 : 0;
    EXPECT_GT(changed_rows, 0);
    EXPECT_LT(changed_rows, picture.height() / 2) << "the picture stays visible";
    EXPECT_GT(more_rows, changed_rows) << "three names instead of two";

    QImage tiny = plain(Qt::white, 1, 1);
    drawTopClasses(tiny, recognition);  // must not fail
}

TEST(RecordedPicture, IsDrawnOnTheRecordersThread) {
    auto frame = std::make_shared<Frame>();
    frame->image = Image(SizePx{320, 240});
    auto seen = std::make_shared<Recognition>();
    seen->frame_size = {320, 240};
    seen->labels =
        std::make_shared<LabelSet>(std::vector<ClassLabel>{{"a", "apple"}}, std::nullopt);
    seen->scores = {0.9F};
    Detection object;
    object.box = {100, 120, 80, 60};
    object.score = 0.9F;
    seen->detections.objects = {object};

    ui::AnnotatedPicture bare;
    bare.frame = frame;
    ui::AnnotatedPicture marked = bare;
    marked.recognition = seen;
    marked.boxes.recognition = seen;
    marked.boxes.found = {seen, &seen->detections};
    const auto bytesOf = [](const video::Recorder::Draw& draw) {
        std::vector<std::uint8_t> bytes;
        video::PixelsView::Order order{};
        std::thread([&] {
            const video::PixelsView view = draw();
            order = view.order;
            bytes.assign(view.first, view.first + view.row_bytes * view.size.height);
        }).join();
        return std::pair(bytes, order);
    };
    const auto [plain_bytes, plain_order] = bytesOf(recordedPicture(bare, nullptr));
    EXPECT_EQ(plain_order, video::PixelsView::Order::kRgb);
    EXPECT_EQ(plain_bytes, frame->image.bytes());
    const auto [boxes, boxes_order] = bytesOf(recordedPicture(marked, nullptr));
    EXPECT_EQ(boxes_order, video::PixelsView::Order::kBgrx);
    const auto lit = [&](const std::vector<std::uint8_t>& bytes, int x, int y) {
        const std::uint8_t* pixel = bytes.data() + (std::ptrdiff_t{y} * 320 + x) * 4;
        return pixel[0] + pixel[1] + pixel[2] > 60;
    };
    bool on_the_edge = false;
    for (int y = 130; y < 170; ++y) {  // an object without voters has a dashed edge
        for (int x = 97; x < 104; ++x)
            on_the_edge = on_the_edge || lit(boxes, x, y);
    }
    EXPECT_TRUE(on_the_edge);
    EXPECT_FALSE(lit(boxes, 140, 150));
    EXPECT_NE(bytesOf(recordedPicture(marked, seen)).first, boxes) << "with the names";
    ui::AnnotatedPicture none;
    EXPECT_TRUE(recordedPicture(none, nullptr)().size.empty());
}

}  // namespace
}  // namespace overfeat::app
