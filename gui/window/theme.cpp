#include "gui/window/theme.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>
#include <QPalette>
#include <QSettings>
#include <QStyle>

using namespace Qt::StringLiterals;

namespace hub::gui
{

namespace
{

// https://flatpak.github.io/xdg-desktop-portal: org.freedesktop.portal.Settings, "color-scheme" is 1 for dark.
const QString portal = u"org.freedesktop.portal.Desktop"_s, portalPath = u"/org/freedesktop/portal/desktop"_s,
              settingsArea = u"org.freedesktop.portal.Settings"_s, appearance = u"org.freedesktop.appearance"_s,
              colourScheme = u"color-scheme"_s;
constexpr uint prefersDark = 1;
const QString chosen = u"window/theme"_s;

QPalette darkPalette()
{
    const QColor window(0x23, 0x26, 0x2d), base(0x1b, 0x1d, 0x23), text(0xe6, 0xe8, 0xec), quiet(0x8d, 0x94, 0xa1),
        button(0x2e, 0x32, 0x3b), accent(0x2f, 0x74, 0xc8);
    QPalette palette(button, window);
    palette.setColor(QPalette::Window, window);
    palette.setColor(QPalette::WindowText, text);
    palette.setColor(QPalette::Base, base);
    palette.setColor(QPalette::AlternateBase, QColor(0x20, 0x23, 0x2a));
    palette.setColor(QPalette::Text, text);
    palette.setColor(QPalette::Button, button);
    palette.setColor(QPalette::ButtonText, text);
    palette.setColor(QPalette::BrightText, Qt::white);
    palette.setColor(QPalette::Highlight, accent);
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, QColor(0x6c, 0xb2, 0xff));
    palette.setColor(QPalette::LinkVisited, QColor(0xb3, 0x9d, 0xf2));
    palette.setColor(QPalette::ToolTipBase, button);
    palette.setColor(QPalette::ToolTipText, text);
    palette.setColor(QPalette::PlaceholderText, quiet);
    palette.setColor(QPalette::Light, QColor(0x3d, 0x42, 0x4d));
    palette.setColor(QPalette::Midlight, QColor(0x35, 0x3a, 0x44));
    palette.setColor(QPalette::Mid, QColor(0x45, 0x4b, 0x57));
    palette.setColor(QPalette::Dark, QColor(0x15, 0x17, 0x1b));
    palette.setColor(QPalette::Shadow, Qt::black);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        palette.setColor(QPalette::Disabled, role, QColor(0x6a, 0x71, 0x7e));
    palette.setColor(QPalette::Disabled, QPalette::Highlight, QColor(0x3d, 0x42, 0x4d));
    return palette;
}

} // namespace

Theme::Theme(QObject *parent)
    : QObject(parent)
{
    askSystem();
    apply();
}

Theme::Choice Theme::choice()
{
    const QString text = QSettings().value(chosen).toString();
    return text == u"dark" ? Choice::Dark : text == u"light" ? Choice::Light : Choice::System;
}

void Theme::choose(Choice choice)
{
    QSettings().setValue(chosen, choice == Choice::Dark    ? u"dark"_s
                                 : choice == Choice::Light ? u"light"_s
                                                           : u"system"_s);
    apply();
}

// Without a portal nothing is said, and the platform's own palette counts.
void Theme::askSystem()
{
    QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected())
        return;
    bus.connect(portal, portalPath, settingsArea, u"SettingChanged"_s, this,
                SLOT(onSettingChanged(QString, QString, QDBusVariant)));
    QDBusMessage call = QDBusMessage::createMethodCall(portal, portalPath, settingsArea, u"Read"_s);
    call.setArguments({appearance, colourScheme});
    auto *watcher = new QDBusPendingCallWatcher(bus.asyncCall(call, 2000), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher] {
        watcher->deleteLater();
        const QDBusPendingReply<QDBusVariant> reply = *watcher;
        if (!reply.isError())
            onSettingChanged(appearance, colourScheme, reply.value());
    });
}

void Theme::onSettingChanged(const QString &area, const QString &key, const QDBusVariant &value)
{
    if (area != appearance || key != colourScheme)
        return;
    QVariant inner = value.variant(); // Read answers a variant in a variant
    if (inner.canConvert<QDBusVariant>())
        inner = inner.value<QDBusVariant>().variant();
    m_systemDark = inner.toUInt() == prefersDark;
    apply();
}

void Theme::apply()
{
    const Choice wanted = choice();
    const bool platformDark = QApplication::style()->standardPalette().color(QPalette::Base).lightness() < 128;
    const bool dark = wanted == Choice::Dark || (wanted == Choice::System && m_systemDark.value_or(platformDark));
    if (dark == platformDark)
        QApplication::setPalette(QPalette()); // the platform's own
    else
        QApplication::setPalette(dark ? darkPalette() : QPalette(QColor(0xef, 0xef, 0xef)));
}

} // namespace hub::gui
