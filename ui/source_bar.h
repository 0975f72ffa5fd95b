// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QWidget>

#include "ui/view_models.h"

class QAction;
class QComboBox;
class QMenu;
class QToolButton;

namespace overfeat::ui {

// The row above the picture: source, model, device; play or pause, step, record, snapshot; menu.
// At small widths the less needed controls hide, last ones first; all of them are in the menu too.
class SourceBar : public QWidget {
    Q_OBJECT
public:
    explicit SourceBar(QWidget* parent = nullptr);

    void setSources(const QList<Choice>& sources, const QString& current);
    void setModels(const QList<Choice>& models, const QString& current);
    void setDevices(const QList<Choice>& devices, const QString& current);
    void setPaused(bool paused);
    bool isPaused() const { return paused_; }
    // A picture, a camera that is opening or nothing at all cannot be stepped.
    void setCanStep(bool can_step);
    void setRecording(bool recording);
    // The button at the right end opens it.
    void setMenu(QMenu* menu);
    void setPanelAction(QAction* action);

signals:
    void sourceChosen(const QString& id);
    void modelChosen(const QString& id);
    void deviceChosen(const QString& id);
    void openFilesWanted();
    void openFolderWanted();
    void openAddressWanted();
    void openModelWanted();
    void moreModelsWanted();
    void serverWanted();
    void playPauseToggled(bool paused);
    void stepRequested();
    void snapshotRequested();
    void recordToggled(bool recording);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QComboBox* addChooser(const QString& name, const QString& tip);
    QToolButton* addButton(const QString& name, const QString& tip);
    void takeChoice(QComboBox& chooser, int row);

    QComboBox* source_ = nullptr;
    QComboBox* model_ = nullptr;
    QComboBox* device_ = nullptr;
    QToolButton* play_ = nullptr;
    QToolButton* step_ = nullptr;
    QToolButton* record_ = nullptr;
    QToolButton* snapshot_ = nullptr;
    QToolButton* panel_ = nullptr;
    QToolButton* menu_ = nullptr;
    bool paused_ = false;
    bool recording_ = false;
};

}  // namespace overfeat::ui
