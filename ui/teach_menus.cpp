// SPDX-License-Identifier: Apache-2.0
#include "ui/teach_menus.h"

#include <QAction>
#include <QCoreApplication>
#include <QIcon>
#include <QInputDialog>
#include <QMenu>
#include <QPainter>
#include <QPixmap>
#include <algorithm>

#include "ui/teach_requests.h"
#include "ui/theme.h"

namespace overfeat::ui {
namespace {

// More lines than this are a dialog with a field to type in.
constexpr std::size_t kMenuClasses = 15;
constexpr int kColours = 12;

QString tr(const char* text) {
    return QCoreApplication::translate("Teach", text);
}

QIcon swatch(int colour) {
    constexpr int kSide = 16;
    QPixmap pixmap(kSide * 2, kSide * 2);
    pixmap.setDevicePixelRatio(2);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(classColour(static_cast<std::size_t>(std::max(colour, 0))));
    painter.drawRoundedRect(QRectF(2, 2, kSide - 4, kSide - 4), 3, 3);
    return pixmap;
}

// Copied: the library may change while a menu is open.
struct Name {
    QString id;
    QString text;
    int colour = 0;
};
std::vector<Name> namesBut(const TeachView& teach, const QString& without_id) {
    std::vector<Name> names;
    for (const TaughtClassView& each : teach.classes) {
        if (each.id != without_id) names.push_back({each.id, each.name, each.colour});
    }
    return names;
}

void askForClass(QWidget* parent, const QString& title, const std::vector<Name>& names,
                 const std::function<void(const QString&)>& chosen) {
    QStringList texts;
    for (const Name& each : names)
        texts << each.text;
    auto* dialog = new QInputDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    dialog->setLabelText(tr("Class:"));
    dialog->setComboBoxItems(texts);
    QObject::connect(dialog, &QInputDialog::textValueSelected, dialog,
                     [names, chosen](const QString& text) {
                         const auto found = std::ranges::find(names, text, &Name::text);
                         if (found != names.end()) chosen(found->id);
                     });
    dialog->open();
}

}  // namespace

QString menuText(const QString& name) {
    QString text = name.size() > 40 ? name.left(39) + QChar(0x2026) : name;
    return text.replace(QLatin1Char('&'), QStringLiteral("&&"));
}

void addClassChoice(QMenu& menu, const QString& text, const TeachView& teach,
                    const QString& without_id,
                    const std::function<void(const QString& class_id)>& chosen) {
    const auto names = namesBut(teach, without_id);
    if (names.size() > kMenuClasses) {
        QWidget* parent = menu.parentWidget();
        QObject::connect(
            menu.addAction(text + QChar(0x2026)), &QAction::triggered, &menu,
            [parent, text, names, chosen] { askForClass(parent, text, names, chosen); });
        return;
    }
    QMenu* lines = menu.addMenu(text);
    lines->menuAction()->setEnabled(!names.empty());
    for (const Name& each : names) {
        QObject::connect(lines->addAction(swatch(each.colour), menuText(each.text)),
                         &QAction::triggered, &menu, [chosen, id = each.id] { chosen(id); });
    }
}

QString nextFreeName(const TeachView& teach, const QString& name) {
    for (int number = 2;; ++number) {
        const QString wanted = QStringLiteral("%1 %2").arg(name).arg(number);
        if (std::ranges::none_of(teach.classes, [&](const TaughtClassView& each) {
                return each.name.compare(wanted, Qt::CaseInsensitive) == 0;
            })) {
            return wanted;
        }
    }
}

void fillCaptureMenu(QMenu& menu, const TeachView& teach, const CaptureMenu& what,
                     TeachRequests& requests) {
    const auto of = std::ranges::find(teach.classes, what.class_id, &TaughtClassView::id);
    if (of == teach.classes.end()) return;
    const bool several = what.capture_ids.size() > 1;
    addClassChoice(menu, several ? tr("Move them to") : tr("Move it to"), teach, what.class_id,
                   [&requests, what](const QString& to) {
                       emit requests.moveCapturesRequested(what.class_id, what.capture_ids, to);
                   });
    QAction* split = menu.addAction(several ? tr("Make them a class of their own")
                                            : tr("Make it a class of its own"));
    split->setEnabled(what.capture_ids.size() < of->capture_count);
    const QString name = nextFreeName(teach, of->name);
    QObject::connect(split, &QAction::triggered, &menu, [&requests, what, name] {
        emit requests.splitRequested(what.class_id, what.capture_ids, name);
    });
    menu.addSeparator();
    QAction* remove = menu.addAction(several ? tr("Delete %1 captures").arg(what.capture_ids.size())
                                             : tr("Delete this capture"));
    QObject::connect(remove, &QAction::triggered, &menu, [&requests, what] {
        emit requests.deleteCapturesRequested(what.class_id, what.capture_ids);
    });
    for (QAction* action : menu.actions())
        action->setEnabled(action->isEnabled() && !teach.read_only);
}

void fillColourMenu(QMenu& menu, const TaughtClassView& of, TeachRequests& requests) {
    for (int colour = 0; colour < kColours; ++colour) {
        QAction* action = menu.addAction(swatch(colour), tr("Colour %1").arg(colour + 1));
        action->setEnabled(colour != of.colour);
        QObject::connect(action, &QAction::triggered, &menu, [&requests, id = of.id, colour] {
            emit requests.colourRequested(id, colour);
        });
    }
}

void fillSeenMenu(QMenu& menu, const TeachView& teach, const SeenBox& seen,
                  const SeenBoxActions& actions, TeachRequests& requests) {
    const bool is_taught = !seen.class_id.isEmpty();
    const auto capture = [&requests, seen](const QString& class_id) {
        emit requests.captureRequested(class_id, seen.frame, seen.box);
    };
    const auto reject = [&requests, seen] {
        emit requests.negativeRequested(seen.class_id, seen.frame, seen.box);
    };
    if (is_taught) {
        QObject::connect(menu.addAction(tr("This is one (%1)").arg(menuText(seen.name))),
                         &QAction::triggered, &menu, [capture, seen] { capture(seen.class_id); });
        QObject::connect(menu.addAction(tr("Not this: it is no %1").arg(menuText(seen.name))),
                         &QAction::triggered, &menu, reject);
        menu.addSeparator();
    }
    QObject::connect(menu.addAction(seen.name.isEmpty() ? tr("Teach\u2026") : tr("Teach as\u2026")),
                     &QAction::triggered, &menu, actions.teach_as);
    addClassChoice(menu, tr("This is one of"), teach, seen.class_id, capture);
    if (is_taught) {
        QObject::connect(menu.addAction(tr("Rename %1\u2026").arg(menuText(seen.name))),
                         &QAction::triggered, &menu,
                         [rename = actions.rename, id = seen.class_id] { rename(id); });
    } else if (seen.name.isEmpty()) {
        QAction* none = menu.addAction(tr("This is none of them"));
        none->setEnabled(!teach.classes.empty());
        QObject::connect(none, &QAction::triggered, &menu, reject);
    }
    for (QAction* action : menu.actions()) {
        action->setEnabled(action->isEnabled() && !teach.read_only && teach.problem.isEmpty());
    }
    if (!actions.remove) return;
    menu.addSeparator();
    QObject::connect(menu.addAction(tr("Remove the box")), &QAction::triggered, &menu,
                     actions.remove);
}

}  // namespace overfeat::ui
