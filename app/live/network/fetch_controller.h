// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QString>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "app/live/base/nudge.h"
#include "app/store/fetch_model.h"
#include "app/store/model_store.h"
#include "ui/view_models.h"

namespace overfeat::app {

// Gets published models while everything else goes on: offers the best one where it is missing,
// says how far it is, and can be told to stop. One at a time.
// Threads: GUI thread only; the fetching has a thread of its own.
class FetchController : public QObject {
    Q_OBJECT
public:
    explicit FetchController(std::shared_ptr<const store::ModelStore> models);
    ~FetchController() override;

    // Says what could be had. Nothing if `best` is the model that runs already, or cannot be had.
    void offer(const store::PublishedModel& best);
    void fetch(const std::string& name);
    // Whether the action of a message was one of these.
    bool act(const QString& action_id);
    // Returns when the package client has ended; nothing is said afterwards.
    void stop();

signals:
    void fetched(const QString& name);
    void messageWanted(const overfeat::ui::MessageView& message);
    void messageOutdated(const QString& action_id);

private:
    // What the thread has to say, newest only.
    struct News {
        std::mutex mutex;
        std::optional<store::FetchProgress> progress;
        std::optional<QString> failure;  // empty: it was cancelled
        bool done = false;
    };

    void take();
    void sayProgress(const store::FetchProgress& progress);

    std::shared_ptr<const store::ModelStore> models_;
    Nudge nudge_;
    std::shared_ptr<News> news_;
    const store::PublishedModel* fetching_ = nullptr;
    int said_percent_ = -1;
    std::jthread thread_;
};

}  // namespace overfeat::app
