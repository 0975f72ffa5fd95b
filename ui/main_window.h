// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QList>
#include <QMainWindow>
#include <QUrl>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/core/image.h"
#include "engine/core/recognition.h"
#include "ui/annotated_picture.h"
#include "ui/comparison_panes.h"
#include "ui/teach_models.h"
#include "ui/view_models.h"
#include "ui/widgets_fwd.h"

namespace overfeat::ui {

// The window of OverFeat Live: arranges the widgets and connects them, nothing else.
//
// It is told what to show through the plain-value slots and says what a person wants through its
// signals; it never opens a device, a file or a model, and none of its slots waits for anything.
// Threads: GUI thread only.
class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    explicit MainWindow(QWidget* parent = nullptr);
    ~MainWindow() override;

    // What is looked at, a picture or both of a comparison, at its own resolution; null at first.
    QImage snapshot(bool with_overlay) const;
    // The newest picture with its overlay, whatever is looked at.
    AnnotatedPicture livePicture() const;
    WindowPreferences preferences() const;
    void setPreferences(const WindowPreferences& preferences);
    // The class whose heat map is wanted; nothing = whatever is at the top of the list.
    std::optional<std::size_t> selectedClass() const;
    LiveView& liveView() { return *live_view_; }
    // What is measured and looked into is asked for there, and told there.
    NetworkPage& networkPage() { return *network_page_; }
    // What a person wants of the taught classes; answer with setTeach().
    TeachRequests& teachRequests() { return *teach_requests_; }

public slots:
    // The newest picture. Cheap: nothing is converted until the next repaint.
    void setFrame(const overfeat::FramePtr& frame);
    // The newest result and the frame it is about (may be null: then its age is unknown).
    void setRecognition(const std::shared_ptr<const overfeat::Recognition>& recognition,
                        const overfeat::FramePtr& frame);
    void clear();         // picture and results, e.g. when the source changes
    void clearResults();  // only the results, e.g. when the model changes
    // `current` is a Choice::id.
    void setSources(const QList<overfeat::ui::Choice>& sources, const QString& current);
    void setModels(const QList<overfeat::ui::Choice>& models, const QString& current);
    void setDevices(const QList<overfeat::ui::Choice>& devices, const QString& current);

    void setSourceStatus(const overfeat::ui::SourceStatusView& status);
    void setNetworkStatus(const overfeat::ui::NetworkStatusView& status);
    void setDevice(const overfeat::ui::DeviceView& device);
    void setModel(const overfeat::ui::ModelView& model);
    void setOptions(const overfeat::Look& options);
    void setRecording(const overfeat::ui::RecordingView& recording);
    // Other objects of the shown recognition (other options); null = its own.
    void setDetections(const std::shared_ptr<const overfeat::Detections>& detections);
    void setDetectionOptions(const overfeat::DetectionOptions& options);
    // Shows two results of one frozen frame instead of the live picture; null = the picture again.
    void setComparison(const std::shared_ptr<const overfeat::ui::Comparison>& comparison);
    void setBudget(const overfeat::ui::BudgetView& budget);
    // What "Reset to defaults" on the pages goes back to.
    void setDefaults(const overfeat::Look& look, double floor_fps);
    // What the desktop prefers; nothing = it does not say.
    void setDesktopIsDark(std::optional<bool> dark);
    void setTeach(const overfeat::ui::TeachView& teach);
    // Of the newest result; cheap. Classes that are missing have none.
    void setTaughtSimilarities(const std::vector<overfeat::ui::TaughtSimilarity>& similarities);
    // Where something worth teaching is, in the newest frame; nothing = half of it, in its middle.
    void setSuggestedBox(const std::optional<overfeat::RectPx>& box);

    // Beside those about other subjects. `dismissMessage` takes back those with that action.
    void showMessage(const overfeat::ui::MessageView& message);
    void dismissMessage(const QString& action_id);

signals:
    void sourceChosen(const QString& id);
    void modelChosen(const QString& id);
    void deviceChosen(const QString& id);
    void optionsChanged(const overfeat::Look& options);
    void detectionOptionsChanged(const overfeat::DetectionOptions& options);
    void comparisonRequested(overfeat::ui::ComparisonChoice choice);  // answer: setComparison()
    void frameRateFloorChanged(double fps);                           // 0 = none
    void playPauseToggled(bool paused);
    void stepRequested();
    void stepBackRequested();
    void seekRequested(double media_time_s);
    void speedChanged(double factor);
    void snapshotRequested(bool with_overlay);
    void recordToggled(bool recording);
    // Files, folders, models or network addresses: dropped, chosen in a dialog, typed, or pasted.
    void openRequested(const QList<QUrl>& urls);
    void imagePasted(const QImage& image);  // from the clipboard
    void messageActionTriggered(const QString& action_id);
    void moreModelsRequested();  // the list of all models, please
    void serverRequested();
    void preferencesChanged();
    void selectedClassChanged();
    void closing();

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    bool focusNextPrevChild(bool next) override;

private:
    void createLayout();
    void createMenu();
    void createOpenActions(QMenu& menu);
    void createSaveActions(QMenu& menu);
    void createViewActions(QMenu& menu);
    void createBoxActions(QMenu& menu);
    void createPlayerKeys();
    void createTeachActions(QMenu& menu);
    void createKeys();
    void connectWidgets();
    void connectBoxes();
    void connectTeaching();
    void openPage(int page);
    void setHeatMapVisible(bool visible);
    void showBoxLayers(const BoxLayers& layers);
    void requestComparison(ComparisonChoice choice);
    LiveView& lookedAt();
    void listObjects();
    void setDropHint(bool on);
    QAction* addMenuAction(QMenu& menu, const QString& text, const QKeySequence& key);
    void addKey(const QKeySequence& key, std::function<void()> what);
    void setTheme(ThemeMode mode);
    void setRecordingFormat(RecordingFormat format);
    void setFullScreen(bool on);
    void leaveSomething();
    void openFiles(const QString& title, const QString& filter);
    void openFolder();
    void openAddress();
    void paste();

    SourceBar* source_bar_ = nullptr;
    MessageStack* messages_ = nullptr;
    LiveView* live_view_ = nullptr;
    SidePanel* side_panel_ = nullptr;
    SeePage* see_page_ = nullptr;
    TeachRequests* teach_requests_ = nullptr;
    TeachPage* teach_page_ = nullptr;
    Teaching* teaching_ = nullptr;
    BoxesPage* boxes_page_ = nullptr;
    ComparisonPanes* panes_ = nullptr;
    NetworkPage* network_page_ = nullptr;
    StatusStrip* status_strip_ = nullptr;
    PlayerBar* player_bar_ = nullptr;
    QAction* pause_action_ = nullptr;
    QAction* panel_action_ = nullptr;
    QAction* heat_map_action_ = nullptr;
    QAction* full_screen_action_ = nullptr;
    QAction* record_action_ = nullptr;
    QAction* history_actions_[2] = {};  // undo, redo
    QAction* layer_actions_[3] = {};    // objects, raw boxes, windows
    QActionGroup* theme_actions_ = nullptr;
    QActionGroup* recording_actions_ = nullptr;
    ThemeMode theme_ = ThemeMode::kSystem;
    std::optional<bool> desktop_is_dark_;
    bool panel_before_full_screen_ = true;
};

}  // namespace overfeat::ui
