// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QObject>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "app/live/nudge.h"
#include "app/live/parts.h"
#include "app/live/worker.h"
#include "engine/live/session.h"
#include "ui/view_models.h"

namespace overfeat::app {

// Which network runs on which device, and what a person may choose instead. A network that cannot
// be used leaves the running one alone; loading happens on the inference thread.
// Threads: GUI thread only.
class ModelController : public QObject {
    Q_OBJECT
public:
    struct Wanted {
        std::string model;  // empty = the default
        std::string device = "auto";
        ui::RecognitionOptionsView options{};
        ui::DetectionOptionsView detection{};
        bool operator==(const Wanted&) const = default;
    };

    ModelController(const Parts& parts, Worker& worker, live::Session& session);

    // `may_fall_back`: the model was only remembered, so the default takes over if it is gone.
    void start(const Wanted& wanted, bool may_fall_back, std::vector<std::string> recent);
    // One that is not here yet is asked for by fetchWanted() instead.
    void useModel(const std::string& model);
    // A published model is here now: it is listed and used.
    void noteFetched(const std::string& model);
    // Whether the best published model could be had and is not here; known once they are listed.
    bool bestIsMissing() const;
    void useDevice(const std::string& device);
    void setOptions(const ui::RecognitionOptionsView& options);
    void setDetectionOptions(const ui::DetectionOptionsView& options);
    void requestProfile();
    // What is wanted of successive frames; takes effect with the next one.
    live::VideoControls& video() { return *video_; }

    // What the session said about models; returns false for updates about frames.
    bool handle(const live::Update& update);
    // Results of an older network are history.
    bool isCurrent(const live::Update& update) const {
        return update.model_generation == generation_;
    }

    // What runs, for the settings; the wish where nothing runs yet.
    const Wanted& current() const { return running_; }
    detect::RecogniserOptions engineOptions() const { return engineOptions(running_); }
    const std::vector<std::string>& recent() const { return recent_; }

signals:
    void modelReady(const overfeat::ui::ModelView& model, const overfeat::ui::DeviceView& device);
    // After modelReady, if another network ran before: what it saw last is to be looked at again.
    void networkReplaced();
    void optionsChanged(const overfeat::ui::RecognitionOptionsView& options);
    void layerTimingsReady(const std::vector<overfeat::ui::LayerTimingView>& layers);
    void modelChoicesChanged(const QList<overfeat::ui::Choice>& choices, const QString& current);
    void deviceChoicesChanged(const QList<overfeat::ui::Choice>& choices, const QString& current);
    void modelsListed();
    void fetchWanted(const std::string& model);
    void messageWanted(const overfeat::ui::MessageView& message);
    // No network could be loaded at all; also said by a message.
    void refused(const QString& sentence);

private:
    struct Pending {
        Wanted wanted;
        std::shared_ptr<NetworkFacts> facts;
        bool may_fall_back = false;
    };

    void request(const Wanted& wanted, bool may_fall_back);
    void ready(const live::Update& update, const Pending& pending);
    void failed(const live::Update& update, const Pending& pending);
    void listModels();
    void publishModels();
    void publishDevices();
    detect::RecogniserOptions engineOptions(const Wanted& wanted) const;

    const Parts& parts_;
    Worker& worker_;
    live::Session& session_;
    Nudge profile_nudge_;
    std::shared_ptr<ProfileExchange> profile_;
    std::shared_ptr<live::VideoControls> video_ = std::make_shared<live::VideoControls>();

    Wanted running_;
    Wanted latest_;  // what the newest request asks for
    std::uint64_t generation_ = 0;
    std::map<std::uint64_t, Pending> pending_;
    std::vector<std::string> recent_;
    std::string best_ = store::ModelStore::kDefaultName;  // what an empty name meant
    std::set<std::string> fetchable_;
    QList<ui::Choice> stored_models_;
    QList<ui::Choice> devices_;
};

}  // namespace overfeat::app
