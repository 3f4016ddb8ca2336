#include "headless/host/hubhost.h"

#include "core/base/log.h"
#include "core/base/program.h"
#include "core/ipc/endpoint.h"
#include "core/ipc/peer.h"
#ifdef HUB_DISCORD
#include "headless/discord/discordside.h"
#endif

#include <QCoreApplication>
#include <QFileInfo>

using namespace Qt::StringLiterals;

#ifndef HUB_DISCORD
namespace hub::discord
{
// A hub without Qt WebSockets is one without Discord.
class DiscordSide
{
};
} // namespace hub::discord
#endif

namespace hub::headless
{

class HubHost::Runs final : public ipc::RunDirectory
{
public:
    explicit Runs(const Hub &hub)
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

namespace
{

Result<HubConfig> configFrom(const HostOptions &options)
{
    HubConfig config;
    HUB_TRY(config.dataDir, ipc::findDataDir(options.dataDir, options.config));
    const QString file = ipc::settingsFile(options.config);
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

} // namespace

Result<std::unique_ptr<HubHost>> HubHost::start(const HostOptions &options)
{
    HUB_TRY(HubConfig config, configFrom(options));
    installLogSink(config.settings.text(setting::logLevel));
    std::unique_ptr<HubHost> host(new HubHost);
    host->m_dataDir = config.dataDir;
#ifdef HUB_DISCORD
    host->m_discord = std::make_unique<discord::DiscordSide>(config.settings, config.dataDir);
    config.alertSinks = host->m_discord->alertSinks();
#endif
    HUB_TRY(host->m_hub, Hub::start(std::move(config)));

    // Agents must be known before anybody can ask, so the socket comes last.
    host->m_runs = std::make_unique<Runs>(*host->m_hub);
    host->m_server =
        std::make_unique<ipc::Server>(*host->m_hub, *host->m_runs, ipc::ServerInfo{options.version, host->m_dataDir});
    QObject::connect(host->m_server.get(), &ipc::Server::refused, host->m_hub.get(), &Hub::recordRefusal);
    HUB_TRY(ipc::ListeningSocket socket, ipc::listenFor(host->m_dataDir));
    qCInfo(lcHub).noquote() << "ready, data in" << host->m_dataDir << "socket" << socket.path;
    host->m_server->listen(std::move(socket));
#ifdef HUB_DISCORD
    host->m_discord->connect(*host->m_hub);
#endif
    return host;
}

HubHost::~HubHost()
{
#ifdef HUB_DISCORD
    if (m_discord)
        m_discord->disconnect();
#endif
    m_server.reset();
    m_hub.reset();
}

} // namespace hub::headless
