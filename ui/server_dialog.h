// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDialog>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;

namespace overfeat::ui {

// Where an inference server listens. Decides nothing: what was typed is asked for by a signal, and
// the dialog closes when it is told that all is well.
class ServerDialog : public QDialog {
    Q_OBJECT
public:
    explicit ServerDialog(QWidget* parent = nullptr);

    // What is in the fields when it opens: "HOST:PORT/MODEL".
    void setServer(const QString& address, bool grpc);
    // To useWanted(): a sentence, or nothing if the server is used now.
    void answer(const QString& problem);

signals:
    void useWanted(const QString& address, bool grpc);
    void cancelled();  // the answer is not waited for any more

protected:
    void showEvent(QShowEvent* event) override;

private:
    void ask();
    void setAsking(bool asking);

    QComboBox* way_ = nullptr;
    QLineEdit* address_ = nullptr;
    QLabel* words_ = nullptr;
    QPushButton* use_ = nullptr;
    bool asking_ = false;
};

}  // namespace overfeat::ui
