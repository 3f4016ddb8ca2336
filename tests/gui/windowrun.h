// A scratch hub whose installed daemon a window of this process is attached to: real programs, real repositories.
#pragma once

#include "core/ipc/channel.h"
#include "gui/model/portsources.h"
#include "gui/window/mainwindow.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>

namespace hub::gui
{

// 10 s is the limit for a machine under load.
#define WINDOW_WAIT(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, 10000)

class WindowRun
{
public:
    WindowRun()
    {
        QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, path(QStringLiteral("settings")));
        QDir(m_folder.path()).mkpath(QStringLiteral("project"));
        write(QStringLiteral("agenthub.ini"), "[agents]\nmax_running = 20\nrestart_backoff_seconds = 0\n");
        write(QStringLiteral("project/file.txt"), "one\n");
        for (const QStringList &words :
             {QStringList{QStringLiteral("init"), QStringLiteral("-q"), QStringLiteral("-b"), QStringLiteral("main")},
              {QStringLiteral("config"), QStringLiteral("user.name"), QStringLiteral("T")},
              {QStringLiteral("config"), QStringLiteral("user.email"), QStringLiteral("t@example.org")},
              {QStringLiteral("add"), QStringLiteral(".")},
              {QStringLiteral("commit"), QStringLiteral("-q"), QStringLiteral("-m"), QStringLiteral("one")}})
            run(QStringLiteral("git"), words, path(QStringLiteral("project")));
    }
    ~WindowRun()
    {
        if (m_daemon.state() == QProcess::NotRunning)
            return;
        for (const QJsonValue &task : json({QStringLiteral("tasks")})[QStringLiteral("tasks")].toArray())
            ctl({QStringLiteral("cancel-task"), task[QStringLiteral("task_id")].toVariant().toString(),
                 QStringLiteral("--yes")});
        end();
    }

    QString path(const QString &name) const { return m_folder.path() + QLatin1Char('/') + name; }
    QString dataDir() const { return path(QStringLiteral("data")); }

    void start()
    {
        m_daemon.setStandardErrorFile(path(QStringLiteral("log")), QIODevice::Append);
        m_daemon.start(bin(QStringLiteral("agenthubd")),
                       {QStringLiteral("--data-dir"), dataDir(), QStringLiteral("--config"),
                        path(QStringLiteral("agenthub.ini"))});
        QVERIFY(
            QTest::qWaitFor([&] { return json({QStringLiteral("tasks")}).contains(QStringLiteral("tasks")); }, 20000));
    }
    void end()
    {
        m_daemon.terminate();
        m_daemon.waitForFinished(10000);
    }
    void kill()
    {
        m_daemon.kill();
        m_daemon.waitForFinished(10000);
    }

    // An agent that runs this shell script.
    void addAgent(const QString &name, const QByteArray &script)
    {
        write(name + QStringLiteral(".sh"), script);
        ctl({QStringLiteral("agents"), QStringLiteral("add"), name, QStringLiteral("sh"),
             path(name + QStringLiteral(".sh"))});
    }
    QString assign(const QString &agent, const QString &text)
    {
        return json({QStringLiteral("assign-task"), text, QStringLiteral("--agent"), agent, QStringLiteral("--project"),
                     QStringLiteral("project")})[QStringLiteral("task_id")]
            .toVariant()
            .toString();
    }
    QString stateOf(const QString &task)
    {
        return json({QStringLiteral("task-status"), task})[QStringLiteral("state")].toString();
    }
    QString treeOf(const QString &task)
    {
        return json({QStringLiteral("task-status"), task})[QStringLiteral("path")].toString();
    }
    QByteArray ctl(const QStringList &words)
    {
        return run(bin(QStringLiteral("agenthubctl")), QStringList{QStringLiteral("--data-dir"), dataDir()} + words,
                   m_folder.path());
    }
    QJsonObject json(const QStringList &words)
    {
        return QJsonDocument::fromJson(ctl(QStringList{QStringLiteral("--json")} + words)).object();
    }
    void write(const QString &name, const QByteArray &content) const
    {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
            qFatal("%s can't be written", qPrintable(name));
    }
    static QByteArray contentOf(const QString &file)
    {
        QFile opened(file);
        return opened.open(QIODevice::ReadOnly) ? opened.readAll() : QByteArray();
    }

    std::unique_ptr<HubLink> link() const
    {
        return std::make_unique<HubLink>(std::make_unique<RemoteSource>(
            [folder = dataDir()] { return std::make_unique<ipc::LocalChannel>(folder); }));
    }

private:
    static QString bin(const QString &program) { return QStringLiteral(HUB_BIN_DIR "/") + program; }
    // Waits on the event loop, so that a window of this process goes on.
    static QByteArray run(const QString &program, const QStringList &words, const QString &folder)
    {
        QProcess process;
        process.setWorkingDirectory(folder);
        process.setStandardInputFile(QProcess::nullDevice());
        process.start(program, words);
        [[maybe_unused]] const bool ended =
            QTest::qWaitFor([&] { return process.state() == QProcess::NotRunning; }, 30000);
        if (process.exitCode() != 0 && process.exitCode() != 5) // 5: not there yet
            qWarning().noquote() << program << words << process.readAllStandardError()
                                 << process.readAllStandardOutput();
        return process.readAllStandardOutput();
    }

    QTemporaryDir m_folder;
    QProcess m_daemon;
};

// The child of that name, or of that text for a button; a failed test where there is none.
inline QPushButton *buttonIn(QWidget &window, const QString &name)
{
    const auto buttons = window.findChildren<QPushButton *>();
    for (QPushButton *button : buttons) {
        const QString text = QString(button->text()).remove(QLatin1Char('&'));
        if (button->isVisible() && (button->objectName() == name || text == name))
            return button;
    }
    return nullptr;
}

// The dialog that is open and of this class and title (or a part of it).
template <class Dialog>
Dialog *dialogOf(QWidget &window, const QString &title)
{
    const auto dialogs = window.findChildren<Dialog *>();
    for (Dialog *dialog : dialogs) {
        if (dialog->isVisible() && dialog->windowTitle().contains(title))
            return dialog;
    }
    return nullptr;
}

} // namespace hub::gui
