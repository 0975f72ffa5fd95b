// SPDX-License-Identifier: Apache-2.0
#include "ui/message_stack.h"

#include <QEvent>
#include <algorithm>

#include "ui/message_banner.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

constexpr int kWidest = 720;

}  // namespace

MessageStack::MessageStack(QWidget* stage) : QWidget(stage) {
    stage->installEventFilter(this);
    setCursor(Qt::ArrowCursor);
    hide();
}

void MessageStack::show(const MessageView& message) {
    const auto known = std::ranges::find_if(banners_, [&](const MessageBanner* banner) {
        return banner->message().subject == message.subject;
    });
    if (known != banners_.end()) {
        (*known)->setMessage(message);
        // One that nobody can see is as good as new.
        MessageBanner* banner = *known;
        if (!banner->isVisible()) std::rotate(banners_.begin(), known, known + 1);
        std::erase(said_, banner);
        said_.push_back(banner);
    } else {
        banners_.insert(banners_.begin(), make(message));
        said_.push_back(banners_.front());
    }
    place();
}

MessageBanner* MessageStack::make(const MessageView& message) {
    auto* banner = new MessageBanner(this);
    banner->setMessage(message);
    connect(banner, &MessageBanner::actionTriggered, this, &MessageStack::actionTriggered);
    connect(banner, &MessageBanner::closed, this, [this, banner] { remove(banner); });
    return banner;
}

void MessageStack::remove(MessageBanner* banner) {
    if (std::erase(banners_, banner) == 0) return;
    std::erase(said_, banner);
    banner->hide();
    banner->deleteLater();
    place();
}

void MessageStack::dismiss(const QString& action_id) {
    const std::vector<MessageBanner*> all = banners_;
    for (MessageBanner* banner : all) {
        if (banner->hasAction(action_id)) remove(banner);
    }
}

bool MessageStack::dismissNewest() {
    if (said_.empty()) return false;
    remove(said_.back());
    return true;
}

// At most over the upper half, but the newest always.
void MessageStack::place() {
    const QSize stage = parentWidget()->size();
    const int width = std::max(200, std::min(stage.width() - 2 * spacing::kMedium, kWidest));
    const int room = stage.height() / 2;
    int bottom = 0;
    bool full = false;
    for (MessageBanner* banner : banners_) {
        const int height = banner->heightFor(width);
        full = full || (bottom > 0 && bottom + spacing::kTight + height > room);
        banner->setVisible(!full);
        if (full) continue;
        const int top = bottom > 0 ? bottom + spacing::kTight : 0;
        bottom = std::min(top + height, std::max(room, top + 1));
        banner->setGeometry(0, top, width, bottom - top);
    }
    setGeometry((stage.width() - width) / 2, spacing::kMedium, width, bottom);
    setVisible(bottom > 0);
    raise();
}

bool MessageStack::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parentWidget() && event->type() == QEvent::Resize) place();
    return QWidget::eventFilter(watched, event);
}

}  // namespace overfeat::ui
