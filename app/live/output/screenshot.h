// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QTimer>
#include <QWidget>
#include <string>

namespace overfeat::app {

// Saves a picture of a window once the network has answered often enough, then says that the
// program may end: `overfeat-live --screenshot`.
class Screenshot : public QObject {
    Q_OBJECT
public:
    // `after_frames` recognised frames; gives up when none comes for `patience_s`.
    Screenshot(QWidget& window, std::string file, int after_frames, double patience_s = 120);

    void noteResult();
    // There will be no other result (the source is a picture, or has ended): the picture is taken
    // if there has been one at all.
    void noteEnd();
    // The source or the model cannot be used: there will be no result.
    void giveUp(const QString& sentence, int exit_code);

signals:
    // The sentence is empty if the picture was saved.
    void finished(int exit_code, const QString& sentence);

private:
    void take();
    void end(int exit_code, const QString& sentence);

    QWidget& window_;
    std::string file_;
    int remaining_;
    bool had_result_ = false;
    QTimer patience_;
    bool ended_ = false;
};

}  // namespace overfeat::app
