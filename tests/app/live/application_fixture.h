// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <QElapsedTimer>
#include <QImage>
#include <QLabel>
#include <QPushButton>
#include <QStringList>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "app/live/application.h"
#include "tests/app/live/fakes.h"
#include "tests/support/temporary_folder.h"

namespace overfeat::app {

// The real window and the real session, with sources and networks that are slow or broken.
class ApplicationTest : public ::testing::Test {
protected:
    Application& start(Arguments arguments = {}) {
        Parts parts = test::fakeParts(world_);
        if (with_home_) {
            parts.places.config_folder = folder_.path() / "config";
            parts.places.data_folder = folder_.path() / "data";
        }
        parts.patience_at_end = patience_at_end_;
        if (change_parts_) change_parts_(parts);
        application_ = std::make_unique<Application>(
            parts, arguments,
            OutputFolders{folder_.path() / "pictures", folder_.path() / "videos"});
        application_->start();
        return *application_;
    }
    Application& startWith(const std::string& source, const std::string& model = {}) {
        Arguments arguments;
        arguments.source = source;
        if (!model.empty()) arguments.model = model;
        return start(arguments);
    }
    bool seesResults(int more = 1) {
        const int before = world_->processed;
        return test::waitFor([&] { return world_->processed >= before + more; });
    }
    // Whether some label of the window shows a text with this part.
    bool says(const QString& part) const {
        for (const QLabel* label : application_->window().findChildren<QLabel*>()) {
            if (label->isVisible() && label->text().contains(part)) return true;
        }
        return false;
    }
    bool waitsToSay(const QString& part) {
        return test::waitFor([&] { return says(part); });
    }
    // The one that a message offers, or any other that can be seen; null if there is none.
    QPushButton* button(const QString& text) const {
        for (auto* each : application_->window().findChildren<QPushButton*>())
            if (each->isVisible() && each->text() == text) return each;
        return nullptr;
    }
    QStringList opened() const {
        const std::scoped_lock lock(world_->mutex);
        QStringList names;
        for (const std::string& name : world_->opened)
            names.append(name.c_str());
        return names;
    }
    // How many frames have been made, once no more come.
    int settledFrameCount() const {
        int count = -1;
        QElapsedTimer unchanged;
        EXPECT_TRUE(test::waitFor([&] {
            const int now = world_->frames_made;
            if (std::exchange(count, now) != now) unchanged.start();
            return unchanged.isValid() && unchanged.elapsed() > 200 && world_->steps_to_do == 0;
        }));
        return count;
    }
    std::vector<std::filesystem::path> files(const std::string& folder) const {
        std::vector<std::filesystem::path> found;
        std::error_code missing;
        for (const auto& entry :
             std::filesystem::directory_iterator(folder_.path() / folder, missing)) {
            found.push_back(entry.path());
        }
        return found;
    }
    // The number of the frame in the window; fake frames carry it in their first byte.
    int shownFrame() const {
        const QImage picture = application_->window().snapshot(false);
        return picture.isNull() ? -1 : qRed(picture.pixel(0, 0));
    }

    test::TemporaryFolder folder_;
    std::shared_ptr<test::World> world_ = std::make_shared<test::World>();
    bool with_home_ = true;
    std::function<void(Parts&)> change_parts_;  // e.g. real sources instead of made-up ones
    // Settings are read again by the next start, so they must be there.
    std::chrono::milliseconds patience_at_end_{20'000};
    std::unique_ptr<Application> application_;
};

}  // namespace overfeat::app
