// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QObject>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/live/base/measured_speed.h"
#include "app/live/base/parts.h"
#include "app/live/base/worker.h"
#include "engine/live/scene.h"
#include "engine/live/session.h"
#include "ui/models_dialog.h"
#include "ui/view_models.h"

namespace overfeat::app {

// Which network runs on which device, what a person may choose instead, and what it is asked to do
// with frames: whoever wants other settings asks here, and session and scene hear of them together.
// A network that cannot be used leaves the running one alone; loading happens on the inference
// thread.
// Threads: GUI thread only.
class ModelController : public QObject {
    Q_OBJECT
public:
    ModelController(const Parts& parts, Worker& worker, live::Session& session, live::Scene& scene);

    // `may_fall_back`: the model was only remembered, so the default takes over if it is gone.
    void start(const NetworkRequest& wanted, const live::Settings& settings, bool may_fall_back,
               std::vector<std::string> recent);
    // One that is not here yet is asked for by fetchWanted() instead.
    void useModel(const std::string& model);
    // Several vote.
    void useModels(const std::vector<std::string>& models);
    // A published model is here now: it is listed and, if wanted, used.
    void noteFetched(const std::string& model, bool use);
    // One that others published; the running one stays.
    void removeModel(const std::string& model);
    // Of what runs, once on every device.
    void measureSpeed();
    void setSpeeds(std::vector<MeasuredSpeed> speeds);
    const std::vector<MeasuredSpeed>& speeds() const { return speeds_; }
    // Whether the best published model could be had and is not here; known once they are listed.
    bool bestIsMissing() const;
    void useDevice(const std::string& device);
    // Inference servers to choose from, beside the devices of this computer.
    void setServers(std::vector<std::string> servers);
    // Which objects are wanted is not the look's to say here, but setDetection()'s.
    void setLook(const Look& look);
    void setDetection(const DetectionOptions& options);
    // Nor is the layer that is looked into: it is of one network and is not remembered.
    void setLayer(const std::optional<LayerLook>& layer);
    void setLeastFps(double fps);
    // What was taught is not the look's to say either.
    void setTaught(const std::shared_ptr<const TaughtClasses>& taught, bool only_taught);
    // Whose frames are looked at from now on, and whether they follow one another.
    void watch(std::uint64_t source);
    void setMoving(bool moving);
    void requestProfile();

    // The session's answer to something that was asked from here.
    void handle(const live::Update& update);
    // The network goes on on another device, because the one it had failed.
    void noteDevice(const DeviceChoice& device);
    // True if it answers measureSpeed().
    bool handleSpeed(const live::Update& update);

    // What runs, to be remembered; the wish where nothing runs yet.
    const NetworkRequest& current() const { return running_; }
    const live::Settings& settings() const { return settings_; }
    const std::vector<std::string>& recent() const { return recent_; }

signals:
    void modelReady(const overfeat::ui::ModelView& model, const overfeat::ui::DeviceView& device);
    void networkReady(const overfeat::detect::RecogniserInfo& network);
    void lookChanged(const overfeat::Look& look);
    void layerTimingsReady(const std::vector<overfeat::ui::LayerTimingView>& layers);
    void modelChoicesChanged(const QList<overfeat::ui::Choice>& choices, const QString& current);
    void modelRowsChanged(const QList<overfeat::ui::ModelRowView>& rows);
    void speedsChanged();
    void deviceChoicesChanged(const QList<overfeat::ui::Choice>& choices, const QString& current);
    void modelsListed();
    void fetchWanted(const std::string& model);
    void messageWanted(const overfeat::ui::MessageView& message);
    // No network could be loaded at all; also said by a message.
    void refused(const QString& sentence);

private:
    struct Pending {
        NetworkRequest wanted;
        bool may_fall_back = false;
    };

    // What is known of a model without reading it.
    struct Listed {
        std::string model;
        QString title;
        QStringList facts;  // all but its speed here
        QString size;       // of what would be fetched
        bool is_here = true;
        bool is_published = false;
    };

    static std::vector<Listed> lookForModels(const store::ModelStore& store);
    QString titleOf(const std::string& model) const;
    QStringList factsOf(const Listed& listed) const;
    std::string currentModel() const;

    template <class Change>
    void changeSettings(const Change& change);
    void request(const NetworkRequest& wanted, bool may_fall_back);
    void ready(const live::Update& update, const Pending& pending);
    void failed(const live::Update& update, const Pending& pending);
    void setDevice(const DeviceChoice& device);
    void listModels();
    void publishModels();
    void publishDevices();

    const Parts& parts_;
    Worker& worker_;
    live::Session& session_;
    live::Scene& scene_;

    live::Settings settings_;
    NetworkRequest running_;
    NetworkRequest latest_;                     // what the newest request asks for
    bool has_network_ = false;                  // something runs
    detect::RecogniserInfo network_;            // what
    std::map<std::uint64_t, Pending> pending_;  // by the session's number
    std::vector<std::string> recent_;
    std::string best_ = store::ModelStore::kDefaultName;  // what an empty name meant
    std::set<std::string> fetchable_;
    std::vector<Listed> listed_;
    std::string device_;  // that runs, and of which computer
    std::vector<MeasuredSpeed> speeds_;
    std::string speed_of_;  // the model that is being measured
    std::uint64_t speed_question_ = 0;
    QList<ui::Choice> devices_;
    std::vector<std::string> servers_;
};

}  // namespace overfeat::app
