// A scratch repository made with the git program, in a folder of its own with an isolated home.
#pragma once

#include "core/git/restore.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hub::git
{

class GitScratch
{
public:
    GitScratch()
    {
        // ScratchHome must be set before libgit2 starts, since it reads the search path once.
        run(QStringLiteral("mkdir -p repo hub && cd repo && git init -q -b main . && git config user.name P && git "
                           "config user.email p@example.org"));
    }
    ~GitScratch()
    {
        if (m_folder.isValid())
            run(QStringLiteral("chmod -R u+rwx . 2>/dev/null; rm -rf -- *"),
                false); // Qt can't remove names that are no text
    }

    static void isolateHome()
    {
        static QTemporaryDir home;
        qputenv("HOME", home.path().toLocal8Bit());
        qputenv("XDG_CONFIG_HOME", (home.path() + QStringLiteral("/.config")).toLocal8Bit());
        qputenv("GIT_CONFIG_NOSYSTEM", "1");
        qputenv("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z");
        qputenv("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z");
        ::umask(022);
    }

    QByteArray root() const { return m_folder.path().toLocal8Bit(); }
    QByteArray repo() const { return root() + "/" + m_tree; }
    void useTree(const QByteArray &name) { m_tree = name; }
    QByteArray vaultPath() const { return root() + "/hub/vault.git"; }
    QByteArray cachePath() const { return root() + "/hub/" + m_tree + ".stat"; }

    // A shell script in the scratch folder; ends the test program when it fails.
    QByteArray run(const QString &script, bool mustWork = true)
    {
        QProcess shell;
        shell.setWorkingDirectory(m_folder.path());
        shell.start(QStringLiteral("bash"),
                    {QStringLiteral("-c"), (mustWork ? QStringLiteral("set -e\n") : QString()) + script});
        shell.waitForFinished(300000);
        if (mustWork && shell.exitCode() != 0)
            qFatal("%s\n%s", qPrintable(script), shell.readAllStandardError().constData());
        return shell.readAllStandardOutput();
    }
    QByteArray inRepo(const QString &script, bool mustWork = true)
    {
        return run(QStringLiteral("cd '%1'\n").arg(QFile::decodeName(repo())) + script, mustWork);
    }
    // What an independent script sees.
    QByteArray state(const QStringList &without = {})
    {
        QString command =
            QStringLiteral("python3 %1/tests/support/treestate.py '%2'")
                .arg(qEnvironmentVariable("HUB_SOURCE_DIR", QStringLiteral(HUB_SOURCE_DIR)), QFile::decodeName(repo()));
        for (const QString &path : without)
            command += QStringLiteral(" --without '%1'").arg(path);
        return run(command);
    }

private:
    QTemporaryDir m_folder;
    QByteArray m_tree = "repo";
};

// For a snapshot of the scratch repository, always of the same moment.
inline SnapshotRequest request(const GitScratch &scratch, const RepositoryPlace &place, int number,
                               const QList<QByteArray> &branches = {})
{
    return {.place = place,
            .ref = "refs/checkpoints/1/" + QByteArray::number(number),
            .cachePath = scratch.cachePath(),
            .message = "test",
            .time = fromMillis(1000000),
            .branches = branches};
}

} // namespace hub::git
