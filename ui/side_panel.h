// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

class QButtonGroup;
class QHBoxLayout;
class QStackedWidget;

namespace overfeat::ui {

// In the order of their names.
enum Page : int { kSeePage, kTeachPage, kBoxesPage, kNetworkPage };

// The foldable panel at the right: pages with their names in one row on top.
class SidePanel : public QWidget {
    Q_OBJECT
public:
    explicit SidePanel(QWidget* parent = nullptr);

    // Takes the page, which scrolls where it needs more room than there is.
    void addPage(const QString& name, QWidget* page);
    int currentPage() const;
    void setCurrentPage(int page);

signals:
    void pageChanged(int page);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QHBoxLayout* names_ = nullptr;
    QButtonGroup* group_ = nullptr;
    QStackedWidget* pages_ = nullptr;
};

}  // namespace overfeat::ui
