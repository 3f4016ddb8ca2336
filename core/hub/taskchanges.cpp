#include "core/hub/taskchanges.h"

using namespace Qt::StringLiterals;

namespace hub
{

Result<git::ObjectId> snapshotOf(const Checkpoint &checkpoint)
{
    const auto id = git::ObjectId::fromHex(checkpoint.commit.toLatin1());
    if (!id)
        return fail(ErrorCode::Corrupt, u"Checkpoint %1 names no snapshot."_s.arg(checkpoint.id.toString()),
                    u"agenthubctl doctor"_s);
    return *id;
}

Result<git::ObjectId> snapshotNow(Services &services, const Task &task, const git::SnapshotOptions &options)
{
    HUB_TRY(git::Vault * vault, services.vaults.of(task.spec.project));
    HUB_TRY(const auto wanted, services.checkpointer.snapshotRequest(
                                   task, "refs/preview/" + task.id.toString().toLatin1(), u"Look"_s, options));
    HUB_TRY(const auto now, git::takeSnapshot(*vault, wanted));
    return now.commit;
}

QFuture<Result<QStringList>> changedPaths(Services &services, const Task &task, const Checkpoint &from,
                                          const Checkpoint &to, std::chrono::milliseconds limit)
{
    auto compared = services.workers.run(task.spec.project.toString(),
                                         [&services, project = task.spec.project, from, to]() -> Result<QStringList> {
                                             HUB_TRY(git::Vault * vault, services.vaults.of(project));
                                             HUB_TRY(const auto before, snapshotOf(from));
                                             HUB_TRY(const auto after, snapshotOf(to));
                                             HUB_TRY(const auto diff, git::compareSnapshots(*vault, before, after));
                                             QStringList paths;
                                             for (const auto &change : diff.paths)
                                                 paths << QFile::decodeName(change.path);
                                             return paths;
                                         });
    return within(std::move(compared), limit, &services.driver, u"its repository is being worked on"_s);
}

QString pathsText(const QStringList &paths, qsizetype most)
{
    if (paths.isEmpty())
        return u"none"_s;
    QString text = u"%1: %2"_s.arg(paths.size()).arg(paths.mid(0, most).join(u", "_s));
    if (paths.size() > most)
        text += u", …"_s;
    return text;
}

} // namespace hub
