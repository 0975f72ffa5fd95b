// SPDX-License-Identifier: Apache-2.0
//
// The main window: teaching.
#include <QAction>
#include <QMenu>

#include "ui/boxes_page.h"
#include "ui/class_search.h"
#include "ui/live_view.h"
#include "ui/main_window.h"
#include "ui/objects_list.h"
#include "ui/see_page.h"
#include "ui/side_panel.h"
#include "ui/teach_page.h"
#include "ui/teach_requests.h"
#include "ui/teaching.h"

namespace overfeat::ui {

void MainWindow::createTeachActions(QMenu& menu) {
    connect(addMenuAction(menu, tr("Teach"), QKeySequence(Qt::Key_T)), &QAction::triggered, this,
            [this] { teaching_->askForName(); });
    connect(addMenuAction(menu, tr("Draw a box"), QKeySequence(Qt::Key_D)), &QAction::triggered,
            this, [this] {
                if (!panes_->isHidden()) requestComparison(ComparisonChoice::kNone);
                teaching_->toggleDrawing();
            });
    connect(addMenuAction(menu, tr("Freeze"), QKeySequence(Qt::Key_F)), &QAction::triggered, this,
            [this] { teaching_->toggleFreeze(); });
    history_actions_[0] = addMenuAction(menu, tr("Undo"), QKeySequence::Undo);
    history_actions_[1] =
        addMenuAction(menu, tr("Redo"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z));
    connect(history_actions_[0], &QAction::triggered, teach_requests_,
            &TeachRequests::undoRequested);
    connect(history_actions_[1], &QAction::triggered, teach_requests_,
            &TeachRequests::redoRequested);
}

void MainWindow::connectTeaching() {
    teaching_ = new Teaching(*live_view_, *teach_page_, *teach_requests_, this);
    setTeach({});
    const auto look = [this] {
        const bool seen = side_panel_->currentPage() == kTeachPage && !side_panel_->isHidden();
        if (seen && !panes_->isHidden()) requestComparison(ComparisonChoice::kNone);
        teaching_->setPageSeen(seen);
    };
    connect(side_panel_, &SidePanel::pageChanged, this, look);
    connect(panel_action_, &QAction::toggled, this, look);  // after the panel has folded
    connect(teaching_, &Teaching::pageWanted, this, [this] { openPage(kTeachPage); });
    connect(&see_page_->search(), &ClassSearch::teachWanted, teaching_, &Teaching::askForName);
    connect(&boxes_page_->list(), &ObjectsList::objectMenuWanted, this,
            [this](std::size_t object, const QPoint& at) {
                teaching_->showObjectMenu(lookedAt(), object, at);
            });
    for (LiveView* pane : {&panes_->pane(0), &panes_->pane(1)}) {
        connect(pane, &LiveView::menuWanted, this,
                [this, pane](std::optional<std::size_t> object, const QPoint& at) {
                    if (object) teaching_->showObjectMenu(*pane, *object, at);
                });
    }
    for (const auto elsewhere : {&MainWindow::stepRequested, &MainWindow::stepBackRequested})
        connect(this, elsewhere, teaching_, &Teaching::letFrameGo);
    connect(this, &MainWindow::seekRequested, teaching_, &Teaching::letFrameGo);
}

void MainWindow::openPage(int page) {
    panel_action_->setChecked(true);
    side_panel_->setCurrentPage(page);
}

void MainWindow::setTeach(const TeachView& teach) {
    teach_page_->setTeach(teach);
    history_actions_[0]->setEnabled(!teach.undo_text.isEmpty() && !teach.read_only);
    history_actions_[1]->setEnabled(!teach.redo_text.isEmpty() && !teach.read_only);
    const auto text = [](const QString& what, const QString& of) {
        return of.isEmpty() ? what
                            : QStringLiteral("%1: %2").arg(what, QString(of).replace('&', "&&"));
    };
    history_actions_[0]->setText(text(tr("Undo"), teach.undo_text));
    history_actions_[1]->setText(text(tr("Redo"), teach.redo_text));
}

void MainWindow::setTaughtSimilarities(const std::vector<TaughtSimilarity>& similarities) {
    teach_page_->setSimilarities(similarities);
}

void MainWindow::setSuggestedBox(const std::optional<RectPx>& box) {
    live_view_->setSuggestedBox(box);
}

}  // namespace overfeat::ui
