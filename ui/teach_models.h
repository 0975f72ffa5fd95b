// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QImage>
#include <QString>
#include <optional>
#include <vector>

// What the page Teach is told, as plain values (view_models.h holds those of the other pages). All
// texts may come from a file of a stranger: they are only ever shown as plain text.
namespace overfeat::ui {

// Of the one file that classes are exported to.
inline constexpr const char* kLibrarySuffix = "overfeat-classes";

// One capture of a class: a box of a picture, kept as its crop.
struct TaughtCaptureView {
    QString id;
    QImage thumbnail;        // null = still being read
    QString source;          // "HD Pro Webcam C920, 14:02"; may be empty
    QString hint;            // "blurred", "looks like mug: 83 %"; empty = nothing is wrong
    bool disagrees = false;  // with the other captures of its class
};

struct TaughtClassView {
    QString id;  // ClassLabel::id of its label; unique, never empty
    QString name;
    int colour = 0;    // a number for classColour()
    QImage thumbnail;  // null = none yet
    int capture_count = 0;
    // May be left out until TeachRequests::classOpened says that a person looks at them.
    std::vector<TaughtCaptureView> captures;
    bool enabled = true;
    double threshold = 0.5;  // of the similarity, 0..1
    bool threshold_is_automatic = true;
    QString advice;  // "One more capture from another side would help."; may be empty
};

// The similarity of the best place in the newest picture; comes with every result.
struct TaughtSimilarity {
    QString id;
    double similarity = 0;  // 0..1
    bool accepted = false;  // it is called by this name now
};

struct TeachView {
    std::vector<TaughtClassView> classes;  // in a lasting order: keys 1 to 9 are the first nine
    bool only_taught = false;              // built-in classes are not shown
    QString undo_text;                     // "Delete mug"; empty = nothing to take back
    QString redo_text;
    bool read_only = false;  // the library cannot be written
    // Why nothing can be taught now ("This network has no features to compare."); empty = it can.
    QString problem;
    // What may be wrong with the box of the last TeachRequests::boxSettled ("It is blurred.", "It
    // looks like mug: 83 %."); one sentence, shown while that box is there.
    QString box_hint;
    QString notice;        // anything else to be known about the library; may be empty
    double progress = -1;  // of making the captures known to another network, 0..1; below 0 = none
};

}  // namespace overfeat::ui
