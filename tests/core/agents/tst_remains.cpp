#include "core/agents/remains.h"

#include "core/base/durablefile.h"

#include <QFileInfo>
#include <QScopeGuard>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace hub;
using namespace hub::agents;

class TestRemains : public QObject
{
    Q_OBJECT

    static pid_t startWithMark(const QByteArray &mark)
    {
        const pid_t pid = ::fork();
        if (pid == 0) {
            QByteArray entry = "AGENTHUB_RUN=" + mark;
            char program[] = "sleep", time[] = "600";
            char *arguments[] = {program, time, nullptr};
            char *environment[] = {entry.data(), nullptr};
            ::execve("/bin/sleep", arguments, environment);
            ::_exit(1);
        }
        return pid;
    }

private Q_SLOTS:
    void onlyTheProcessesOfTheRunAreEnded()
    {
        QTemporaryDir folder;
        QVERIFY(writeFileDurably(folder.path().toUtf8() + "/lock", "1 2 gone\n"));
        const QByteArray mark = "remains-" + QByteArray::number(::getpid());
        const pid_t mine = startWithMark(mark);
        const pid_t other = startWithMark(mark + "x");
        const auto endOther = qScopeGuard([other] {
            ::kill(other, SIGKILL);
            ::waitpid(other, nullptr, 0);
        });
        QTRY_COMPARE(posix::processesWithMark(mark.toStdString()).found.size(), 1U);
        QTRY_COMPARE(posix::processesWithMark(mark.toStdString() + "x").found.size(), 1U);
        const auto report = endRemains(folder.path().toUtf8(), mark, std::nullopt);
        QVERIFY(report);
        QCOMPARE(report->ended, 1);
        int status = 0;
        QCOMPARE(::waitpid(mine, &status, 0), mine);
        QVERIFY(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        QCOMPARE(::waitpid(other, &status, WNOHANG), 0);
    }

    void aGroupThatIsNotTheRunsIsNotTouched()
    {
        QTemporaryDir folder;
        posix::RunIdentity identity;
        identity.bootId = posix::bootId();
        identity.method = posix::FreezeMethod::Cgroup1;
        identity.group = folder.path().toStdString(); // a damaged record must not point us anywhere
        const auto report = endRemains(folder.path().toUtf8(), "none-such", identity);
        QVERIFY(report && report->ended == 0);
        QVERIFY(QFileInfo::exists(folder.path()));
    }

    void aRunWithoutAMarkIsRefused()
    {
        QTemporaryDir folder;
        QCOMPARE(endRemains(folder.path().toUtf8(), {}, std::nullopt).error().code, ErrorCode::InvalidInput);
    }
};

QTEST_GUILESS_MAIN(TestRemains)
#include "tst_remains.moc"
