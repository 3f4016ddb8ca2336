// agenthubd: the hub without a window. Composes; decides nothing.
#include "core/base/account.h"
#include "core/base/log.h"
#include "core/base/program.h"
#include "core/hub/hub.h"
#include "core/ipc/endpoint.h"
#include "core/ipc/peer.h"
#include "core/ipc/server.h"
#include "headless/daemon/signalwatcher.h"
#ifdef HUB_DISCORD
#include "headless/discord/discordside.h"
#endif

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QFileInfo>

#include <csignal>
#include <cstdio>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace hub;
using namespace Qt::StringLiterals;

namespace
{

class HubRuns final : public ipc::RunDirectory
{
public:
    explicit HubRuns(const Hub &hub)
        : m_hub(hub)
    {
    }
    std::optional<RunId> runOfShim(qint64 pid, quint64 startTicks) const override
    {
        return m_hub.runOfShim(pid, startTicks);
    }
    std::optional<RunId> runOfMark(const QByteArray &mark) const override { return m_hub.runOfMark(mark); }

private:
    const Hub &m_hub;
};

int complain(const Error &error)
{
    std::fprintf(stderr, "%s\n", qPrintable(error.message));
    if (!error.hint.isEmpty())
        std::fprintf(stderr, "  %s\n", qPrintable(error.hint));
    return 1;
}

Result<HubConfig> configFrom(const QCommandLineParser &line)
{
    HubConfig config;
    HUB_TRY(config.dataDir, ipc::findDataDir(line.value(u"data-dir"_s), line.value(u"config"_s)));
    const QString file = ipc::settingsFile(line.value(u"config"_s));
    HUB_TRY(config.settings, Settings::load(file, QProcessEnvironment::systemEnvironment()));
    config.agentsDir = QFileInfo(file).path() + u"/agents.d"_s;
    config.programFolder = QCoreApplication::applicationDirPath();
    config.shimProgram = QFile::encodeName(programBeside(config.programFolder, u"agenthub-shim"_s));
    if (config.shimProgram.isEmpty())
        return fail(ErrorCode::NotFound, u"agenthub-shim is not beside this program, so no agent could run."_s,
                    u"Install AgentHub again."_s);
    config.hookProgram = QFile::encodeName(programBeside(config.programFolder, u"agenthub-hook"_s));
    if (config.hookProgram.isEmpty())
        return fail(ErrorCode::NotFound, u"agenthub-hook is not beside this program, so no branch could be guarded."_s,
                    u"Install AgentHub again."_s);
    return config;
}

void takeProject(Hub &hub, const QString &path)
{
    commands::CommandCall call{.command = u"projects add"_s,
                               .options = {{u"source"_s, QFileInfo(path).absoluteFilePath()}},
                               .caller = {commands::Role::Machine, accountName(::geteuid()), u"terminal"_s, {}}};
    whenDone(hub.execute(call), &hub, [path](const Result<commands::Reply> &reply) {
        if (reply)
            qCInfo(lcHub).noquote() << "took in" << path;
        else if (reply.error().code == ErrorCode::Conflict) // known already
            qCInfo(lcHub).noquote() << reply.error().message;
        else
            qCWarning(lcHub).noquote() << reply.error().message;
    });
}

} // namespace

int main(int argc, char **argv)
{
    ::umask(077);
    ::signal(SIGPIPE, SIG_IGN); // a client or a program that went away is an error like any other
    ::mallopt(M_ARENA_MAX, 2);  // a few threads, little memory
    QCoreApplication app(argc, argv);
    app.setApplicationName(u"agenthubd"_s);
    app.setApplicationVersion(QStringLiteral(HUB_VERSION));
    headless::SignalWatcher signalWatcher;

    QCommandLineParser line;
    line.setApplicationDescription(
        u"AgentHub's daemon: runs agents on your repositories, safely. Runs in the foreground."_s);
    line.addHelpOption();
    line.addVersionOption();
    line.addOptions({{u"data-dir"_s, u"Folder of everything the hub keeps."_s, u"folder"_s},
                     {u"config"_s, u"Settings file; agents.d lies beside it."_s, u"file"_s},
                     {u"project"_s, u"Take this repository in at the start."_s, u"folder"_s}});
    line.process(app);
    if (const QStringList words = line.positionalArguments(); !words.isEmpty())
        return complain(fail(ErrorCode::InvalidInput, u"agenthubd takes options only, not '%1'."_s.arg(words.first()),
                             u"agenthubd --help; commands are agenthubctl's: agenthubctl help"_s));

    auto config = configFrom(line);
    if (!config)
        return complain(config.error());
    installLogSink(config->settings.text(setting::logLevel));
    const QString dataDir = config->dataDir;
    const Settings settings = config->settings;
#ifdef HUB_DISCORD
    discord::DiscordSide discord(settings, dataDir); // outlives the hub, which has its sinks
    config->alertSinks = discord.alertSinks();
#endif
    auto hub = Hub::start(*std::move(config));
    if (!hub)
        return complain(hub.error());

    // Agents must be known before anybody can ask, so the socket comes last.
    const HubRuns runs(**hub);
    ipc::Server server(**hub, runs, {QStringLiteral(HUB_VERSION), dataDir});
    QObject::connect(&server, &ipc::Server::refused, hub->get(), &Hub::recordRefusal);
    auto socket = ipc::listenFor(dataDir);
    if (!socket)
        return complain(socket.error());
    qCInfo(lcHub).noquote() << "ready, data in" << dataDir << "socket" << socket->path;
    server.listen(*std::move(socket));
#ifdef HUB_DISCORD
    discord.connect(**hub);
#endif
    if (line.isSet(u"project"_s))
        takeProject(**hub, line.value(u"project"_s));

    QObject::connect(&signalWatcher, &headless::SignalWatcher::received, &app, [](int number) {
        if (number == SIGHUP)
            return;
        qCInfo(lcHub) << "leaving; agents go on by themselves";
        QCoreApplication::quit();
    });
    const int code = app.exec();
#ifdef HUB_DISCORD
    discord.disconnect();
#endif
    return code;
}
