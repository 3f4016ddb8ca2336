#include "app/desktop/localhub.h"

#include "core/base/account.h"
#include "core/base/durablefile.h"
#include "core/base/program.h"
#include "core/ipc/endpoint.h"
#include "gui/model/tokenstore.h"
#include "headless/host/hubhost.h"

#include <QCoreApplication>
#include <QFile>
#include <QProcess>
#include <QProcessEnvironment>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub
{

namespace
{

constexpr char tokenVariable[] = "DISCORD_BOT_TOKEN";
constexpr std::chrono::seconds keychainTime{3}; // a keychain that asks its owner for a password gets no more

// What a hub that is started here gets from the keychain: nothing when its environment has a token already.
QString keychainToken(const QString &dataDir)
{
    return qEnvironmentVariableIsEmpty(tokenVariable) ? gui::TokenStore::take(dataDir, keychainTime) : QString();
}

class Hosted final : public gui::HostedHub
{
public:
    explicit Hosted(std::unique_ptr<headless::HubHost> host)
        : m_host(std::move(host))
    {
    }
    HubPort &port() override { return m_host->hub(); }
    QJsonObject greeting() const override
    {
        return {{u"version"_s, QStringLiteral(HUB_VERSION)},
                {u"protocol"_s, ipc::protocolVersion},
                {u"role"_s, u"machine"_s},
                {u"name"_s, accountName(::geteuid())},
                {u"data_dir"_s, m_host->dataDir()},
                {u"hosted"_s, true}};
    }

private:
    std::unique_ptr<headless::HubHost> m_host;
};

QString say(const char *text) { return QCoreApplication::translate("LocalHub", text); }

// In a session of its own, so that it outlives the window. What it logs goes where a person who looks for the reason
// of a failed start finds it; the log of the start before is kept.
Result<> startDaemon(const QString &dataDir, const QString &config)
{
    const QString program = programBeside(QCoreApplication::applicationDirPath(), u"agenthubd"_s);
    if (program.isEmpty())
        return fail(ErrorCode::NotFound, say(QT_TRANSLATE_NOOP("LocalHub", "agenthubd is not beside this program.")),
                    say(QT_TRANSLATE_NOOP("LocalHub", "Install AgentHub again.")));
    HUB_CHECK(makeFolders(QFile::encodeName(dataDir)));
    const QString log = dataDir + u"/agenthubd.log"_s;
    ::rename(QFile::encodeName(log).constData(), QFile::encodeName(log + u".before"_s).constData());
    QProcess daemon;
    daemon.setProgram(program);
    daemon.setArguments(QStringList{u"--data-dir"_s, dataDir} +
                        (config.isEmpty() ? QStringList() : QStringList{u"--config"_s, config}));
    if (const QString token = keychainToken(dataDir); !token.isEmpty()) {
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QString::fromLatin1(tokenVariable), token);
        daemon.setProcessEnvironment(environment);
    }
    daemon.setWorkingDirectory(u"/"_s);
    daemon.setStandardInputFile(QProcess::nullDevice());
    daemon.setStandardOutputFile(QProcess::nullDevice());
    daemon.setStandardErrorFile(log);
    if (!daemon.startDetached())
        return fail(ErrorCode::Process,
                    say(QT_TRANSLATE_NOOP("LocalHub", "agenthubd could not be started: %1")).arg(daemon.errorString()),
                    say(QT_TRANSLATE_NOOP("LocalHub", "Try it in a terminal: agenthubd")));
    return {};
}

} // namespace

gui::LocalHub localHub(const QString &dataDir, const QString &config)
{
    const QString settings = config.isEmpty() ? QString() : ipc::settingsFile(config); // absolute
    return gui::LocalHub{.dataDir = dataDir,
                         .startDaemon = [dataDir, settings] { return startDaemon(dataDir, settings); },
                         .host = [dataDir, settings]() -> Result<std::unique_ptr<gui::HostedHub>> {
                             const QString token = keychainToken(dataDir);
                             if (!token.isEmpty())
                                 ::qputenv(tokenVariable, token.toUtf8());
                             auto host = headless::HubHost::start({dataDir, settings, QStringLiteral(HUB_VERSION)});
                             if (!token.isEmpty())
                                 ::qunsetenv(tokenVariable); // no agent's environment may have it
                             if (!host)
                                 return std::move(host).error();
                             return std::unique_ptr<gui::HostedHub>(std::make_unique<Hosted>(*std::move(host)));
                         }};
}

} // namespace hub
