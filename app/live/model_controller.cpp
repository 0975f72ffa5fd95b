// SPDX-License-Identifier: Apache-2.0
#include "app/live/model_controller.h"

#include <QLocale>
#include <algorithm>
#include <exception>
#include <utility>

#include "app/live/messages.h"
#include "app/live/settings.h"
#include "app/live/text.h"
#include "app/live/view_conversions.h"

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

ModelController::ModelController(const Parts& parts, Worker& worker, live::Session& session)
    : parts_(parts),
      worker_(worker),
      session_(session),
      profile_nudge_([this] {
          if (const auto layers = profile_->ready.tryTake()) {
              emit layerTimingsReady(layerTimingViews(*layers));
          }
      }),
      profile_(std::make_shared<ProfileExchange>()) {
    profile_->nudge = profile_nudge_.handle();
}

void ModelController::start(const Wanted& wanted, bool may_fall_back,
                            std::vector<std::string> recent) {
    recent_ = std::move(recent);
    running_ = wanted;
    request(wanted, may_fall_back);
    emit optionsChanged(wanted.options);
    listModels();
    worker_.run([this, list = parts_.list_devices]() -> Worker::Completion {
        return [this, devices = list()] {
            devices_ = devices;
            publishDevices();
        };
    });
}

void ModelController::listModels() {
    worker_.run([this, models = parts_.models]() -> Worker::Completion {
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
    Wanted wanted = latest_;
    wanted.model = model;
    request(wanted, false);
}

void ModelController::useDevice(const std::string& device) {
    Wanted wanted = latest_;
    wanted.device = device;
    request(wanted, false);
}

void ModelController::setOptions(const ui::RecognitionOptionsView& options) {
    if (options == latest_.options) return;
    latest_.options = options;
    running_.options = options;
    for (auto& [generation, pending] : pending_)
        pending.wanted.options = options;
    session_.configure(engineOptions(running_));
    emit optionsChanged(options);
}

void ModelController::setDetectionOptions(const ui::DetectionOptionsView& options) {
    if (options == latest_.detection) return;
    latest_.detection = options;
    running_.detection = options;
    for (auto& [generation, pending] : pending_)
        pending.wanted.detection = options;
    session_.configure(engineOptions(running_));
}

void ModelController::requestProfile() {
    profile_->wanted = true;
}

detect::RecogniserOptions ModelController::engineOptions(const Wanted& wanted) const {
    detect::RecogniserOptions options;
    apply(wanted.options, options);
    options.detection = detectionOptions(wanted.detection);
    options.device = wanted.device;
    return options;
}

void ModelController::request(const Wanted& wanted, bool may_fall_back) {
    latest_ = wanted;
    Pending pending{wanted, std::make_shared<NetworkFacts>(), may_fall_back};
    const auto generation = session_.use(
        [make = parts_.make_network, facts = pending.facts, profile = profile_,
         request = NetworkRequest{wanted.model, engineOptions(wanted), video_}](
            std::stop_token stop) { return make(request, *facts, profile, std::move(stop)); });
    pending_.emplace(generation, std::move(pending));
}

bool ModelController::handle(const live::Update& update) {
    if (update.frame || update.recognition) return false;
    const auto found = pending_.find(update.model_generation);
    if (found == pending_.end()) {
        // Options the running network cannot take.
        if (update.failure) {
            emit messageWanted(errorMessage(shown(update.failure->what())));
        }
        return true;
    }
    const Pending pending = std::move(found->second);
    // Requests that a later one has overtaken are never answered.
    pending_.erase(pending_.begin(), std::next(found));
    if (update.model_ready) {
        ready(update, pending);
    } else {
        failed(update, pending);
    }
    return true;
}

void ModelController::ready(const live::Update& update, const Pending& pending) {
    const bool replaced = std::exchange(generation_, update.model_generation) != 0;
    running_ = pending.wanted;
    best_ = store::ModelStore::kDefaultName;
    if (running_.model.empty() && !pending.facts->models.empty() &&
        parts_.models->published().find(pending.facts->models.front()->name) != nullptr) {
        best_ = pending.facts->models.front()->name;
    }
    if (!running_.model.empty() && running_.model != store::ModelStore::kDefaultName) {
        remember(recent_, running_.model);
    }
    emit modelReady(modelView(*pending.facts, *update.model_ready),
                    deviceView(running_.device, update.model_ready->device));
    if (replaced) emit networkReplaced();
    publishModels();
    publishDevices();
}

void ModelController::failed(const live::Update& update, const Pending& pending) {
    QString sentence =
        update.failure ? shown(update.failure->what()) : QString("The model could not be loaded.");
    // The best model there is was nobody's choice: where it is damaged the built-in one is left.
    const bool at_the_start = generation_ == 0 && pending.wanted.model.empty() &&
                              !parts_.models->published().list().empty();
    if (pending.may_fall_back || at_the_start) {
        emit messageWanted(warningMessage(sentence + " The built-in model is used instead."));
        Wanted wanted = pending.wanted;
        wanted.model = store::ModelStore::kDefaultName;
        wanted.device = "auto";
        request(wanted, false);
        return;
    }
    latest_ = running_;
    if (generation_ != 0) sentence += " The model shown goes on.";
    emit messageWanted(errorMessage(sentence));
    if (generation_ == 0) emit refused(sentence);
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
    if (generation_ != 0) add(current);
    emit modelChoicesChanged(choices, generation_ != 0 ? idOf(current) : QString());
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
