// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QHash>
#include <QImage>
#include <QSet>
#include <QString>
#include <QStringList>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/teach/capture_fit.h"
#include "app/teach/picture_examples.h"
#include "engine/core/image.h"
#include "engine/core/recognition.h"
#include "engine/core/taught_classes.h"
#include "engine/learn/class_library.h"
#include "ui/teach_models.h"

// From the class library and the recognition to what the page Teach is told. Pure functions.
namespace overfeat::app {

struct TeachFacts {
    const learn::LibraryContent* content = nullptr;  // null = not read yet
    bool has_home = true;
    bool has_network = false;
    bool can_teach = false;
    bool only_taught = false;
    QString read_only;
    QString notice;
    QString box_hint;
    // Of the classes that are opened; never null.
    const std::map<std::string, teach::ClassFit>* fits = nullptr;
    std::size_t missing = 0;
    std::size_t missing_at_most = 0;
};

ui::TeachView teachView(const TeachFacts& facts, const QHash<QString, QImage>& thumbnails,
                        const QSet<QString>& opened);
// Of every class that is looked for.
std::vector<ui::TaughtSimilarity> similaritiesIn(const Recognition& seen,
                                                 const TaughtClasses& taught);
// What was taught already and is as like what is in the box as its threshold wants, or nearly, as a
// sentence; mostly empty.
QString looksLikeText(const Recognition& seen, const TaughtClasses& taught, const RectPx& box);
// The surest object that is not one of those taught.
std::optional<RectPx> suggestedBox(const Recognition& seen);

QString importText(const learn::ImportReport& report);
QString filesTaughtText(const teach::FilesTaught& report);
std::vector<std::string> idsOf(const QStringList& ids);
QImage thumbnailImage(Image image);

}  // namespace overfeat::app
