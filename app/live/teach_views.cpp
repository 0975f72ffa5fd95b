// SPDX-License-Identifier: Apache-2.0
#include "app/live/teach_views.h"

#include <QCoreApplication>
#include <algorithm>
#include <memory>
#include <utility>

#include "app/live/text.h"
#include "engine/learn/assemble.h"
#include "ui/frame_image.h"

namespace overfeat::app {
namespace {

// From so many examples on a class is as good as more of the kind make it.
constexpr std::ptrdiff_t kEnoughCaptures = 3;

QString tr(const char* text) {
    return QCoreApplication::translate("TeachViews", text);
}

QString problemOf(const TeachFacts& facts) {
    if (!facts.has_home) return tr("There is no home folder to keep what is taught in.");
    if (!facts.has_network) return tr("The network is being loaded.");
    if (!facts.can_teach) {
        return tr("This network has no maps of features to compare; choose another model.");
    }
    return {};
}

QString adviceFor(const learn::TaughtClass& taught) {
    const auto examples = std::ranges::count_if(
        taught.captures, [](const learn::Capture& capture) { return !capture.negative; });
    if (examples == 0) return tr("It has no example any more: capture one.");
    if (examples < kEnoughCaptures) return tr("One more from another side would help.");
    return {};
}

ui::TaughtClassView classView(const learn::TaughtClass& taught,
                              const QHash<QString, QImage>& thumbnails, bool opened) {
    ui::TaughtClassView view;
    view.id = QString::fromStdString(taught.id);
    view.name = shown(taught.name);
    view.colour = static_cast<int>(learn::colourNumber(taught));
    view.capture_count = static_cast<int>(taught.captures.size());
    view.enabled = taught.enabled;
    view.threshold = taught.threshold.value_or(kUsualThreshold);
    view.threshold_is_automatic = !taught.threshold;
    view.advice = adviceFor(taught);
    if (!taught.captures.empty()) {
        view.thumbnail = thumbnails.value(QString::fromStdString(taught.captures.front().id));
    }
    if (!opened) return view;
    for (const learn::Capture& capture : taught.captures) {
        const QString id = QString::fromStdString(capture.id);
        view.captures.push_back({.id = id,
                                 .thumbnail = thumbnails.value(id),
                                 .source = shown(capture.source),
                                 .hint = capture.negative ? tr("not this") : QString()});
    }
    return view;
}

}  // namespace

ui::TeachView teachView(const TeachFacts& facts, const QHash<QString, QImage>& thumbnails,
                        const QSet<QString>& opened) {
    ui::TeachView view;
    view.only_taught = facts.only_taught;
    view.problem = problemOf(facts);
    view.read_only = !facts.read_only.isEmpty();
    view.notice = facts.read_only.isEmpty() ? facts.notice : facts.read_only;
    view.box_hint = facts.box_hint;
    if (facts.missing > 0 && facts.can_teach) {
        view.progress = 1.0 - static_cast<double>(facts.missing) /
                                  static_cast<double>(std::max(facts.missing_at_most, facts.missing));
    }
    if (facts.content == nullptr) return view;
    if (facts.content->undo) view.undo_text = shown(facts.content->undo->what);
    if (facts.content->redo) view.redo_text = shown(facts.content->redo->what);
    for (const learn::TaughtClass& taught : facts.content->classes) {
        view.classes.push_back(
            classView(taught, thumbnails, opened.contains(QString::fromStdString(taught.id))));
    }
    return view;
}

std::vector<ui::TaughtSimilarity> similaritiesIn(const Recognition& seen,
                                                 const TaughtClasses& taught) {
    std::vector<ui::TaughtSimilarity> all;
    if (seen.labels == nullptr) return all;
    for (std::size_t k = 0; k < seen.labels->size(); ++k) {
        if (!seen.labels->isTaught(k) || k >= seen.scores.size()) continue;
        const auto found = std::ranges::find(taught.classes, (*seen.labels)[k].id,
                                             &EmbeddedClass::id);
        if (found == taught.classes.end()) continue;
        const double similarity = similarityOfScore(seen.scores[k], found->threshold);
        all.push_back({.id = QString::fromStdString(found->id),
                       .similarity = std::clamp(similarity, 0.0, 1.0),
                       .accepted = seen.scores[k] >= kAccepted});
    }
    return all;
}

std::optional<RectPx> suggestedBox(const Recognition& seen) {
    for (const Detection& object : seen.detections.objects) {
        const bool taught = seen.labels && seen.labels->isTaught(object.class_index);
        if (!taught && object.box.area() > 0) return object.box;
    }
    return std::nullopt;
}

QString importText(const learn::ImportReport& report) {
    return tr("Imported: %1 new classes, %2 that were known, %3 new captures.")
        .arg(report.new_classes)
        .arg(report.merged_classes)
        .arg(report.new_captures);
}

QString filesTaughtText(const teach::FilesTaught& report) {
    QString text = tr("Learnt from %1 pictures.").arg(report.pictures);
    if (report.left_out > 0) text += tr(" %1 could not be read.").arg(report.left_out);
    return text;
}

std::vector<std::string> idsOf(const QStringList& ids) {
    std::vector<std::string> all;
    for (const QString& id : ids)
        all.push_back(id.toStdString());
    return all;
}

QImage thumbnailImage(Image image) {
    auto frame = std::make_shared<Frame>();
    frame->image = std::move(image);
    return ui::imageOf(frame);
}

}  // namespace overfeat::app
