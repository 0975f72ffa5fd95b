// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "app/live/base/worker.h"
#include "app/live/network/model_controller.h"
#include "engine/live/session.h"
#include "ui/comparison_panes.h"
#include "ui/view_models.h"

namespace overfeat::app {

// Two ways of looking at one frozen frame, side by side. Vote and NMS are made of one result of
// the network; the strides need a run each, which the session makes between two frames, so the
// video goes on. What else is set (scales, thresholds) is the same on both sides, and changed
// thresholds act on both without another run. Objects are found by a worker: thousands of boxes
// take longer than a screen's picture.
// Threads: GUI thread only.
class ComparisonController : public QObject {
    Q_OBJECT
public:
    ComparisonController(const ModelController& models, live::Session& session, Worker& voting);

    // What can be compared depends on the network that runs.
    void setModel(const ui::ModelView& model);
    // Compares on `frame`, whose newest result is `recognition`; kNone or null ends it.
    void show(ui::ComparisonChoice choice, std::shared_ptr<const Recognition> recognition,
              FramePtr frame);
    // Other thresholds: the same results once more, without a run.
    void refresh();
    // Other scales or strides: strides are compared anew.
    void lookAgain();
    void end();
    // True if this answer of the session is to one of our questions.
    bool handle(const live::Update& update);

signals:
    // Null = there is nothing to show.
    void changed(const std::shared_ptr<const overfeat::ui::Comparison>& comparison);
    void messageWanted(const overfeat::ui::MessageView& message);

private:
    QString refusal(ui::ComparisonChoice choice, const Recognition* recognition) const;
    void askForStrides();
    void fail(const std::string& sentence);

    const ModelController& models_;
    live::Session& session_;
    Worker& voting_;
    ui::ModelView model_;
    ui::ComparisonChoice choice_ = ui::ComparisonChoice::kNone;
    FramePtr frame_;
    std::array<std::shared_ptr<const Recognition>, 2> seen_;  // null = still being looked at
    std::uint64_t question_ = 0;                              // whose answer is waited for
    std::uint64_t asked_ = 0;   // the last one, answered, given up or neither
    std::uint64_t number_ = 0;  // of this comparison; what was found for another is not shown
    bool finding_ = false;
    bool find_again_ = false;  // by the options of now
};

}  // namespace overfeat::app
