#include "core/recovery/movedrefs.h"

#include "core/base/log.h"
#include "core/base/shellwords.h"
#include "core/git/displaced.h"
#include "core/git/guard.h"
#include "core/git/refwatch.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

const QString movedOutside = u"moved outside"_s, putBackAction = u"put back"_s, beingPutBack = u"being put back"_s;

QString shown(const QByteArray &text) { return QFile::decodeName(text); }

// "main", "HEAD"
QString nameOf(const QByteArray &ref) { return shown(ref.startsWith("refs/heads/") ? ref.mid(11) : ref); }

QString valueText(const QByteArray &value)
{
    if (value.isEmpty())
        return u"nothing"_s;
    if (value == git::unreadableRef)
        return u"what git can't read"_s;
    return value.startsWith("ref: ") ? u"a link to "_s + nameOf(value.mid(5)) : QString::fromLatin1(value.left(12));
}

state::RefMove moveOf(const QByteArray &ref, const QByteArray &before, const QByteArray &after)
{
    return {shown(ref), shown(before), shown(after)};
}

state::RefMove turned(const state::RefMove &move) { return {move.ref, move.after, move.before}; }

// The rows that say of a move that it is about to be put back, without one behind that says how that ended.
Result<QList<state::GitOperation>> openRows(const state::GitLog &log, const ProjectName &project)
{
    HUB_TRY(const auto rows, log.list({.project = project.toString(), .limit = 1000})); // newest first
    QList<state::RefMove> ended;
    QList<state::GitOperation> open;
    for (const auto &row : rows) {
        const state::RefMove move = row.refs.value(0);
        if (row.action == putBackAction)
            ended << turned(move);
        else if (row.action == movedOutside && row.outcome == beingPutBack && !ended.contains(move))
            open << row;
    }
    return open;
}

// A purge keeps others away from the project, but where a branch stands is no business of its own.
Result<> mayPutBack(const state::Project &project)
{
    const bool held = project.doing[u"what"_s] == u"purge"_s && project.doing[u"blocked"_s].toString().isEmpty();
    return held && !project.removed ? Result<>() : state::mayTouch(project);
}

} // namespace

MovedRefs::MovedRefs(state::Stores &stores, Vaults &vaults, monitor::AlertCenter &alerts, const DataFolder &data)
    : m_stores(stores)
    , m_vaults(vaults)
    , m_alerts(alerts)
    , m_data(data)
{
}

// Hub thread, inside work.
Result<MovedRefs::Facts> MovedRefs::factsOf(const ProjectName &project, const RefChange &change) const
{
    Facts facts;
    HUB_TRY(const auto known, m_stores.refs.known(project));
    HUB_TRY(const bool authorised, m_stores.refs.isAuthorised(project, shown(change.ref), shown(change.after)));
    const auto then = known.constFind(shown(change.ref));
    facts.open = !authorised && then != known.cend() && *then == shown(change.before);
    HUB_TRY(const auto since, m_stores.refs.checkedAt(project));
    HUB_TRY(const auto runs, m_stores.runs.ofProjectSince(project, since.value_or(Instant{})));
    QStringList names;
    for (const Run &run : runs) {
        const bool lives = run.state == RunState::Starting || run.state == RunState::Running;
        const QString name =
            u"%1 on task #%2%3"_s.arg(run.agent.toString(), run.task.toString(), lives ? QString() : u" (ended)"_s);
        if (!names.contains(name))
            names << name;
    }
    facts.runs = names.mid(0, 10).join(u", ") + (names.size() > 10 ? u" and others"_s : QString());
    HUB_TRY(const auto rows, openRows(m_stores.gitLog, project));
    facts.begun = std::any_of(rows.begin(), rows.end(), [&](const auto &row) {
        return row.refs.value(0) == moveOf(change.ref, change.before, change.after);
    });
    return facts;
}

Result<std::optional<MovedRefs::Outcome>> MovedRefs::settle(const ProjectName &project,
                                                            const git::RepositoryPlace &place, const RefChange &change)
{
    Outcome outcome{.change = change};
    HUB_TRY(outcome.facts, m_stores.commits.ask([&] { return factsOf(project, change); }));
    const auto now = git::readWatched(place.commonDir, {change.ref});
    if (!outcome.facts.open || !now || now->at(change.ref) != change.after)
        return std::optional<Outcome>();
    outcome.command = git::putBackCommand(place, change.ref, change.before, change.after);
    const QByteArray trees = QFile::encodeName(m_data.path(u"worktrees/"_s + project.toString()));
    HUB_TRY(const bool agents, git::cameFromAgent(place, change.ref, change.before, change.after, trees));
    if (outcome.facts.runs.isEmpty())
        outcome.why = u"no agent ran that could have done it"_s;
    else if (!agents)
        outcome.why = u"it does not come from an agent's branch"_s;
    else if (const auto guard = git::guardState(place); !guard || !guard->installed)
        outcome.why = u"the guard is not in effect, so a person may have done it unseen (agenthubctl projects guard "
                      "install %1)"_s.arg(project.toString());
    if (const auto holders = git::checkedOutIn(place, change.ref)) {
        for (const QByteArray &folder : *holders)
            outcome.checkedOut << shown(folder);
    }
    HUB_TRY(const bool somethingToTell, outcome.why.isEmpty() ? putBack(project, place, outcome) : Result<bool>(true));
    return somethingToTell ? std::optional(std::move(outcome)) : std::optional<Outcome>();
}

