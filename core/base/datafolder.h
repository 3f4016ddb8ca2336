// Where everything of one hub lies. The folder is the owner's alone (0700); one hub process owns it at a time.
#pragma once

#include "core/base/ids.h"

#include <QFile>

namespace hub
{

class DataFolder
{
public:
    explicit DataFolder(QString root)
        : m_root(std::move(root))
    {
    }

    const QString &root() const { return m_root; }
    QString path(const QString &name) const { return m_root + u'/' + name; }

    QString stateDatabase() const { return path(QStringLiteral("task_state.db")); }
    QString backups() const { return path(QStringLiteral("backups")); }
    QString bodies() const { return path(QStringLiteral("bodies")); }
    QByteArray vault(const ProjectName &project) const
    {
        return QFile::encodeName(path(QStringLiteral("vault/%1.git").arg(project.toString())));
    }
    // The stat cache of one task's working tree.
    QByteArray statCache(TaskId task) const
    {
        return QFile::encodeName(path(QStringLiteral("statcache/%1").arg(task.toString())));
    }
    QString workTree(const ProjectName &project, TaskId task) const
    {
        return path(QStringLiteral("worktrees/%1/%2").arg(project.toString(), task.toString()));
    }
    // What people sent to its agent.
    QString sentFiles(TaskId task) const { return path(QStringLiteral("files/%1").arg(task.toString())); }
    QString clones() const { return path(QStringLiteral("repositories")); }
    // %1 stands for the run's number. The last part is the run's mark too: hub and run, so that no two hubs share one.
    QString runPattern(const QString &hubId) const
    {
        return path(QStringLiteral("runs/%1-%2").arg(hubId, QStringLiteral("%1")));
    }

private:
    QString m_root;
};

} // namespace hub
