// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDialog>
#include <QHash>
#include <QList>
#include <QSet>
#include <QString>
#include <QStringList>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace overfeat::ui {

class ModelRow;

// One model of the list. `id` comes back in the signals.
struct ModelRowView {
    QString id;
    QString title;
    QStringList facts;    // "1,000 classes", "75.1 % right on ImageNet", ...
    bool is_here = true;  // else it can be fetched
    bool can_be_removed = false;
    bool runs = false;  // it looks at the picture now
    QString size;       // of what is fetched: "17 MB"
    bool operator==(const ModelRowView&) const = default;
};

// Every model there is: what each is worth, fetching and removing in place, and several ticked that
// vote. Decides nothing: what a person wants is said by signals, and rows change when told.
class ModelsDialog : public QDialog {
    Q_OBJECT
public:
    explicit ModelsDialog(QWidget* parent = nullptr);

    void setRows(const QList<ModelRowView>& rows);
    // How far the fetching of one is; below 0: it has ended.
    void setProgress(const QString& id, int percent, const QString& words);
    QStringList ticked() const;

signals:
    void opened();
    void useWanted(const QStringList& ids);
    void fetchWanted(const QString& id);
    void cancelWanted();
    void removeWanted(const QString& id);

protected:
    void showEvent(QShowEvent* event) override;

private:
    void showTicks();

    QList<ModelRowView> views_;
    QHash<QString, ModelRow*> rows_;
    QString fetching_;
    QWidget* list_ = nullptr;
    QVBoxLayout* order_ = nullptr;
    QLabel* words_ = nullptr;
    QPushButton* use_ = nullptr;
};

}  // namespace overfeat::ui
