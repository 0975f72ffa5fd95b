// SPDX-License-Identifier: Apache-2.0
#include "app/live/network/model_controller.h"

#include <QLocale>
#include <algorithm>
#include <exception>
#include <utility>

#include "app/live/base/messages.h"
#include "app/live/base/settings.h"
#include "app/live/base/text.h"
#include "app/live/base/view_conversions.h"

namespace overfeat::app {
namespace {

QString factsOf(const store::PublishedModel& model) {
    return QString("%1 classes, %2 % right on ImageNet, %3")
        .arg(QLocale::c().toString(model.classes), QString::number(model.top1_percent, 'f', 1),
             shown(model.licence));
}

ui::Choice choiceOf(const store::ModelEntry& entry, const store::PublishedModel* published) {
    if (published != nullptr) {
        return makeChoice(idOf(entry.name), shown(published->title), factsOf(*published));
    }
    return makeChoice(idOf(entry.name),
                      entry.file.empty() ? QString("Built-in model") : shown(entry.name),
                      shown(entry.file.string()));
}

ui::Choice fetchChoice(const store::PublishedModel& model) {
    return makeChoice(idOf(model.name),
                      QString("Get %1 (%2)")
                          .arg(shown(model.title), shown(store::megabytes(model.package_bytes))),
                      factsOf(model));
}

}  // namespace

ModelController::ModelController(const Parts& parts, Worker& worker, live::Session& session,
                                 live::Scene& scene)
    : parts_(parts), worker_(worker), session_(session), scene_(scene) {}

void ModelController::start(const NetworkRequest& wanted, const live::Settings& settings,
                            bool may_fall_back, std::vector<std::string> recent) {
    recent_ = std::move(recent);
    running_ = wanted;
    changeSettings([&](live::Settings& mine) { mine = settings; });
    request(wanted, may_fall_back);
    emit lookChanged(settings_.look);
    listModels();
    worker_.run("devices", [this, list = parts_.list_devices]() -> Worker::Completion {
        return [this, devices = list()] {
            devices_ = devices;
            publishDevices();
        };
    });
}

void ModelController::listModels() {
    worker_.run("models", [this, models = parts_.models]() -> Worker::Completion {
        QList<ui::Choice> choices;
        const store::PublishedModels& published = models->published();
        for (const store::ModelEntry& entry : models->list()) {
            choices.append(choiceOf(entry, published.find(entry.name)));
        }
        std::set<std::string> fetchable;
        for (const store::PublishedModel& model : published.list()) {
            if (!published.folder() || published.isThere(model)) continue;
            fetchable.insert(model.name);
            choices.append(fetchChoice(model));
        }
        return [this, choices, fetchable] {
            stored_models_ = choices;
            fetchable_ = fetchable;
            publishModels();
            emit modelsListed();
        };
    });
}

void ModelController::noteFetched(const std::string& model) {
    fetchable_.erase(model);
    useModel(model);
    listModels();
}

bool ModelController::bestIsMissing() const {
    const auto& published = parts_.models->published().list();
    return !published.empty() && fetchable_.contains(published.front().name);
}

void ModelController::useModel(const std::string& model) {
    if (fetchable_.contains(model)) {
        publishModels();  // the chooser shows what runs until it is there
        emit fetchWanted(model);
        return;
    }
    NetworkRequest wanted = latest_;
    wanted.model = model;
    request(wanted, false);
}

void ModelController::useDevice(const std::string& device) {
    NetworkRequest wanted = latest_;
    wanted.device = device;
    request(wanted, false);
}

// Session and scene have the same, always.
template <class Change>
void ModelController::changeSettings(const Change& change) {
    live::Settings settings = settings_;
    change(settings);
    settings.look = withinLimits(settings.look);
    if (settings == settings_) return;
    settings_ = settings;
    scene_.set(settings_, session_.set(settings_));
}

void ModelController::setTaught(const std::shared_ptr<const TaughtClasses>& taught,
                                bool only_taught) {
    changeSettings([&](live::Settings& settings) {
        settings.look.taught = taught;
        settings.look.network_classes = !only_taught || !taught || taught->classes.empty();
    });
}

void ModelController::setLook(const Look& look) {
    changeSettings([&](live::Settings& settings) {
        const Look before = std::exchange(settings.look, look);
        settings.look.detection = before.detection;
        settings.look.taught = before.taught;
        settings.look.network_classes = before.network_classes;
    });
    emit lookChanged(settings_.look);
}

void ModelController::setDetection(const DetectionOptions& options) {
    changeSettings([&](live::Settings& settings) { settings.look.detection = options; });
}

void ModelController::setLeastFps(double fps) {
    changeSettings(
        [fps](live::Settings& settings) { settings.least_fps = kLeastFps.nearest(fps); });
}

void ModelController::watch(std::uint64_t source) {
    changeSettings([source](live::Settings& settings) {
        settings.source = source;
        settings.moving = true;
    });
}

void ModelController::setMoving(bool moving) {
    changeSettings([moving](live::Settings& settings) { settings.moving = moving; });
}

void ModelController::requestProfile() {
    constexpr SizePx kUsualFrame{640, 480};
    const FramePtr& shown = scene_.shown();
    session_.profile(shown ? shown->image.size() : kUsualFrame);
}

void ModelController::request(const NetworkRequest& wanted, bool may_fall_back) {
    latest_ = wanted;
    const auto number = session_.use([make = parts_.make_network, wanted](std::stop_token stop) {
        return make(wanted, std::move(stop));
    });
    pending_.emplace(number, Pending{wanted, may_fall_back});
}

void ModelController::handle(const live::Update& update) {
    const auto found = pending_.find(update.command);
    if (found == pending_.end()) {
        if (update.failure) emit messageWanted(errorMessage(shown(update.failure->what())));
        if (!update.layers.empty()) emit layerTimingsReady(layerTimingViews(update.layers));
        return;
    }
    const Pending pending = std::move(found->second);
    // Requests that a later one has overtaken are never answered.
    pending_.erase(pending_.begin(), std::next(found));
    if (update.model_ready) {
        ready(update, pending);
    } else {
        failed(update, pending);
    }
}

void ModelController::ready(const live::Update& update, const Pending& pending) {
    has_network_ = true;
    scene_.setModel(update.model);
    running_ = pending.wanted;
    best_ = store::ModelStore::kDefaultName;
    const auto& models = update.model_ready->models;
    if (running_.model.empty() && !models.empty() &&
        parts_.models->published().find(models.front()->name) != nullptr) {
        best_ = models.front()->name;
    }
    if (!running_.model.empty() && running_.model != store::ModelStore::kDefaultName) {
        remember(recent_, running_.model);
    }
    emit networkReady(*update.model_ready);
    emit modelReady(modelView(*update.model_ready),
                    deviceView(running_.device, update.model_ready->device));
    publishModels();
    publishDevices();
}

void ModelController::failed(const live::Update& update, const Pending& pending) {
    QString sentence =
        update.failure ? shown(update.failure->what()) : QString("The model could not be loaded.");
    // The best model there is was nobody's choice: where it is damaged the built-in one is left.
    const bool at_the_start =
        !has_network_ && pending.wanted.model.empty() && !parts_.models->published().list().empty();
    if (pending.may_fall_back || at_the_start) {
        emit messageWanted(warningMessage(sentence + " The built-in model is used instead."));
        request({.model = store::ModelStore::kDefaultName}, false);
        return;
    }
    latest_ = running_;
    if (has_network_) sentence += " The model shown goes on.";
    emit messageWanted(errorMessage(sentence));
    if (!has_network_) emit refused(sentence);
    publishModels();  // the choosers show what really runs
    publishDevices();
}

void ModelController::publishModels() {
    QList<ui::Choice> choices = stored_models_;
    const auto add = [&choices](const std::string& model) {
        const QString id = idOf(model);
        const bool listed =
            std::ranges::any_of(choices, [&](const ui::Choice& choice) { return choice.id == id; });
        if (listed) return;
        choices.append(makeChoice(id, shortName(model), shown(model)));
    };
    for (const std::string& model : recent_)
        add(model);
    const std::string current = running_.model.empty() ? best_ : running_.model;
    if (has_network_) add(current);
    emit modelChoicesChanged(choices, has_network_ ? idOf(current) : QString());
}

void ModelController::publishDevices() {
    QList<ui::Choice> choices = devices_;
    const QString current = idOf(running_.device);
    const bool listed = std::ranges::any_of(
        choices, [&](const ui::Choice& choice) { return choice.id == current; });
    // Another name for one of them, as `--device cpu` is.
    if (!listed && !choices.empty())
        choices.append(makeChoice(current, shown(running_.device), QString()));
    emit deviceChoicesChanged(choices, current);
}

}  // namespace overfeat::app
