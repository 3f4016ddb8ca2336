#include "core/agents/startcheck.h"

#include "core/git/gitprogram.h"
#include "core/git/statefiles.h"

#include <QFile>
#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

Result<> checkBase(const TaskSpec &spec, const state::Project &project)
{
    const QByteArray base = spec.base.toUtf8();
    git::GitOutput found{.exitCode = 1};
    if (!base.startsWith('-')) { // git would take that for an option
        HUB_TRY(found, git::tryGit({.folder = QFile::encodeName(project.path),
                                    .arguments = {"rev-parse", "--verify", "--quiet", base + "^{commit}"}}));
    }
    if (found.exitCode == 0)
        return {};
    return fail(ErrorCode::NotFound,
                u"Project %1 has no branch or commit '%2' to start from."_s.arg(project.name.toString(), spec.base),
                u"git -C %1 branch --all shows the branches; without --base it is the one checked out there."_s.arg(
                    project.path));
}

// An agent would go on with what a person has begun, and might end it the wrong way.
Result<> checkUnfinished(const git::RepositoryPlace &place)
{
    const QString what = git::unfinishedOperation(place);
    if (!what.isEmpty())
        return fail(ErrorCode::Refused,
                    u"A %1 is under way in %2, so no agent starts in place there."_s.arg(
                        what, QFile::decodeName(place.workTree)),
                    u"End it first: git -C '%1' status says how. Or leave --mode in-place out."_s.arg(
                        QFile::decodeName(place.workTree)));
    return {};
}

} // namespace

Result<> checkCheckout(const Task &task, const state::Project &project)
{
    HUB_CHECK(state::mayTouch(project));
    HUB_TRY(const auto place, git::locate(QFile::encodeName(project.path)));
    HUB_TRY(const auto head, git::readHead(place));
    const QString current = QFile::decodeName(head.branch.mid(11));
    if (current == task.branch)
        return {};
    return fail(
        ErrorCode::Refused,
        u"Task #%1 works on branch %2, but in %3 %4 is checked out now. Nothing was changed."_s.arg(
            task.id.toString(), task.branch, project.path,
            current.isEmpty() ? u"a commit without a branch"_s : current),
        u"git -C '%1' switch %2, then agenthubctl resume-task %3"_s.arg(project.path, task.branch, task.id.toString()));
}

Result<StartPlace> checkStart(const TaskSpec &spec, const state::Project &project, const QStringList &protectedBranches)
{
    HUB_CHECK(state::mayTouch(project));
    if (!QFileInfo::exists(project.path))
        return fail(ErrorCode::NotFound,
                    u"The folder of project %1 is missing: %2"_s.arg(project.name.toString(), project.path),
                    u"Put it back, then try again."_s);
    StartPlace place;
    HUB_TRY(place.main, git::locate(QFile::encodeName(project.path)));
    HUB_TRY(place.head, git::readHead(place.main));
    if (spec.mode == TreeMode::InPlace) {
        const QString current = QFile::decodeName(place.head.branch.mid(11));
        if (!spec.base.isEmpty())
            return fail(ErrorCode::InvalidInput,
                        u"A task in place works on what is checked out (%1), so it takes no --base."_s.arg(
                            current.isEmpty() ? u"a commit without a branch"_s : current),
                        u"Switch to that branch there, or leave --mode in-place out."_s);
        if (current.isEmpty())
            return fail(
                ErrorCode::Refused,
                u"No branch is checked out in %1, so what an agent commits there could get lost."_s.arg(project.path),
                u"git -C '%1' switch -c BRANCH, or leave --mode in-place out."_s.arg(project.path));
        HUB_TRY(const QStringList names, git::protectedBranches(place.main, protectedBranches));
        if (names.contains(current))
            return fail(ErrorCode::Refused, u"%1 is protected, so no agent works on it in place."_s.arg(current),
                        u"Switch to another branch there, or leave --mode in-place out."_s);
        HUB_CHECK(checkUnfinished(place.main));
        return place;
    }
    if (!place.head.commit && spec.base.isEmpty())
        return fail(
            ErrorCode::Unsupported,
            u"Project %1 has no commit yet, so no working tree can be made from it."_s.arg(project.name.toString()),
            u"Make a first commit there, or give the task with --mode in-place on a branch of its own."_s);
    if (!spec.base.isEmpty())
        HUB_CHECK(checkBase(spec, project));
    return place;
}

git::GuardRules guardRules(const Settings &settings, const QByteArray &program)
{
    return {program, settings.text(setting::protectedBranches).split(u',', Qt::SkipEmptyParts),
            settings.text(setting::protectFrom) == u"everyone"};
}

} // namespace hub::agents
