// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDBusMessage>
#include <QObject>
#include <QVariant>
#include <optional>

namespace overfeat::app {

// Whether the desktop prefers dark windows, and when that changes: the setting that GNOME, KDE and
// others answer through the desktop portal. Qt 6.4 does not read it, so without this the window
// would keep its colours until the next start.
//
// Asks without waiting. Where there is no session bus or nobody answers, nothing is ever said.
// Threads: GUI thread only.
class DesktopColours : public QObject {
    Q_OBJECT
public:
    DesktopColours();
    // Asks, and listens from now on.
    void start();

    // What a value of the portal's "color-scheme" means; nothing = no preference.
    static std::optional<bool> isDark(const QVariant& value);

signals:
    void changed(std::optional<bool> dark);

private slots:
    void settingChanged(const QDBusMessage& message);
    void answered(const QDBusMessage& answer);
};

}  // namespace overfeat::app
