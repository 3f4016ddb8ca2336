// A scratch hub whose installed daemon works with a fake Discord of this process.
#pragma once

#include "tests/discord/fakediscord.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace hub::discord
{

// Waits on the event loop, which is what the fake lives on; 20 s is the limit for a machine under load.
#define BOT_WAIT(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, 20000)

class BotRun
{
public:
    // `settings`: more lines of the settings file.
    explicit BotRun(const QByteArray &settings = {});
    ~BotRun();

    void startWithoutToken();
    void start(); // and waits until it is ready on Discord
    void kill();  // SIGKILL
    void end();   // SIGTERM
    QString run(const QString &program, const QStringList &words, bool mayFail = false);
    QString ctl(const QStringList &words, bool mayFail = false);
    QJsonObject json(const QStringList &words);
    // An agent that runs this shell script.
    void addAgent(const QString &name, const QByteArray &script);
    QString path(const QString &name) const { return m_folder.path() + QLatin1Char('/') + name; }
    QByteArray log() const;
    qint64 pid() const { return m_daemon.processId(); }

    FakeDiscord discord;
    QString channel, viewer, oper, admin, nobody; // a channel, and people with those rights

private:
    QTemporaryDir m_folder;
    QProcess m_daemon;
};

} // namespace hub::discord
