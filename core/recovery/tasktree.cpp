#include "core/recovery/tasktree.h"

#include "core/git/workingtree.h"

#include <QFile>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

Result<git::RepositoryPlace> findTree(const Task &task, git::PlaceCache *places)
{
    const QByteArray path = QFile::encodeName(task.tree);
    auto place = places ? places->of(path) : git::locateTree(path);
    if (place || place.error().code != ErrorCode::NotFound)
        return place;
    if (task.spec.mode == TreeMode::InPlace)
        return fail(ErrorCode::NotFound,
                    u"Task #%1 can't be saved or rolled back: %2 is gone, or is no git repository any more."_s.arg(
                        task.id.toString(), task.tree),
                    u"Put that repository back."_s);
    return fail(ErrorCode::NotFound,
                u"The working tree of task #%1 is gone, or its .git is: %2. Its checkpoints hold what was in it."_s.arg(
                    task.id.toString(), task.tree),
                u"agenthubctl rollback task_checkpoint --task-id %1 --checkpoint-id last"_s.arg(task.id.toString()));
}

Result<git::RepositoryPlace> bringBackTree(const Task &task, const QString &project)
{
    auto found = findTree(task);
    if (task.spec.mode == TreeMode::InPlace || (!found && found.error().code != ErrorCode::NotFound))
        return found;
    auto main = git::locateTree(QFile::encodeName(project));
    if (found && main && found->commonDir != main->commonDir)
        return fail(
            ErrorCode::Conflict,
            u"%1 belongs to another repository now, not to that of its project; nothing was changed."_s.arg(task.tree),
            u"mv '%1/.git' '%1.git-aside'"_s.arg(task.tree));
    if (found)
        return found;
    if (!main)
        return fail(main.error().code,
                    u"The working tree of task #%1 can't be made again, since the repository of its project is gone "
                    u"too: %2"_s.arg(task.id.toString(), project),
                    u"Put that repository back first."_s);
    return git::reviveWorkingTree(*main, QFile::encodeName(task.tree), QFile::encodeName(task.branch));
}

} // namespace hub::recovery
