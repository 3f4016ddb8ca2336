// What a window meets on another machine, on this one: an sshd of the test's own on loopback ports, and a hub of the
// account nobody, which gets a home and a shell in that sshd's view of the system alone. Nothing of the system changes.
#pragma once

#include "core/base/durablefile.h"
#include "core/base/program.h"

#include <QDir>
#include <QProcess>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace hub
{

class OtherMachine
{
public:
    // Each is a port of its own, and a host of its own in the settings of ssh.
    enum Door { Usual, WithoutCtl, OldCtl, NewCtl, doors };

    ~OtherMachine()
    {
        stopHub();
        stopSshd();
    }

    // Why it can't be had here; empty: it can.
    static QString missing()
    {
        if (::geteuid() != 0)
            return QStringLiteral("only root can log in as another account without its password");
        for (const char *program : {"/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/ssh-keygen", "/usr/bin/setpriv"}) {
            if (::access(program, X_OK) != 0)
                return QString::fromLatin1(program) + QStringLiteral(" is missing");
        }
        if (QProcess::execute(QStringLiteral("unshare"), {QStringLiteral("--mount"), QStringLiteral("true")}) != 0)
            return QStringLiteral("this account may not make a mount namespace");
        return {};
    }

    Result<> make()
    {
        ::chmod(QFile::encodeName(path()).constData(), 0755);
        HUB_CHECK(script(QStringLiteral(R"(
            mkdir bin home empty old new wrap
            cp -L "$HUB_BIN"/agenthubd "$HUB_BIN"/agenthubctl "$HUB_BIN"/agenthub-shim "$HUB_BIN"/agenthub-hook bin/
            for key in hostkey key stranger; do ssh-keygen -q -t ed25519 -N '' -f $key; done
            cp key.pub authorized_keys; chmod 644 authorized_keys
            printf '#!/bin/sh\necho "There is no command proxy." >&2\nexit 2\n' > old/agenthubctl
            printf '#!/bin/sh\nread line\necho '\''{"jsonrpc":"2.0","id":1,"result":{"version":"9.9","protocol":99}}'\''\ncat > /dev/null\n' > new/agenthubctl
            printf '#!/bin/sh\nexec /usr/bin/ssh -F %s/ssh_config "$@"\n' "$PWD" > wrap/ssh
            chmod 755 old/agenthubctl new/agenthubctl wrap/ssh
            chown nobody home
            sed "s,^nobody:.*,nobody:x:$(id -u nobody):$(id -g nobody)::$PWD/home:/bin/sh," /etc/passwd > passwd)")));
        QByteArray server = "ListenAddress 127.0.0.1\nHostKey " + file("hostkey") + "\nAuthorizedKeysFile " +
                            file("authorized_keys") +
                            "\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
                            "PidFile none\n";
        QByteArray matches, client, known;
        const QByteArray hostKey = readFile(file("hostkey.pub")).valueOr({}).trimmed();
        const QByteArray folders[doors]{file("bin"), file("empty"), file("old"), file("new")};
        const QByteArray hosts[doors]{"usual", "without-ctl", "old-ctl", "new-ctl"};
        for (int i = 0; i < doors; ++i) {
            const QByteArray port = QByteArray::number(freePort());
            server += "Port " + port + '\n';
            matches += "Match LocalPort " + port + "\n  SetEnv PATH=" + folders[i] +
                       (i == Usual ? ":/usr/bin:/bin" : "") + '\n';
            client += "Host " + hosts[i] + (i == Usual ? " without-key unknown" : "") + "\n  Port " + port + '\n';
            known += "[127.0.0.1]:" + port + ' ' + hostKey + '\n';
        }
        client += "Host nobody-listens\n  Port " + QByteArray::number(freePort()) +
                  "\nHost without-key\n  IdentityFile " + file("stranger") + "\nHost * !without-key\n  IdentityFile " +
                  file("key") +
                  "\nHost unknown\n  UserKnownHostsFile /dev/null\nHost *\n  HostName 127.0.0.1\n  User nobody\n"
                  "  IdentitiesOnly yes\n  IdentityAgent none\n  StrictHostKeyChecking yes\n"
                  "  GlobalKnownHostsFile /dev/null\n  UserKnownHostsFile " +
                  file("known_hosts") + "\n  LogLevel ERROR\n";
        HUB_CHECK(writeFileDurably(file("sshd_config"), server + matches));
        HUB_CHECK(writeFileDurably(file("ssh_config"), client));
        HUB_CHECK(writeFileDurably(file("known_hosts"), known));
        qputenv("PATH", file("wrap") + ':' + qgetenv("PATH"));
        return startSshd();
    }

    QString path() const { return m_folder.path(); }

    Result<> startSshd()
    {
        m_sshd.setStandardErrorFile(path() + QStringLiteral("/sshd.log"), QIODevice::Append);
        m_sshd.start(QStringLiteral("unshare"),
                     {QStringLiteral("--mount"), QStringLiteral("sh"), QStringLiteral("-ec"),
                      QStringLiteral("mount --bind '%1/passwd' /etc/passwd; mount -t tmpfs tmpfs /run; mkdir -m 755 "
                                     "/run/sshd; exec /usr/sbin/sshd -D -e -f '%1/sshd_config'")
                          .arg(path())});
        return until([this] { return readFile(file("sshd.log")).valueOr({}).contains("Server listening"); },
                     QStringLiteral("sshd listens"));
    }

    void stopSshd()
    {
        cutConnections();
        m_sshd.terminate();
        if (!m_sshd.waitForFinished(5000)) {
            m_sshd.kill();
            m_sshd.waitForFinished(5000);
        }
    }

    // As a network that is gone: nobody says goodbye. A session is two processes of sshd, one below the other.
    void cutConnections()
    {
        std::set<qint64> ours{m_sshd.processId()};
        for (size_t before = 0; before != ours.size();) {
            before = ours.size();
            for (const QString &pid : QDir(QStringLiteral("/proc")).entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
                const QByteArray stat = readFile("/proc/" + pid.toLatin1() + "/stat").valueOr({});
                if (stat.contains("(sshd)") &&
                    ours.count(stat.mid(stat.lastIndexOf(')') + 4).split(' ')[0].toLongLong()))
                    ours.insert(pid.toLongLong());
            }
        }
        ours.erase(m_sshd.processId());
        for (const qint64 pid : ours)
            ::kill(pid_t(pid), SIGKILL);
    }

    Result<> startHub()
    {
        m_hub.setStandardErrorFile(path() + QStringLiteral("/hub.log"), QIODevice::Append);
        m_hub.setProcessEnvironment(environment());
        m_hub.start(QStringLiteral("setpriv"), asNobody({path() + QStringLiteral("/bin/agenthubd")}));
        return until(
            [this] {
                return as({QStringLiteral("agenthubctl"), QStringLiteral("system-health")}).hasValue();
            },
            QStringLiteral("the hub of nobody answers"));
    }

    void stopHub()
    {
        m_hub.terminate();
        m_hub.waitForFinished(5000);
    }

    // A program as nobody, in its home.
    Result<QByteArray> as(const QStringList &words) const
    {
        HUB_TRY(const auto ran, runProgram({.program = QStringLiteral("setpriv"),
                                            .arguments = asNobody(words),
                                            .folder = path() + QStringLiteral("/home"),
                                            .environment = environment()}));
        if (ran.exitCode != 0)
            return fail(ErrorCode::Process,
                        words.join(u' ') + QStringLiteral(": ") + QString::fromUtf8(ran.out + ran.err));
        return ran.out;
    }

private:
    static int freePort()
    {
        QTcpServer server;
        server.listen(QHostAddress::LocalHost);
        return server.serverPort();
    }
    static QStringList asNobody(const QStringList &words)
    {
        return QStringList{QStringLiteral("--reuid=nobody"), QStringLiteral("--regid=nogroup"),
                           QStringLiteral("--clear-groups"), QStringLiteral("--")} +
               words;
    }
    QByteArray file(const QByteArray &name) const { return QFile::encodeName(path()) + '/' + name; }
    QProcessEnvironment environment() const
    {
        QProcessEnvironment environment;
        environment.insert(QStringLiteral("HOME"), path() + QStringLiteral("/home"));
        environment.insert(QStringLiteral("PATH"), path() + QStringLiteral("/bin:/usr/bin:/bin"));
        environment.insert(QStringLiteral("LC_ALL"), QStringLiteral("C.UTF-8"));
        return environment;
    }
    Result<> script(const QString &text) const
    {
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("HUB_BIN"), QStringLiteral(HUB_BIN_DIR));
        HUB_TRY(const auto ran, runProgram({.program = QStringLiteral("bash"),
                                            .arguments = {QStringLiteral("-ec"), text},
                                            .folder = path(),
                                            .environment = environment}));
        if (ran.exitCode != 0)
            return fail(ErrorCode::Process, QString::fromUtf8(ran.err));
        return {};
    }
    Result<> until(const std::function<bool()> &holds, const QString &what) const
    {
        if (QTest::qWaitFor(holds, 20'000))
            return {};
        return fail(ErrorCode::Timeout, QStringLiteral("Not within 20 s: %1\n%2%3")
                                            .arg(what, QString::fromUtf8(readFile(file("sshd.log")).valueOr({})),
                                                 QString::fromUtf8(readFile(file("hub.log")).valueOr({}))));
    }

    QTemporaryDir m_folder{QStringLiteral("/tmp/agenthub-ssh-XXXXXX")}; // where nobody may look too
    QProcess m_sshd, m_hub;
};

} // namespace hub
