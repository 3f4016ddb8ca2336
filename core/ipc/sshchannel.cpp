#include "core/base/shellwords.h"
#include "core/commands/exitcode.h"
#include "core/ipc/channel.h"

#include <QRegularExpression>
#include <QUrl>

using namespace Qt::StringLiterals;

namespace hub::ipc
{

namespace
{

constexpr int commandNotFound = 127; // of the shell there
constexpr int sshFailed = 255;       // of ssh itself
constexpr qsizetype mostSaid = 16 * 1024;

Error wrongTarget(const QString &url, const QString &why)
{
    return fail(ErrorCode::InvalidInput, u"'%1' does not name a hub on another machine: %2."_s.arg(url.left(200), why),
                u"agenthub --hub ssh://user@host"_s);
}

// The last line that says something: before it come banners.
QString lastLine(const QString &said)
{
    const QStringList lines = said.split(u'\n', Qt::SkipEmptyParts);
    return lines.isEmpty() ? QString() : lines.last().trimmed();
}

} // namespace

Result<SshTarget> SshTarget::parse(const QString &url)
{
    const QUrl parsed(url, QUrl::StrictMode);
    if (!parsed.isValid() || parsed.scheme() != u"ssh")
        return wrongTarget(url, u"it has to begin with ssh://"_s);
    if (!parsed.password().isEmpty())
        return wrongTarget(parsed.toString(QUrl::RemovePassword), u"a password can't be given here, keys are used"_s);
    static const QRegularExpression host(uR"(\A[A-Za-z0-9_:][A-Za-z0-9_.:-]*\z)"_s);
    static const QRegularExpression user(uR"(\A[A-Za-z0-9_][A-Za-z0-9_.-]*\z)"_s);
    if (!host.match(parsed.host()).hasMatch())
        return wrongTarget(url, u"the host is missing or has characters that no host has"_s);
    if (!parsed.userName().isEmpty() && !user.match(parsed.userName()).hasMatch())
        return wrongTarget(url, u"the user's name has characters that no account has"_s);
    const QString at = parsed.userName().isEmpty() ? QString() : parsed.userName() + u'@';
    const QString folder = parsed.path() == u"/" ? QString() : parsed.path();
    return SshTarget{.host = at + parsed.host(), .port = std::max(0, parsed.port()), .dataDir = folder};
}

QString SshTarget::text() const
{
    const qsizetype name = host.indexOf(u'@') + 1;
    const bool numbers = host.indexOf(u':', name) >= 0; // an address of the sixth version
    const QString shown = numbers ? host.left(name) + u'[' + host.mid(name) + u']' : host;
    return u"ssh://"_s + shown + (port > 0 ? u":%1"_s.arg(port) : QString()) + dataDir;
}

QStringList SshTarget::arguments() const
{
    QStringList words{u"-T"_s,
                      u"-o"_s,
                      u"BatchMode=yes"_s,
                      u"-o"_s,
                      u"ConnectTimeout=15"_s,
                      u"-o"_s,
                      u"ServerAliveInterval=15"_s,
                      u"-o"_s,
                      u"ServerAliveCountMax=3"_s};
    if (port > 0)
        words << u"-p"_s << QString::number(port);
    QStringList command{u"agenthubctl"_s};
    if (!dataDir.isEmpty())
        command << u"--data-dir"_s << dataDir;
    command << u"proxy"_s;
    return words << u"--"_s << host << joinWords(command);
}

SshChannel::SshChannel(SshTarget target, QString program)
    : m_target(std::move(target))
    , m_program(std::move(program))
{
    connect(&m_process, &QProcess::started, this, &Channel::opened);
    connect(&m_process, &QProcess::finished, this, &SshChannel::onFinished);
    connect(&m_process, &QProcess::readyReadStandardError, this, [this] {
        m_said += m_process.readAllStandardError();
        m_said = m_said.right(mostSaid);
    });
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            Q_EMIT closed(fail(ErrorCode::NotFound,
                               u"%1 is not on this machine, so no hub elsewhere can be reached."_s.arg(m_program),
                               u"Install OpenSSH's client (Debian: apt install openssh-client)."_s));
    });
}

SshChannel::~SshChannel()
{
    m_process.disconnect(this);
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.kill(); // it holds nothing: what was sent is with the hub or is not
    m_process.waitForFinished(1000);
}

void SshChannel::open()
{
    m_said.clear();
    m_process.start(m_program, m_target.arguments());
}

void SshChannel::close(const Error &why)
{
    m_why = why;
    m_process.kill();
}

void SshChannel::onFinished(int exitCode, QProcess::ExitStatus status)
{
    m_said += m_process.readAllStandardError();
    const Error told =
        failureOf(m_target, status == QProcess::NormalExit ? exitCode : sshFailed, QString::fromUtf8(m_said));
    Q_EMIT closed(std::exchange(m_why, std::nullopt).value_or(told));
}

Error SshChannel::failureOf(const SshTarget &target, int exitCode, const QString &said)
{
    const QString where = target.host;
    if (exitCode == commandNotFound)
        return fail(ErrorCode::NotFound,
                    u"%1 was reached, but has no agenthubctl in the PATH that ssh gets there."_s.arg(where),
                    u"Install AgentHub there, or put a link to agenthubctl into /usr/local/bin there."_s);
    if (exitCode == commands::exitcode::noHub)
        return fail(
            ErrorCode::NoHub,
            u"%1 was reached, but no hub is running there. Agents that were working go on by themselves."_s.arg(where),
            u"Start it there: ssh %1 systemctl --user start agenthub"_s.arg(where));
    if (exitCode == commands::exitcode::wrongInput)
        return fail(ErrorCode::Unsupported,
                    u"The agenthubctl on %1 does not know what this window needs: it is another version."_s.arg(where),
                    u"Install the same version of AgentHub on both machines."_s);
    if (exitCode != sshFailed) {
        return fail(ErrorCode::NoHub,
                    u"The connection to %1 ended: %2"_s.arg(
                        where, exitCode == 0 ? u"the hub there has ended or was restarted."_s : lastLine(said)),
                    u"It is tried again by itself."_s);
    }
    if (said.contains(u"Permission denied"))
        return fail(ErrorCode::Refused, u"%1 refused every key that ssh offered."_s.arg(where),
                    u"Put your key there with: ssh-copy-id %1 (and add it to the agent: ssh-add)"_s.arg(where));
    if (said.contains(u"Host key verification failed") || said.contains(u"REMOTE HOST IDENTIFICATION HAS CHANGED"))
        return fail(ErrorCode::Refused,
                    u"ssh does not know the key of %1, or it is another one than before."_s.arg(where),
                    u"Connect once in a terminal, and compare the key it shows: ssh %1"_s.arg(where));
    if (said.contains(u"Could not resolve"))
        return fail(ErrorCode::NotFound, u"No machine of the name %1 was found."_s.arg(where),
                    u"Check the name, and the network."_s);
    return fail(
        ErrorCode::NoHub,
        u"%1 can't be reached: %2"_s.arg(where, said.isEmpty() ? u"ssh ended without a word."_s : lastLine(said)),
        u"Try it in a terminal: ssh %1"_s.arg(where));
}

} // namespace hub::ipc
