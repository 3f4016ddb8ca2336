// What a page of the window is given, with a hub that answers as a test says.
#pragma once

#include "gui/window/context.h"
#include "tests/gui/fakesource.h"

#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QVBoxLayout>

namespace hub::gui
{

struct TestWindow {
    QTemporaryDir folder; // of this test: the hub's data folder, and the window's own settings
    FakeLink hub;
    QWidget window;
    HubState state;
    CommandRunner runner;

    explicit TestWindow(bool atOnce = true)
        : hub(atOnce, {{QStringLiteral("version"), QStringLiteral("1.0")},
                       {QStringLiteral("role"), QStringLiteral("machine")},
                       {QStringLiteral("name"), QStringLiteral("tester")},
                       {QStringLiteral("data_dir"), folder.path()}})
        , state(*hub.link)
        , runner(*hub.link, window)
    {
    }

    Context context(const QString &place = {})
    {
        return {state, runner, [](const QString &) {}, place};
    }
    // Shows the page as the window's only content.
    void show(QWidget *page, QSize size = {1000, 700})
    {
        auto *layout = new QVBoxLayout(&window);
        layout->setContentsMargins({});
        layout->addWidget(page);
        window.resize(size);
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
    }
    template <class T>
    T *find(const QString &name)
    {
        return window.findChild<T *>(name);
    }
};

// Before the first window: the test's windows are drawn nowhere, and its settings are nobody's.
inline void useNoScreen()
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere"); // no keychain, no portal
    static const QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
}

} // namespace hub::gui
