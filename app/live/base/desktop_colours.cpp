// SPDX-License-Identifier: Apache-2.0
#include "app/live/base/desktop_colours.h"

#include <QDBusConnection>
#include <QDBusVariant>
#include <QFileInfo>

namespace overfeat::app {
namespace {

constexpr const char* kService = "org.freedesktop.portal.Desktop";
constexpr const char* kPath = "/org/freedesktop/portal/desktop";
constexpr const char* kInterface = "org.freedesktop.portal.Settings";
constexpr const char* kSpace = "org.freedesktop.appearance";
constexpr const char* kKey = "color-scheme";

// Asking for a bus where there is none would start one.
bool hasSessionBus() {
    if (!qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS")) return true;
    const QString folder = qEnvironmentVariable("XDG_RUNTIME_DIR");
    return !folder.isEmpty() && QFileInfo::exists(folder + "/bus");
}

}  // namespace

DesktopColours::DesktopColours() = default;

void DesktopColours::start() {
    if (!hasSessionBus()) return;
    QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected()) return;
    bus.connect(kService, kPath, kInterface, "SettingChanged", this,
                SLOT(settingChanged(QDBusMessage)));
    QDBusMessage question = QDBusMessage::createMethodCall(kService, kPath, kInterface, "Read");
    question << QString(kSpace) << QString(kKey);
    bus.callWithCallback(question, this, SLOT(answered(QDBusMessage)));
}

std::optional<bool> DesktopColours::isDark(const QVariant& value) {
    QVariant inner = value;  // a variant in a variant, in Read()'s answer
    while (inner.canConvert<QDBusVariant>())
        inner = inner.value<QDBusVariant>().variant();
    bool is_number = false;
    const uint scheme = inner.toUInt(&is_number);
    constexpr uint kDark = 1;
    constexpr uint kLight = 2;
    if (!is_number || (scheme != kDark && scheme != kLight)) return std::nullopt;
    return scheme == kDark;
}

void DesktopColours::settingChanged(const QDBusMessage& message) {
    const QVariantList what = message.arguments();  // space, key, value
    if (what.size() == 3 && what[0].toString() == kSpace && what[1].toString() == kKey) {
        emit changed(isDark(what[2]));
    }
}

void DesktopColours::answered(const QDBusMessage& answer) {
    if (!answer.arguments().isEmpty()) emit changed(isDark(answer.arguments().first()));
}

}  // namespace overfeat::app
