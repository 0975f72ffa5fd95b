// SPDX-License-Identifier: Apache-2.0
//
// How long after Return what was taught is seen, in the real window: teaches an object of a picture
// again and again, by mouse and keyboard, and prints the milliseconds from the key to the first
// result on the screen that has the object, beside those that one look takes. Not a test.
#include <QApplication>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QTest>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "app/live/application.h"
#include "engine/core/median.h"
#include "tests/app/live/fakes.h"
#include "tests/support/temporary_folder.h"
#include "ui/live_view.h"
#include "ui/teach_page.h"
#include "ui/teach_requests.h"

namespace overfeat::app {
namespace {

struct Times {
    std::vector<double> to_seen_ms;
    std::vector<double> look_ms;    // the look that saw it
    std::vector<double> beyond_ms;  // the rest
};

class Lessons {
public:
    Lessons(Application& application, const RectPx& box)
        : window_(application.window()), box_(box) {}

    bool begin() {
        if (!test::waitFor([this] { return window_.livePicture().recognition != nullptr; }))
            return false;
        QTest::keyClick(&window_, Qt::Key_T);
        return test::waitFor([this] { return page().isVisible() && page().problem().isEmpty(); });
    }
    bool once(Times& times) {
        drag();
        auto* name = qobject_cast<QLineEdit*>(QApplication::focusWidget());
        if (name == nullptr) return false;
        QTest::keyClicks(name, kName);
        QElapsedTimer since_return;
        since_return.start();
        QTest::keyClick(name, Qt::Key_Return);
        if (!test::waitFor([this] { return isSeen(); })) return false;
        times.to_seen_ms.push_back(static_cast<double>(since_return.nsecsElapsed()) / 1e6);
        times.look_ms.push_back(window_.livePicture().recognition->timings.total_ms());
        times.beyond_ms.push_back(times.to_seen_ms.back() - times.look_ms.back());
        emit window_.teachRequests().deleteClassRequested(page().teach().classes.front().id);
        return test::waitFor([this] { return !isSeen() && page().teach().classes.empty(); });
    }

private:
    static constexpr const char* kName = "what was shown";

    ui::TeachPage& page() { return *window_.findChild<ui::TeachPage*>(); }
    void drag() {
        ui::LiveView& view = window_.liveView();
        view.setFocus();
        const QPoint from = view.geometry().toWidget(PointPx{box_.x, box_.y}).toPoint();
        const QPoint to = view.geometry().toWidget(PointPx{box_.right(), box_.bottom()}).toPoint();
        QTest::mousePress(&view, Qt::LeftButton, {}, from);
        QTest::mouseMove(&view, (from + to) / 2);
        QTest::mouseMove(&view, to);
        QTest::mouseRelease(&view, Qt::LeftButton, {}, to);
    }
    bool isSeen() {
        const auto seen = window_.livePicture().recognition;
        return seen && std::ranges::any_of(seen->detections.objects, [&](const Detection& object) {
                   return (*seen->labels)[object.class_index].label == kName &&
                          intersectionOverUnion(object.box, box_) > 0.5;
               });
    }

    ui::MainWindow& window_;
    RectPx box_;
};

int measure(const std::string& picture, const RectPx& box, const std::string& model, int lessons) {
    const test::TemporaryFolder folder;
    Parts parts = realParts();
    parts.places.config_folder = folder.path() / "settings";
    parts.places.data_folder = folder.path() / "data";
    Arguments arguments;
    arguments.source = picture;
    arguments.model = model;
    arguments.window = SizePx{1100, 760};
    Application application(std::move(parts), arguments);
    application.start();
    Lessons lesson(application, box);
    Times times;
    bool good = lesson.begin();
    for (int i = 0; good && i < lessons; ++i)
        good = lesson.once(times);
    if (!good) {
        std::cerr << "The object was not seen.\n";
        return 1;
    }
    const auto [least, most] = std::ranges::minmax(times.to_seen_ms);
    std::cout << "first lesson " << times.to_seen_ms.front() << " ms\n"
              << lessons << " lessons: median " << median(times.to_seen_ms) << " ms from Return to "
              << "the object on the screen (" << least << " to " << most << "), of these "
              << median(times.look_ms) << " ms are one look and " << median(times.beyond_ms)
              << " ms the rest\n";
    return 0;
}

}  // namespace
}  // namespace overfeat::app

int main(int argc, char** argv) {
    if (argc != 8) {
        std::cerr << "usage: live_lesson_time PICTURE X Y WIDTH HEIGHT MODEL LESSONS\n";
        return 2;
    }
    const QApplication application(argc, argv);
    const auto number = [&](int i) { return std::atof(argv[i]); };
    return overfeat::app::measure(argv[1], {number(2), number(3), number(4), number(5)}, argv[6],
                                  std::max(1, std::atoi(argv[7])));
}
