// SPDX-License-Identifier: Apache-2.0
#include "app/live/teaching/teach_views.h"

#include <QCoreApplication>
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "app/live/base/text.h"
#include "engine/learn/assemble.h"
#include "ui/frame_image.h"

namespace overfeat::app {
namespace {

// A box this far from the one that was drawn is of something else.
constexpr double kSamePlace = 0.4;
// So far below the threshold it might be accepted in the next frame.
constexpr double kNearly = 0.05;

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

QString percent(double similarity) {
    return tr("%1 %").arg(std::lround(std::clamp(similarity, 0.0, 1.0) * 100));
}

QString adviceFor(const learn::TaughtClass& taught, const teach::ClassFit* fit) {
    const bool has_example = std::ranges::any_of(
        taught.captures, [](const learn::Capture& capture) { return !capture.negative; });
    if (!has_example) return tr("It has no example any more: capture one.");
    if (fit && fit->more_would_help) return tr("One more from another side would help.");
    return {};
}

QString hintFor(const learn::Capture& capture, const teach::CaptureFit* fit,
                const learn::LibraryContent& content) {
    if (capture.negative) return tr("not this");
    const learn::TaughtClass* other = fit ? content.find(fit->looks_like) : nullptr;
    if (!other) return {};
    return tr("looks like %1: %2").arg(shown(other->name), percent(fit->like_other));
}

ui::TaughtClassView classView(const learn::TaughtClass& taught, const TeachFacts& facts,
                              const QHash<QString, QImage>& thumbnails, bool opened) {
    const auto judged = facts.fits->find(taught.id);
    const teach::ClassFit* fit = judged == facts.fits->end() ? nullptr : &judged->second;
    ui::TaughtClassView view;
    view.id = QString::fromStdString(taught.id);
    view.name = shown(taught.name);
    view.colour = static_cast<int>(learn::colourNumber(taught));
    view.capture_count = static_cast<int>(taught.captures.size());
    view.enabled = taught.enabled;
    view.threshold = taught.threshold.value_or(kUsualThreshold);
    view.threshold_is_automatic = !taught.threshold;
    view.advice = adviceFor(taught, fit);
    if (!taught.captures.empty()) {
        view.thumbnail = thumbnails.value(QString::fromStdString(taught.captures.front().id));
    }
    if (!opened) return view;
    for (const learn::Capture& capture : taught.captures) {
        const QString id = QString::fromStdString(capture.id);
        const teach::CaptureFit* one = nullptr;
        if (fit) {
            const auto found = fit->captures.find(capture.id);
            if (found != fit->captures.end()) one = &found->second;
        }
        view.captures.push_back({.id = id,
                                 .thumbnail = thumbnails.value(id),
                                 .source = shown(capture.source),
                                 .hint = hintFor(capture, one, *facts.content),
                                 .disagrees = one && one->disagrees});
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
        view.progress =
            1.0 - static_cast<double>(facts.missing) /
                      static_cast<double>(std::max(facts.missing_at_most, facts.missing));
    }
    if (facts.content == nullptr) return view;
    if (facts.content->undo) view.undo_text = shown(facts.content->undo->what);
    if (facts.content->redo) view.redo_text = shown(facts.content->redo->what);
    for (const learn::TaughtClass& taught : facts.content->classes) {
        view.classes.push_back(classView(taught, facts, thumbnails,
                                         opened.contains(QString::fromStdString(taught.id))));
    }
    return view;
}

std::vector<ui::TaughtSimilarity> similaritiesIn(const Recognition& seen,
                                                 const TaughtClasses& taught) {
    std::vector<ui::TaughtSimilarity> all;
    if (seen.labels == nullptr) return all;
    for (std::size_t k = 0; k < seen.labels->size(); ++k) {
        if (!seen.labels->isTaught(k) || k >= seen.scores.size()) continue;
        const auto found =
            std::ranges::find(taught.classes, (*seen.labels)[k].id, &EmbeddedClass::id);
        if (found == taught.classes.end()) continue;
        const double similarity = similarityOfScore(seen.scores[k], found->threshold);
        all.push_back({.id = QString::fromStdString(found->id),
                       .similarity = std::clamp(similarity, 0.0, 1.0),
                       .accepted = seen.scores[k] >= kAccepted});
    }
    return all;
}

// The maps of the frame say it: they hold what was taught at every place.
QString looksLikeText(const Recognition& seen, const TaughtClasses& taught, const RectPx& box) {
    const EmbeddedClass* most = nullptr;
    double similarity = 0;
    for (std::size_t k = 0; seen.labels && k < seen.labels->size(); ++k) {
        if (!seen.labels->isTaught(k)) continue;
        const auto known =
            std::ranges::find(taught.classes, (*seen.labels)[k].id, &EmbeddedClass::id);
        if (known == taught.classes.end()) continue;
        float best = 0;
        for (const ScoreMap& map : seen.mapsOf(k)) {
            for (int row = 0; row < map.rows(); ++row) {
                for (int column = 0; column < map.columns(); ++column) {
                    const CellIndex cell{row, column};
                    if (map.score(k, cell) <= best) continue;
                    const auto place = map.boxAt(cell, k);
                    if (place && intersectionOverUnion(*place, box) >= kSamePlace)
                        best = map.score(k, cell);
                }
            }
        }
        const double like = similarityOfScore(best, known->threshold);
        if (like < known->threshold - kNearly || like <= similarity) continue;
        similarity = like;
        most = &*known;
    }
    if (!most) return {};
    return tr("It looks like %1: %2.").arg(shown(most->name), percent(similarity));
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
    QString text = report.pictures == 1 ? tr("Learnt from 1 picture.")
                                        : tr("Learnt from %1 pictures.").arg(report.pictures);
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
