// SPDX-License-Identifier: Apache-2.0
#include "app/live/network/model_controller.h"

#include <QLocale>
#include <QSysInfo>
#include <algorithm>
#include <cmath>
#include <exception>
#include <filesystem>
#include <system_error>
#include <utility>

#include "app/live/base/messages.h"
#include "app/live/base/settings.h"
#include "app/live/base/text.h"
#include "app/live/base/view_conversions.h"
#include "app/store/fetch_model.h"
#include "engine/core/error.h"

namespace overfeat::app {
namespace {

// Of the model that is built in, as models/README.md reports it.
constexpr const char* kBuiltInTitle = "Built-in model";
constexpr const char* kBuiltInFacts[] = {"200 classes", "55.9 % right on Tiny ImageNet",
                                         "Apache-2.0"};

QString percent(double value) {
    return QString::number(value, 'f', 1);
}

// The files of a model of whatever origin, for people; empty where they cannot be read.
QString sizeOf(const std::filesystem::path& file) {
    std::uint64_t bytes = 0;
    for (const std::filesystem::path& each : net::modelFiles(file)) {
        std::error_code unreadable;
        const auto size = std::filesystem::file_size(each, unreadable);
        if (!unreadable) bytes += size;
    }
    return bytes == 0 ? QString() : shown(store::megabytes(bytes));
}

bool isAmong(const std::vector<std::string>& models, const std::string& model) {
    return std::ranges::find(models, model) != models.end();
}

// A text that names several models names them so.
std::vector<std::string> partsOf(const std::string& model) {
    std::vector<std::string> parts;
    for (const QByteArray& part : QByteArray::fromStdString(model).split(','))
        parts.push_back(part.trimmed().toStdString());
    return parts;
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

std::vector<ModelController::Listed> ModelController::lookForModels(
    const store::ModelStore& models) {
    const store::PublishedModels& published = models.published();
    const auto factsOf = [](const store::PublishedModel& model) {
        return QStringList{QString("%1 classes").arg(QLocale::c().toString(model.classes)),
                           QString("%1 % right on ImageNet").arg(percent(model.top1_percent)),
                           shown(model.licence), shown(store::megabytes(model.weights_bytes))};
    };
    std::vector<Listed> all;
    for (const store::ModelEntry& entry : models.list()) {
        Listed listed{.model = entry.name, .title = shown(entry.name), .facts = {}, .size = {}};
        if (const store::PublishedModel* known = published.find(entry.name)) {
            listed.title = shown(known->title);
            listed.facts = factsOf(*known);
            listed.is_published = true;
        } else if (entry.file.empty()) {
            listed.title = kBuiltInTitle;
            for (const char* fact : kBuiltInFacts)
                listed.facts.append(fact);
            listed.facts.append(shown(store::megabytes(entry.embedded.size())));
        } else {
            listed.facts = {shown(entry.file.string()), sizeOf(entry.file)};
            listed.facts.removeAll(QString());
        }
        all.push_back(std::move(listed));
    }
    for (const store::PublishedModel& model : published.list()) {
        if (!published.folder() || published.isThere(model)) continue;
        all.push_back({.model = model.name,
                       .title = shown(model.title),
                       .facts = factsOf(model),
                       .size = shown(store::megabytes(model.package_bytes)),
                       .is_here = false,
                       .is_published = true});
    }
    return all;
}

void ModelController::listModels() {
    worker_.run("models", [this, models = parts_.models]() -> Worker::Completion {
        return [this, all = lookForModels(*models)] {
            listed_ = all;
            fetchable_.clear();
            for (const Listed& listed : listed_) {
                if (!listed.is_here) fetchable_.insert(listed.model);
            }
            publishModels();
            emit modelsListed();
        };
    });
}

void ModelController::noteFetched(const std::string& model, bool use) {
    fetchable_.erase(model);
    if (use) useModel(model);
    listModels();
}

void ModelController::useModels(const std::vector<std::string>& models) {
    std::string text;
    for (const std::string& model : models)
        text += (text.empty() ? "" : ",") + model;
    if (!text.empty()) useModel(text);
}

void ModelController::removeModel(const std::string& model) {
    const store::PublishedModel* published = parts_.models->published().find(model);
    if (published == nullptr) return;
    // What the best model means is not known before it has been loaded.
    const bool loading =
        !pending_.empty() && (latest_.model.empty() || isAmong(partsOf(latest_.model), model));
    if (loading || isAmong(partsOf(currentModel()), model)) {
        emit messageWanted(infoMessage(
            QString(loading ? "%1 is being loaded; use another model before you remove it."
                            : "%1 is looking at the picture; use another model before you remove "
                              "it.")
                .arg(shown(published->title))));
        return;
    }
    // Owns what it touches, as the listing does.
    worker_.run("models", [this, models = parts_.models, published]() -> Worker::Completion {
        QString failure;
        try {
            store::removeModel(models->published(), *published, {});
        } catch (const Error& error) {
            failure = shown(error.what());
        }
        return [this, failure] {
            if (!failure.isEmpty()) emit messageWanted(errorMessage(failure));
            listModels();
        };
    });
}

void ModelController::setSpeeds(std::vector<MeasuredSpeed> speeds) {
    speeds_ = std::move(speeds);
}

// The first look also makes the plans; of the others the better one counts, because a busy machine
// only ever takes longer. Of what no row of the list shows nothing is measured.
void ModelController::measureSpeed() {
    const std::string model = currentModel();
    const bool has_row = std::ranges::find(listed_, model, &Listed::model) != listed_.end();
    if (!has_network_ || !has_row || speed_question_ != 0 ||
        find(speeds_, model, device_) != nullptr)
        return;
    auto frame = std::make_shared<Frame>();
    frame->image = Image({640, 480});
    const Look usual{.detection = DetectionOptions()};
    speed_of_ = model;
    speed_question_ = session_.examine(std::move(frame), {usual, usual, usual});
    publishModels();
}

bool ModelController::handleSpeed(const live::Update& update) {
    if (speed_question_ == 0 || update.command != speed_question_) return false;
    speed_question_ = 0;
    if (speed_of_ != currentModel()) {
        measureSpeed();  // another network came while it waited
    } else if (update.answers.size() == 3) {
        const double ms =
            std::min(update.answers[1]->timings.total_ms(), update.answers[2]->timings.total_ms());
        remember(speeds_, MeasuredSpeed{.model = speed_of_, .device = device_, .ms = ms});
        emit speedsChanged();
    }
    publishModels();
    return true;
}

std::string ModelController::currentModel() const {
    return running_.model.empty() ? best_ : running_.model;
}

// Of several their titles; of a file its name.
QString ModelController::titleOf(const std::string& model) const {
    const auto listed = std::ranges::find(listed_, model, &Listed::model);
    if (listed != listed_.end()) return listed->title;
    const std::vector<std::string> parts = partsOf(model);
    const bool all_known = std::ranges::all_of(parts, [this](const std::string& part) {
        return std::ranges::find(listed_, part, &Listed::model) != listed_.end();
    });
    if (parts.size() < 2 || !all_known) return shortName(model);
    QStringList titles;
    for (const std::string& part : parts)
        titles.append(titleOf(part));
    return titles.join(" + ");
}

QStringList ModelController::factsOf(const Listed& listed) const {
    QStringList facts = listed.facts;
    const MeasuredSpeed* speed = find(speeds_, listed.model, device_);
    const bool measuring = speed_question_ != 0 && speed_of_ == listed.model;
    facts.append(speed       ? QString("%1 ms a picture here").arg(std::lround(speed->ms))
                 : measuring ? QString("its speed here is being measured")
                             : QString("speed here not measured yet"));
    return facts;
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

void ModelController::setServers(std::vector<std::string> servers) {
    servers_ = std::move(servers);
    if (!devices_.isEmpty()) publishDevices();
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
        settings.look.layer = before.layer;
        settings.look.network_classes = before.network_classes;
    });
    emit lookChanged(settings_.look);
}

void ModelController::setDetection(const DetectionOptions& options) {
    changeSettings([&](live::Settings& settings) { settings.look.detection = options; });
}

void ModelController::setLayer(const std::optional<LayerLook>& layer) {
    changeSettings([&](live::Settings& settings) { settings.look.layer = layer; });
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
    network_ = *update.model_ready;
    setDevice(network_.device);
    emit networkReady(network_);
    emit modelReady(modelView(network_), deviceView(running_.device, network_.device));
    publishModels();
    publishDevices();
}

void ModelController::noteDevice(const DeviceChoice& device) {
    network_.device = device;
    setDevice(device);
    speed_question_ = 0;  // its answer would be of both
    emit modelReady(modelView(network_), deviceView(running_.device, device));
    emit messageWanted(
        warningMessage("Another device computes from now on: " + shown(device.sentence())));
    publishModels();
}

void ModelController::setDevice(const DeviceChoice& device) {
    device_ = device.description + " of " + QSysInfo::machineHostName().toStdString();
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
    const std::string current = currentModel();
    const std::vector<std::string> running =
        has_network_ ? partsOf(current) : std::vector<std::string>();
    QList<ui::Choice> choices;
    QList<ui::ModelRowView> rows;
    for (const Listed& listed : listed_) {
        const QStringList facts = factsOf(listed);
        choices.append(makeChoice(
            idOf(listed.model),
            listed.is_here ? listed.title : QString("Get %1 (%2)").arg(listed.title, listed.size),
            facts.join(", ")));
        rows.append({.id = idOf(listed.model),
                     .title = listed.title,
                     .facts = facts,
                     .is_here = listed.is_here,
                     .can_be_removed = listed.is_here && listed.is_published,
                     .runs = isAmong(running, listed.model),
                     .size = listed.size});
    }
    const auto add = [&](const std::string& model) {
        const QString id = idOf(model);
        const bool listed =
            std::ranges::any_of(choices, [&](const ui::Choice& choice) { return choice.id == id; });
        if (listed) return;
        choices.append(makeChoice(id, titleOf(model), shown(model)));
    };
    for (const std::string& model : recent_)
        add(model);
    if (has_network_) add(current);
    emit modelChoicesChanged(choices, has_network_ ? idOf(current) : QString());
    emit modelRowsChanged(rows);
}

void ModelController::publishDevices() {
    QList<ui::Choice> choices = devices_;
    for (const std::string& server : servers_)
        choices.append(makeChoice(idOf(server), shown(server), QString()));
    const QString current = idOf(running_.device);
    const bool listed = std::ranges::any_of(
        choices, [&](const ui::Choice& choice) { return choice.id == current; });
    // Another name for one of them, as `--device cpu` is.
    if (!listed && !choices.empty())
        choices.append(makeChoice(current, shown(running_.device), QString()));
    emit deviceChoicesChanged(choices, current);
}

}  // namespace overfeat::app
