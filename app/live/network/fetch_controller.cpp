// SPDX-License-Identifier: Apache-2.0
#include "app/live/network/fetch_controller.h"

#include <QLocale>
#include <algorithm>
#include <utility>

#include "app/live/base/messages.h"
#include "app/live/base/text.h"
#include "engine/core/error.h"

namespace overfeat::app {
namespace {

const QString kGet = QStringLiteral("get-model:");  // and use it
const QString kGetOnly = QStringLiteral("get-model-only:");
const QString kCancel = QStringLiteral("cancel-getting-model");
constexpr int kPercentStep = 5;  // between two things said

}  // namespace

FetchController::FetchController(std::shared_ptr<const store::ModelStore> models)
    : models_(std::move(models)), nudge_([this] { take(); }) {}

FetchController::~FetchController() {
    stop();
}

void FetchController::stop() {
    fetching_ = nullptr;
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

void FetchController::offer(const store::PublishedModel& best) {
    if (fetching_ != nullptr) return;
    emit messageWanted(
        withAction(messageView(ui::MessageLevel::kInfo,
                               tr("%1 classes: get %2 (%3)")
                                   .arg(QLocale::c().toString(best.classes), shown(best.title),
                                        shown(store::megabytes(best.package_bytes))),
                               0),
                   kGet + idOf(best.name), tr("Get it")));
}

void FetchController::cancel() {
    thread_.request_stop();
}

bool FetchController::act(const QString& action_id) {
    if (action_id == kCancel) {
        cancel();
        return true;
    }
    for (const QString& get : {kGet, kGetOnly}) {
        if (!action_id.startsWith(get)) continue;
        fetch(bytesOf(action_id.mid(get.size())), get == kGet);
        return true;
    }
    return false;
}

void FetchController::fetch(const std::string& name, bool use) {
    const store::PublishedModel* model = models_->published().find(name);
    if (model == nullptr) return;
    if (fetching_ != nullptr) {
        if (fetching_ == model) use_ = use_ || use;
        emit messageWanted(infoMessage(
            (fetching_ == model && use_ ? tr("%1 is being fetched, and is used when it is here.")
                                        : tr("%1 is being fetched; wait for it or cancel it."))
                .arg(shown(fetching_->title))));
        return;
    }
    if (thread_.joinable()) thread_.join();  // it has said all it had to say
    fetching_ = model;
    use_ = use;
    said_percent_ = -1;
    news_ = std::make_shared<News>();
    sayProgress({store::FetchProgress::Step::kDownloading, 0, model->package_bytes});
    // Owns what it touches; the store is constant and outlives the join in stop().
    thread_ = std::jthread([models = models_, model, news = news_,
                            wake = nudge_.handle()](const std::stop_token& stop) {
        std::optional<QString> failure;
        try {
            store::fetchModel(
                models->published(), *model,
                [&](const store::FetchProgress& progress) {
                    {
                        const std::lock_guard lock(news->mutex);
                        news->progress = progress;
                    }
                    wake();
                },
                stop);
        } catch (const Error& error) {
            failure = error.code() == ErrorCode::kCancelled ? QString() : shown(error.what());
        } catch (const std::exception& error) {
            failure = tr("The model could not be fetched (%1).").arg(shown(error.what()));
        }
        {
            const std::lock_guard lock(news->mutex);
            news->failure = std::move(failure);
            news->done = true;
        }
        wake();
    });
}

void FetchController::take() {
    if (fetching_ == nullptr) return;
    std::optional<store::FetchProgress> progress;
    std::optional<QString> failure;
    bool done = false;
    {
        const std::lock_guard lock(news_->mutex);
        progress = std::exchange(news_->progress, std::nullopt);
        failure = news_->failure;
        done = news_->done;
    }
    if (!done) {
        if (progress) sayProgress(*progress);
        return;
    }
    const store::PublishedModel& model = *std::exchange(fetching_, nullptr);
    emit messageOutdated(kCancel);
    emit progressed(idOf(model.name), -1, {});
    if (!failure) {
        emit fetched(idOf(model.name), use_);
    } else if (!failure->isEmpty()) {
        emit messageWanted(withAction(
            errorMessage(*failure), (use_ ? kGet : kGetOnly) + idOf(model.name), tr("Try again")));
    }
}

void FetchController::sayProgress(const store::FetchProgress& progress) {
    using Step = store::FetchProgress::Step;
    QString sentence;
    int percent = 100;
    switch (progress.step) {
        case Step::kWaiting:
            sentence =
                tr("Waiting for another program that is getting %1").arg(shown(fetching_->title));
            break;
        case Step::kDownloading:
            percent = static_cast<int>(100 * progress.done_bytes / fetching_->package_bytes);
            sentence =
                tr("Getting %1: %2 of %3")
                    .arg(shown(fetching_->title), shown(store::megabytes(progress.done_bytes)),
                         shown(store::megabytes(fetching_->package_bytes)));
            break;
        case Step::kUnpacking:
            sentence = tr("Unpacking %1").arg(shown(fetching_->title));
            break;
    }
    emit progressed(idOf(fetching_->name), std::clamp(percent, 0, 100), sentence);
    if (percent < said_percent_ + kPercentStep && said_percent_ >= 0 && percent != 100) return;
    if (percent == said_percent_) return;
    said_percent_ = percent;
    emit messageWanted(
        withAction(messageView(ui::MessageLevel::kInfo, sentence, 0), kCancel, tr("Cancel")));
}

}  // namespace overfeat::app
