#include "tests/discord/botrun.h"

#include <QJsonDocument>

#include <csignal>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

void write(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("can't write %s", qPrintable(path));
}

} // namespace

BotRun::BotRun(const QByteArray &settings)
{
    channel = discord.addChannel(u"agents"_s);
    viewer = discord.addUser(u"Vera"_s, {u"101"_s});
    oper = discord.addUser(u"Otto"_s, {u"102"_s});
    admin = discord.addUser(u"Ada"_s, {u"103"_s});
    nobody = discord.addUser(u"Nils"_s);
    write(path(u"agenthub.ini"_s), "[agents]\nmax_running = 20\nrestart_backoff_seconds = 0\n[discord]\nviewer_roles = "
                                   "101\noperator_roles = 102\nadmin_roles = 103\n" +
                                       QByteArray(settings).replace("@CHANNEL", channel.toUtf8()));
    write(path(u"token"_s), FakeDiscord::token().toUtf8());
    QFile::setPermissions(path(u"token"_s), QFile::ReadOwner | QFile::WriteOwner);
    QDir().mkpath(path(u"project"_s));
    write(path(u"project/file.txt"_s), "one\n");
    for (const QStringList &words : {QStringList{u"init"_s, u"-q"_s, u"-b"_s, u"main"_s},
                                     {u"config"_s, u"user.name"_s, u"T"_s},
                                     {u"config"_s, u"user.email"_s, u"t@example.org"_s},
                                     {u"add"_s, u"."_s},
                                     {u"commit"_s, u"-q"_s, u"-m"_s, u"one"_s}})
        run(u"git"_s, QStringList{u"-C"_s, path(u"project"_s)} + words);
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const QString &name : environment.keys()) {
        if (name.startsWith(u"AGENTHUB_"_s) || name.startsWith(u"DISCORD_"_s) || name.startsWith(u"GIT_"_s))
            environment.remove(name);
    }
    environment.insert(u"DISCORD_BOT_TOKEN"_s, FakeDiscord::token());
    environment.insert(u"DISCORD_GUILD_ID"_s, discord.guild);
    environment.insert(u"DISCORD_API_BASE"_s, discord.base().toString());
    environment.insert(u"XDG_RUNTIME_DIR"_s, m_folder.path());
    m_daemon.setProcessEnvironment(environment);
    m_daemon.setStandardErrorFile(path(u"log"_s), QIODevice::Append);
}

BotRun::~BotRun()
{
    if (m_daemon.state() == QProcess::NotRunning)
        return;
    ctl({u"emergency-stop"_s, u"--end"_s}, true);
    end();
}

QByteArray BotRun::log() const
{
    QFile file(path(u"log"_s));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void BotRun::start()
{
    const int before = discord.gateway.identifies();
    m_daemon.start(QStringLiteral(HUB_BIN_DIR "/agenthubd"),
                   {u"--data-dir"_s, path(u"data"_s), u"--config"_s, path(u"agenthub.ini"_s)});
    const bool ready = QTest::qWaitFor(
        [&] {
            return discord.gateway.identifies() > before && discord.gateway.isReady() && discord.registrations() > 0;
        },
        20000);
    if (!ready)
        qFatal("the bot does not come: %s\n%s", log().constData(), qPrintable(discord.violations()));
}

void BotRun::startWithoutToken()
{
    QProcessEnvironment environment = m_daemon.processEnvironment();
    environment.remove(u"DISCORD_BOT_TOKEN"_s);
    m_daemon.setProcessEnvironment(environment);
    m_daemon.start(QStringLiteral(HUB_BIN_DIR "/agenthubd"),
                   {u"--data-dir"_s, path(u"data"_s), u"--config"_s, path(u"agenthub.ini"_s)});
    if (!QTest::qWaitFor([&] { return log().contains("ready, data in"); }, 20000))
        qFatal("the daemon does not come: %s", log().constData());
}

void BotRun::kill()
{
    ::kill(pid_t(m_daemon.processId()), SIGKILL);
    m_daemon.waitForFinished();
}

void BotRun::end()
{
    m_daemon.terminate();
    // The fake has to go on while the daemon says good-bye.
    if (!QTest::qWaitFor([&] { return m_daemon.state() == QProcess::NotRunning; }, 10000))
        kill();
}

QString BotRun::run(const QString &program, const QStringList &words, bool mayFail)
{
    QProcess process;
    QProcessEnvironment environment = m_daemon.processEnvironment();
    process.setProcessEnvironment(environment.isEmpty() ? QProcessEnvironment::systemEnvironment() : environment);
    process.setWorkingDirectory(m_folder.path());
    process.start(program, words);
    process.closeWriteChannel();
    const bool ended = QTest::qWaitFor([&] { return process.state() == QProcess::NotRunning; }, 40000);
    const QByteArray out = process.readAllStandardOutput(), err = process.readAllStandardError();
    if (!mayFail && (!ended || process.exitCode() != 0))
        qFatal("%s %s: exit %d\n%s%s", qPrintable(program), qPrintable(words.join(u' ')), process.exitCode(),
               out.constData(), err.constData());
    return QString::fromUtf8(out + err);
}

QString BotRun::ctl(const QStringList &words, bool mayFail)
{
    return run(QStringLiteral(HUB_BIN_DIR "/agenthubctl"),
               QStringList{u"--data-dir"_s, path(u"data"_s), u"--config"_s, path(u"agenthub.ini"_s)} + words, mayFail);
}

QJsonObject BotRun::json(const QStringList &words)
{
    return QJsonDocument::fromJson(ctl(QStringList{u"--json"_s} + words).toUtf8()).object();
}

void BotRun::addAgent(const QString &name, const QByteArray &script)
{
    write(path(name + u".sh"_s), script);
    ctl({u"agents"_s, u"add"_s, name, u"sh"_s, path(name + u".sh"_s)});
}

} // namespace hub::discord
