// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>
#include <optional>

#include "ui/teach_models.h"

class QCompleter;
class QLabel;
class QLineEdit;
class QMenu;
class QProgressBar;
class QPushButton;
class QStringListModel;
class QToolButton;

namespace overfeat::ui {

class DropPlate;
class Switch;
class TaughtList;
class TeachRequests;
class TeachSketch;

// What the picture offers to be taught.
enum class TeachableBox { kNoPicture, kSuggested, kDrawn };

// Teach a name to what is in the box, and keep order among what was taught. What a person wants of
// the library goes to TeachRequests at once; what needs box and frame is told by the signals here.
class TeachPage : public QWidget {
    Q_OBJECT
public:
    explicit TeachPage(TeachRequests& requests, QWidget* parent = nullptr);
    ~TeachPage() override;

    void setTeach(const TeachView& teach);
    const TeachView& teach() const { return teach_; }
    void setSimilarities(const std::vector<TaughtSimilarity>& similarities);
    void setBox(TeachableBox box);
    // `can_freeze`: the source runs, or has been paused.
    void setFrozen(bool frozen, bool can_freeze);

    // The class of a row, from 0; null if there is none.
    const TaughtClassView* classAt(std::size_t row) const;
    // By id, or by name in any case; null if there is none.
    const TaughtClassView* classOf(const QString& class_id) const;
    const TaughtClassView* classNamed(const QString& name) const;
    // The name field gets the keyboard; a text replaces its own.
    void focusName(const QString& text = {});
    void clearName();
    void renameClass(const QString& class_id);
    // Why nothing can be taught now; empty = it can.
    QString problem() const;
    TaughtList& list() { return *list_; }

signals:
    void nameEntered(const QString& name);
    void captureWanted(const QString& class_id);
    void freezeToggled();

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* createNaming();
    QWidget* createLibrary();
    void enterName();
    void showWhatToDo();
    void showLibrary();
    void showClassMenu(const QString& class_id, const QPoint& at);
    void popUp(QMenu* menu, const QPoint& at);
    void importLibrary();
    void exportLibrary(const QStringList& class_ids);

    TeachRequests& requests_;
    TeachView teach_;
    TeachableBox box_ = TeachableBox::kNoPicture;
    bool frozen_ = true, can_freeze_ = true;
    QString renamed_when_there_;  // a class that was split off gets its name from the person

    QLabel* what_to_do_ = nullptr;
    QLineEdit* name_ = nullptr;
    QStringListModel* names_ = nullptr;
    QPushButton* teach_button_ = nullptr;
    QPushButton* freeze_ = nullptr;
    Switch* only_taught_ = nullptr;
    QLabel* notice_ = nullptr;
    QProgressBar* progress_ = nullptr;
    QLabel* count_ = nullptr;
    TaughtList* list_ = nullptr;
    TeachSketch* sketch_ = nullptr;
    QToolButton* undo_ = nullptr;
    QToolButton* redo_ = nullptr;
    QPushButton* import_ = nullptr;
    QPushButton* export_ = nullptr;
    DropPlate* drop_plate_ = nullptr;
};

}  // namespace overfeat::ui