Result<bool> MovedRefs::putBack(const ProjectName &project, const git::RepositoryPlace &place, Outcome &outcome)
{
    const RefChange &change = outcome.change;
    const auto held = git::holdDisplaced(place, change.ref, change.after);
    if (!held) {
        outcome.why = u"what it was moved to could not be held: "_s + held.error().message;
        return true;
    }
    outcome.kept = shown(*held);
    HUB_TRY(const bool begun, m_stores.commits.ask([&]() -> Result<bool> {
        HUB_TRY(const auto known, m_stores.projects.get(project));
        HUB_CHECK(mayPutBack(known));
        // A person, or the hub for one, may have accounted for it meanwhile.
        HUB_TRY(const Facts facts, factsOf(project, change));
        if (facts.open && !facts.begun)
            HUB_CHECK(begin(project, outcome));
        return facts.open;
    }));
    if (!begun) {
        HUB_CHECK(git::dropHeld(place, *held));
        return false;
    }
    const auto done = git::putBack(place, change.ref, change.before, change.after);
    outcome.undone = done.hasValue();
    if (!done && done.error().code == ErrorCode::Conflict) {
        HUB_CHECK(m_stores.commits.ask([&]() -> Result<> {
            HUB_CHECK(m_stores.gitLog.add({.project = project.toString(),
                                           .who = u"hub"_s,
                                           .action = putBackAction,
                                           .refs = {moveOf(change.ref, change.after, change.before)},
                                           .outcome = done.error().message}));
            return {};
        }));
        HUB_CHECK(git::dropHeld(place, *held));
        return false;
    }
    if (!done)
        outcome.why = u"it could not be put back: "_s + done.error().message;
    outcome.facts.begun = true;
    return true;
}

Result<> MovedRefs::conclude(const ProjectName &project, const git::RepositoryPlace &place, Outcome outcome)
{
    const RefChange &change = outcome.change;
    const QByteArray held = QFile::encodeName(outcome.kept);
    HUB_TRY(git::Vault * vault, m_vaults.of(project));
    auto kept = git::archiveDisplaced(*vault, place, change.ref, outcome.undone ? change.after : change.before,
                                      m_stores.clock.now());
    if (!kept && outcome.undone)
        return kept.error(); // it goes on being held
    outcome.kept = shown(kept.valueOr({}));
    HUB_CHECK(m_stores.commits.ask([&]() -> Result<> {
        HUB_TRY(const Facts facts, factsOf(project, change));
        const bool open = outcome.facts.begun ? facts.begun : facts.open;
        return open ? tell(project, outcome) : Result<>();
    }));
    return git::dropHeld(place, held);
}

Result<> MovedRefs::archiveHeld(const ProjectName &project, const git::RepositoryPlace &place)
{
    HUB_TRY(git::Vault * vault, m_vaults.of(project));
    return git::archiveHeld(*vault, place, m_stores.clock.now());
}

Result<> MovedRefs::begin(const ProjectName &project, const Outcome &outcome)
{
    const RefChange &change = outcome.change;
    HUB_CHECK(m_stores.gitLog.add({.project = project.toString(),
                                   .who = u"unknown"_s,
                                   .action = movedOutside,
                                   .refs = {moveOf(change.ref, change.before, change.after)},
                                   .outcome = beingPutBack,
                                   .detail = outcome.kept + u"; "_s + outcome.facts.runs}));
    return {};
}

