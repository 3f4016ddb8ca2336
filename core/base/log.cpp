#include "core/base/log.h"

#include "core/base/clock.h"

#include <QRegularExpression>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>
#include <mutex>
#include <poll.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

Q_LOGGING_CATEGORY(lcHub, "hub.core")
Q_LOGGING_CATEGORY(lcDb, "hub.db")
Q_LOGGING_CATEGORY(lcGit, "hub.git")
Q_LOGGING_CATEGORY(lcAgents, "hub.agents")
Q_LOGGING_CATEGORY(lcRecovery, "hub.recovery")
Q_LOGGING_CATEGORY(lcAlerts, "hub.alerts")
Q_LOGGING_CATEGORY(lcMonitor, "hub.monitor")
Q_LOGGING_CATEGORY(lcDiscord, "hub.discord")
Q_LOGGING_CATEGORY(lcIpc, "hub.ipc")
Q_LOGGING_CATEGORY(lcCommands, "hub.commands")

namespace hub
{

namespace
{

QLatin1StringView levelText(QtMsgType type)
{
    switch (type) {
    case QtDebugMsg: return "debug"_L1;
    case QtInfoMsg: return "info"_L1;
    case QtWarningMsg: return "warning"_L1;
    case QtCriticalMsg:
    case QtFatalMsg: return "error"_L1;
    }
    return "error"_L1;
}

std::atomic<int> lossReason = 0; // the system's number for it; 0: none

// A pipe whose reader hangs must not hold the hub up: it gets a moment once, and then none until it reads again.
bool takesMore()
{
    constexpr int moment = 50; // milliseconds
    pollfd out{STDERR_FILENO, POLLOUT, 0};
    return ::poll(&out, 1, lossReason == 0 ? moment : 0) > 0;
}

// A log that can't be written must not stop the hub: a pipe that takes more promises to take this much and not a whole
// line. Answers why something was lost; 0: nothing was.
int writeAsFarAsItGoes(QByteArrayView line)
{
    while (!line.isEmpty()) {
        if (!takesMore())
            return EAGAIN;
        const QByteArrayView piece = line.first(std::min<qsizetype>(line.size(), PIPE_BUF));
        const ssize_t written = ::write(STDERR_FILENO, piece.data(), size_t(piece.size()));
        if (written != piece.size())
            return written < 0 ? errno : ENOSPC;
        line = line.sliced(piece.size());
    }
    return 0;
}

void writeLine(QtMsgType type, const QMessageLogContext &context, const QString &message)
{
    const QByteArray line =
        u"%1 %2 %3 %4\n"_s
            .arg(toIso(SystemClock{}.now()), levelText(type),
                 QLatin1StringView(context.category ? context.category : "default"), redactSecrets(message))
            .toUtf8();
    // Several threads log at once, and what one finds room for must not be taken by another.
    static std::mutex turn;
    const std::lock_guard lock(turn);
    lossReason = writeAsFarAsItGoes(line);
}

} // namespace

void installLogSink(QStringView level)
{
    QString rules = u"*.debug=false\nqt.*.debug=false\n"_s;
    if (level == u"debug")
        rules = u"hub.*.debug=true\n"_s;
    else if (level == u"warning")
        rules += u"*.info=false\n"_s;
    else if (level == u"error")
        rules += u"*.info=false\n*.warning=false\n"_s;
    QLoggingCategory::setFilterRules(rules);
    qInstallMessageHandler(writeLine);
}

QString logLoss()
{
    const int reason = lossReason;
    return reason == 0        ? QString()
           : reason == EAGAIN ? u"The program that reads the log has stopped reading"_s
                              : QString::fromLocal8Bit(std::strerror(reason));
}

QString redactSecrets(const QString &text)
{
    static const QRegularExpression shapes(
        uR"((?<![A-Za-z0-9])(sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}|AIza[A-Za-z0-9_-]{30,}|[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}))"_s);
    static const QRegularExpression assignments(
        uR"(((?:[A-Za-z0-9_]*(?:token|secret|password|passwd|api_?key|access_?key))["']?\s*[=:]\s*["']?)([^\s"',;]{6,}))"_s,
        QRegularExpression::CaseInsensitiveOption);
    static const QRegularExpression addresses(uR"(([a-z][a-z0-9+.-]*://[^\s/:@]*:)([^\s/@]+)(@))"_s);
    QString masked = text;
    masked.replace(shapes, u"[redacted]"_s);
    masked.replace(assignments, u"\\1[redacted]"_s);
    masked.replace(addresses, u"\\1[redacted]\\3"_s);
    return masked;
}

} // namespace hub
