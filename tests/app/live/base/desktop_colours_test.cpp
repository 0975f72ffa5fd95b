// SPDX-License-Identifier: Apache-2.0
//
// With a session bus of its own (dbus-run-session) and a portal that exists only here.
#include "app/live/base/desktop_colours.h"

#include <gtest/gtest.h>

#include <QDBusConnection>
#include <QDBusVariant>

#include "tests/app/live/fakes.h"

namespace overfeat::app {
namespace {

constexpr const char* kPath = "/org/freedesktop/portal/desktop";

class FakePortal : public QObject {
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.freedesktop.portal.Settings")
public:
    FakePortal() : bus_(QDBusConnection::connectToBus(QDBusConnection::SessionBus, "portal")) {
        bus_.registerObject(kPath, this, QDBusConnection::ExportAllSlots);
        bus_.registerService("org.freedesktop.portal.Desktop");
    }
    ~FakePortal() override {
        bus_.unregisterObject(kPath);  // the bus's thread must not find it half destroyed
        QDBusConnection::disconnectFromBus("portal");
    }
    bool isThere() const { return bus_.isConnected(); }
    void change(const QString& key, uint scheme) {
        QDBusMessage signal =
            QDBusMessage::createSignal(kPath, "org.freedesktop.portal.Settings", "SettingChanged");
        signal << QString("org.freedesktop.appearance") << key
               << QVariant::fromValue(QDBusVariant(scheme));
        bus_.send(signal);
    }

public slots:
    QDBusVariant Read(const QString& space, const QString& key) {  // NOLINT: the portal's name
        asked = space + " " + key;
        return QDBusVariant(QVariant::fromValue(QDBusVariant(uint{1})));
    }

public:
    QString asked;

private:
    QDBusConnection bus_;
};

TEST(DesktopColours, FollowsThePortal) {
    FakePortal portal;
    ASSERT_TRUE(portal.isThere()) << "run it with dbus-run-session";
    DesktopColours colours;
    std::vector<std::optional<bool>> said;
    QObject::connect(&colours, &DesktopColours::changed, &colours,
                     [&said](std::optional<bool> dark) { said.push_back(dark); });
    colours.start();
    ASSERT_TRUE(test::waitFor([&] { return said.size() == 1; }));
    EXPECT_EQ(portal.asked, "org.freedesktop.appearance color-scheme");
    EXPECT_EQ(said[0], true);
    portal.change("accent-color", 1);
    portal.change("color-scheme", 2);
    portal.change("color-scheme", 0);
    ASSERT_TRUE(test::waitFor([&] { return said.size() == 3; }));
    EXPECT_EQ(said[1], false) << "while it runs";
    EXPECT_EQ(said[2], std::nullopt) << "no preference";
}

TEST(DesktopColours, StrangeAnswersMeanNoPreference) {
    EXPECT_EQ(DesktopColours::isDark({}), std::nullopt);
    EXPECT_EQ(DesktopColours::isDark("dark"), std::nullopt);
    EXPECT_EQ(DesktopColours::isDark(7U), std::nullopt);
    EXPECT_EQ(DesktopColours::isDark(1U), true);
}

}  // namespace
}  // namespace overfeat::app

#include "desktop_colours_test.moc"
