// SPDX-License-Identifier: Apache-2.0
#include "app/live/output/screenshot.h"

#include <algorithm>
#include <utility>

#include "app/live/base/text.h"
#include "app/live/output/picture_output.h"
#include "engine/core/error.h"

namespace overfeat::app {
namespace {

// The window paints the newest result and settles its layout before it is taken.
constexpr int kSettleMs = 300;

}  // namespace

Screenshot::Screenshot(QWidget& window, std::string file, int after_frames, double patience_s)
    : window_(window), file_(std::move(file)), remaining_(std::max(after_frames, 1)) {
    patience_.setSingleShot(true);
    connect(&patience_, &QTimer::timeout, this, [this] {
        giveUp("No picture of the window was taken, because the network gave no result in time.",
               exitCode(ErrorCode::kRuntime));
    });
    patience_.start(static_cast<int>(patience_s * 1000));
}

void Screenshot::noteResult() {
    patience_.start();
    had_result_ = true;
    if (remaining_ > 0 && --remaining_ == 0) {
        QTimer::singleShot(kSettleMs, this, &Screenshot::take);
    }
}

void Screenshot::noteEnd() {
    if (!had_result_ || remaining_ == 0) return;
    remaining_ = 1;
    noteResult();
}

void Screenshot::giveUp(const QString& sentence, int exit_code) {
    if (remaining_ > 0) end(exit_code, sentence);
}

void Screenshot::take() {
    try {
        writePng(window_.grab().toImage(), file_);
        end(0, {});
    } catch (const Error& error) {
        end(exitCode(error.code()), shown(error.what()));
    }
}

void Screenshot::end(int exit_code, const QString& sentence) {
    if (std::exchange(ended_, true)) return;
    patience_.stop();
    emit finished(exit_code, sentence);
}

}  // namespace overfeat::app
