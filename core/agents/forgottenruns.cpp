#include "core/agents/forgottenruns.h"

#include "core/agents/remains.h"
#include "core/base/durablefile.h"
#include "core/posix/procfs.h"

#include <QDeadlineTimer>
#include <QDir>
#include <QFile>
#include <QThread>

#include <cerrno>
#include <csignal>
#include <cstdio>

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

// Whether it lived.
Result<bool> endShim(const QByteArray &folder)
{
    constexpr std::chrono::seconds limit{10};
    QDeadlineTimer deadline(limit);
    for (bool lived = false;; lived = true) {
        HUB_TRY(const ShimLife life, shimLife(folder));
        if (life == ShimLife::Dead || life == ShimLife::NoneYet)
            return lived;
        HUB_TRY(const QByteArray text, readFile(folder + "/lock"));
        posix::ProcessId shim;
        std::string boot;
        if (posix::decodeHolder(text.toStdString(), shim, boot) && posix::isAlive(shim, boot))
            posix::signalProcess(shim, SIGKILL);
        if (deadline.hasExpired())
            return fail(ErrorCode::Timeout, u"The shim of %1 can't be ended."_s.arg(QFile::decodeName(folder)));
        QThread::msleep(5);
    }
}

} // namespace

Result<int> endForgottenRuns(const QString &runs, const QString &keptAs)
{
    const QDir folder(runs);
    if (!folder.exists())
        return 0;
    int lived = 0;
    for (const QString &name : folder.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        const QByteArray run = QFile::encodeName(folder.filePath(name)), mark = QFile::encodeName(name);
        HUB_TRY(const bool alive, endShim(run));
        lived += alive;
        HUB_CHECK(endRemains(run, mark, identityInSpool(run, mark)));
    }
    if (::rename(QFile::encodeName(runs).constData(), QFile::encodeName(keptAs).constData()) != 0)
        return systemError(errno, u"rename", QFile::encodeName(runs));
    return lived;
}

} // namespace hub::agents