Result<> MovedRefs::tell(const ProjectName &project, const Outcome &outcome)
{
    const RefChange &change = outcome.change;
    const QString name = nameOf(change.ref);
    const QString moved =
        u"It was moved past git's hooks from %1 to %2"_s.arg(valueText(change.before), valueText(change.after));
    const QString vault = QFile::decodeName(m_data.vault(project));
    QStringList said;
    said << moved + (outcome.undone ? u", and is where it was again."_s
                                    : u", and nobody wrote that down. It stays there, since %1."_s.arg(outcome.why));
    if (!outcome.facts.runs.isEmpty())
        said << u"It could have been: %1."_s.arg(outcome.facts.runs);
    if (!outcome.kept.isEmpty())
        said << u"%1 lies in the vault (git fetch %2 %3)."_s.arg(
            outcome.undone ? u"What it was moved to"_s : u"What it was before"_s, joinWords({vault}), outcome.kept);
    if (!outcome.checkedOut.isEmpty())
        said << u"%1 is checked out in %2, where index and files were not touched (git status shows what differs)."_s
                    .arg(name, outcome.checkedOut.join(u", "));
    if (!outcome.undone)
        said << u"To put it back: %1"_s.arg(outcome.command);

    const bool journalled = outcome.facts.begun;
    const QString result = outcome.undone ? u"done"_s : u"left: "_s + outcome.why;
    HUB_CHECK(m_stores.gitLog.add({.project = project.toString(),
                                   .who = journalled ? u"hub"_s : u"unknown"_s,
                                   .action = journalled ? putBackAction : movedOutside,
                                   .refs = {journalled ? moveOf(change.ref, change.after, change.before)
                                                       : moveOf(change.ref, change.before, change.after)},
                                   .outcome = result,
                                   .detail = outcome.kept}));
    HUB_CHECK(m_stores.audit.add({.who = u"hub"_s,
                                  .origin = u"hub"_s,
                                  .role = u"machine"_s,
                                  .action = outcome.undone ? putBackAction : movedOutside,
                                  .detail = u"%1 of project %2: %3"_s.arg(name, project.toString(), said.join(u' ')),
                                  .outcome = result}));
    HUB_CHECK(m_alerts.raise(
        {.type = AlertType::BranchMoved,
         .level = outcome.facts.runs.isEmpty() ? AlertLevel::Warning : AlertLevel::Error,
         .subject =
             u"%1 of project %2, %3"_s.arg(name, project.toString(), outcome.undone ? putBackAction : movedOutside),
         .title = outcome.undone ? u"%1 of project %2 was put back"_s.arg(name, project.toString())
                                 : u"%1 of project %2 was moved past git's hooks"_s.arg(name, project.toString()),
         .description = said.join(u' '),
         .data = {{u"project"_s, project.toString()},
                  {u"ref"_s, shown(change.ref)},
                  {u"before"_s, shown(change.before)},
                  {u"after"_s, shown(change.after)},
                  {u"undone"_s, outcome.undone},
                  {u"kept_as"_s, outcome.kept}}}));
    qCWarning(lcRecovery).noquote() << name << "of" << project.toString() << said.join(u' ');
    // What stays is the value from now on; else it would be told again and again.
    return outcome.undone ? Result<>() : m_stores.refs.setKnown(project, shown(change.ref), shown(change.after));
}

Result<> MovedRefs::tellSteppedOver(const ProjectName &project, const RefChange &change)
{
    const QString name = nameOf(change.ref);
    HUB_CHECK(m_stores.gitLog.add({.project = project.toString(),
                                   .who = u"unknown"_s,
                                   .action = movedOutside,
                                   .refs = {moveOf(change.ref, change.before, change.after)},
                                   .outcome = u"left: a person went on from there"_s}));
    HUB_CHECK(m_alerts.raise(
        {.type = AlertType::BranchMoved,
         .level = AlertLevel::Warning,
         .subject = u"%1 of project %2, %3"_s.arg(name, project.toString(), movedOutside),
         .title = u"%1 of project %2 was moved past git's hooks"_s.arg(name, project.toString()),
         .description =
             u"It went from %1 to %2, and nobody wrote that down; then a person went on from there, so it stays."_s.arg(
                 valueText(change.before), valueText(change.after)),
         .data = {{u"project"_s, project.toString()},
                  {u"ref"_s, shown(change.ref)},
                  {u"before"_s, shown(change.before)},
                  {u"after"_s, shown(change.after)},
                  {u"undone"_s, false}}}));
    return {};
}

Result<QList<MovedRefs::Outcome>> MovedRefs::interrupted(const ProjectName &project, const git::RefValues &now) const
{
    QList<Outcome> outcomes;
    HUB_TRY(const auto rows, openRows(m_stores.gitLog, project));
    for (const auto &row : rows) {
        const state::RefMove move = row.refs.value(0);
        Outcome outcome{
            .change = {QFile::encodeName(move.ref), QFile::encodeName(move.before), QFile::encodeName(move.after)},
            .facts = {.begun = true},
            .undone = true};
        const auto value = now.find(outcome.change.ref);
        if (value == now.end() || value->second != outcome.change.before)
            continue;
        outcome.kept = row.detail.section(u"; "_s, 0, 0);
        outcome.facts.runs = row.detail.section(u"; "_s, 1);
        outcomes << outcome;
    }
    return outcomes;
}

} // namespace hub::recovery
