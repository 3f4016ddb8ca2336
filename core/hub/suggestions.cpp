#include "core/hub/suggestions.h"

#include "core/agents/knownagents.h"
#include "core/commands/counted.h"
#include "core/hub/handlers.h"
#include "core/hub/projectrights.h"

using namespace Qt::StringLiterals;

namespace hub
{

using commands::OptionKind;

namespace
{

using Suggestions = QList<Suggestion>;

constexpr qsizetype mostSuggestions = 25, longestLabel = 100;
constexpr qsizetype shownTitle = 48; // so that state and time still stand beside it

QString label(const QStringList &parts)
{
    QStringList said;
    for (const QString &part : parts) {
        if (const QString text = part.simplified(); !text.isEmpty())
            said << text;
    }
    return said.join(u" · "_s);
}

QString shortened(const QString &text)
{
    const QString line = text.simplified();
    return line.size() <= shownTitle ? line : line.first(shownTitle - 1) + u'…';
}

// One request, with what it takes several times.
struct Asked {
    Services &services;
    const SuggestCall &call;
    const commands::CommandSpec &spec;
    ProjectRights rights{services, call.call};

    QString option(QLatin1StringView name) const { return call.call.options.value(name).toString(); }
    QString ago(Instant at) const { return agoText(at, services.now()); }
    bool is(QLatin1StringView command) const { return spec.name == command; }

    // The one that is named beside it, else the one of the place.
    std::optional<TaskId> task() const
    {
        const auto named = TaskId::parse(option("task_id"_L1));
        return named ? named : call.call.place.task;
    }

    // Newest first, the open ones before the ended; only those of the agent, project or task that is named beside.
    Result<QList<Task>> tasks() const
    {
        HUB_TRY(QList<Task> all, services.stores.tasks.all());
        const QString agent = option("agent"_L1);
        const QString named = option("project"_L1);
        const QString project = named.isEmpty() ? call.call.place.project : named;
        all.removeIf([&](const Task &one) {
            return !rights.sees(one.spec.project) || (!agent.isEmpty() && one.spec.agent.toString() != agent) ||
                   (!project.isEmpty() && one.spec.project.toString() != project);
        });
        std::stable_partition(all.begin(), all.end(), [](const Task &one) { return !isEnded(one.state); });
        return all;
    }
    Result<QList<Task>> tasksOf(std::optional<TaskId> only) const
    {
        HUB_TRY(QList<Task> all, tasks());
        if (only)
            all.removeIf([&](const Task &one) { return one.id != *only; });
        return all;
    }
};

Result<Suggestions> taskSuggestions(const Asked &asked)
{
    HUB_TRY(const auto tasks, asked.tasks());
    Suggestions found;
    for (const Task &task : tasks)
        found << Suggestion{task.id.toString(), label({u"#%1 %2"_s.arg(task.id.toString(), shortened(task.spec.title)),
                                                       stateText(task.state), asked.ago(task.updatedAt)})};
    return found;
}

Result<Suggestions> checkpointSuggestions(const Asked &asked)
{
    HUB_TRY(const auto tasks, asked.tasksOf(asked.task()));
    QList<Checkpoint> checkpoints;
    for (const Task &task : tasks) {
        HUB_TRY(const auto some, asked.services.stores.tasks.checkpoints(task.id));
        checkpoints << some.first(std::min(mostSuggestions * 4, some.size()));
    }
    std::stable_sort(checkpoints.begin(), checkpoints.end(),
                     [](const Checkpoint &a, const Checkpoint &b) { return a.at > b.at; });
    Suggestions found;
    for (const Checkpoint &checkpoint : checkpoints)
        found << Suggestion{checkpoint.id.toString(),
                            label({checkpoint.id.toString(), textOf(checkpointTypeTexts, checkpoint.type),
                                   asked.ago(checkpoint.at), shortened(checkpoint.step), checkpoint.notes})};
    return found;
}

QHash<QString, qint64> openBy(const QList<Task> &tasks, QString (*key)(const Task &))
{
    QHash<QString, qint64> open;
    for (const Task &task : tasks)
        open[key(task)] += isEnded(task.state) ? 0 : 1;
    return open;
}

QString openText(qint64 open) { return open == 0 ? QString() : commands::counted(open, u"open task"_s); }

Result<Suggestions> agentSuggestions(const Asked &asked)
{
    HUB_TRY(const auto tasks, asked.services.stores.tasks.all());
    HUB_TRY(const auto pauses, asked.services.stores.holds.pauses());
    const auto open = openBy(tasks, [](const Task &task) { return task.spec.agent.toString(); });
    Suggestions found;
    for (const auto &profile : asked.services.profiles.all()) {
        const QString name = profile.name.toString();
        const bool paused = std::any_of(pauses.begin(), pauses.end(), [&](const state::Pause &pause) {
            return pause.scope == u"agent" && pause.subject == name;
        });
        found << Suggestion{name, label({name, paused ? u"paused"_s : QString(), openText(open.value(name))})};
    }
    if (asked.is("pause-agent"_L1) || asked.is("resume-agent"_L1))
        found << Suggestion{u"all"_s, u"all agents"_s};
    return found;
}

Result<Suggestions> projectSuggestions(const Asked &asked)
{
    HUB_TRY(const auto projects, asked.services.stores.projects.all());
    HUB_TRY(const auto tasks, asked.services.stores.tasks.all());
    const auto open = openBy(tasks, [](const Task &task) { return task.spec.project.toString(); });
    Suggestions found;
    for (const state::Project &project : projects) {
        if (!asked.rights.sees(project.name))
            continue;
        const QString name = project.name.toString();
        found << Suggestion{
            name, label({name, project.missing ? u"its folder is missing"_s : QString(), openText(open.value(name))})};
    }
    return found;
}

Result<Suggestions> approvalSuggestions(const Asked &asked)
{
    HUB_TRY(const auto open, asked.services.stores.approvals.list(asked.task(), ApprovalState::Open));
    Suggestions found;
    for (const Approval &approval : open) {
        if (asked.rights.sees(approval.task))
            found << Suggestion{approval.id.toString(),
                                label({approval.id.toString(), u'#' + approval.task.toString(), approval.kind,
                                       shortened(approval.question), asked.ago(approval.askedAt)})};
    }
    return found;
}

Result<Suggestions> alertSuggestions(const Asked &asked)
{
    HUB_TRY(const auto alerts, asked.services.alerts.book().list(true, {}, {}));
    Suggestions found;
    for (const Alert &alert : alerts) {
        if (!alert.report.task || asked.rights.sees(*alert.report.task))
            found << Suggestion{alert.id.toString(),
                                label({alert.id.toString(), textOf(alertLevelTexts, alert.report.level),
                                       shortened(alert.report.title), alert.report.subject, asked.ago(alert.at)})};
    }
    return found;
}

// To undo: what is done and was not undone.
Result<Suggestions> operationSuggestions(const Asked &asked)
{
    HUB_TRY(const auto operations, asked.services.stores.operations.list(asked.task()));
    Suggestions found;
    for (const state::Operation &operation : operations) {
        const bool gone = asked.is("rollback undo"_L1) && (operation.state != u"done" || operation.undoneBy);
        if (gone || !asked.rights.sees(operation.task))
            continue;
        found << Suggestion{operation.id.toString(),
                            label({operation.id.toString(), operation.kind, u'#' + operation.task.toString(),
                                   asked.ago(operation.at), operation.who})};
    }
    return found;
}

Result<Suggestions> messageSuggestions(const Asked &asked)
{
    HUB_TRY(const auto waiting, asked.services.stores.queue.list(asked.task()));
    Suggestions found;
    for (const state::QueuedMessage &message : waiting) {
        if (asked.rights.sees(message.task))
            found << Suggestion{message.id.toString(), label({message.id.toString(), u'#' + message.task.toString(),
                                                              shortened(message.text), asked.ago(message.at)})};
    }
    return found;
}

// Files that somebody holds: the only paths that are known without looking into a repository.
Result<Suggestions> pathSuggestions(const Asked &asked)
{
    HUB_TRY(const auto claims, asked.services.stores.holds.claims());
    const QString project = asked.option("project"_L1);
    Suggestions found;
    for (const state::Claim &claim : claims) {
        if (asked.rights.sees(claim.project) && (project.isEmpty() || claim.project.toString() == project))
            found << Suggestion{
                claim.path, label({claim.path, u"held by #%1"_s.arg(claim.task.toString()), claim.project.toString()})};
    }
    return found;
}

Result<Suggestions> settingSuggestions(const Asked &asked)
{
    const bool writes = asked.spec.effect != commands::Effect::Read;
    Suggestions found;
    for (const SettingSpec *setting : allSettings) {
        if (writes && setting->machineOnly && asked.call.call.caller.role != commands::Role::Machine)
            continue;
        const QString key(setting->key);
        found << Suggestion{key, label({key, asked.services.settings.text(*setting)})};
    }
    return found;
}

Result<Suggestions> commandSuggestions(const Asked &asked)
{
    Suggestions found;
    for (const commands::CommandSpec &row : commands::commandTable()) {
        if (commands::roleFor(row.entryAccess()) <= asked.call.call.caller.role)
            found << Suggestion{QString(row.name), label({QString(row.name), QString(row.description)})};
    }
    return found;
}

// Protected branches as last seen, and the tasks' own.
Result<Suggestions> branchSuggestions(const Asked &asked)
{
    constexpr auto prefix = "refs/heads/"_L1;
    const std::optional<TaskId> only = asked.task();
    HUB_TRY(const auto tasks, asked.tasks());
    QString named = asked.option("project"_L1);
    if (named.isEmpty())
        named = asked.call.call.place.project;
    for (const Task &task : tasks) {
        if (only && task.id == *only)
            named = task.spec.project.toString();
    }
    HUB_TRY(const auto projects, asked.services.stores.projects.all());
    Suggestions found;
    for (const state::Project &project : projects) {
        if (!asked.rights.sees(project.name) || (!named.isEmpty() && project.name.toString() != named))
            continue;
        HUB_TRY(const auto known, asked.services.stores.refs.known(project.name));
        for (auto ref = known.cbegin(); ref != known.cend(); ++ref) {
            if (ref.key().startsWith(prefix) && !ref.value().isEmpty())
                found << Suggestion{ref.key().mid(prefix.size()),
                                    label({ref.key().mid(prefix.size()), u"protected"_s, project.name.toString()})};
        }
    }
    if (asked.is("finish-task"_L1))
        return found; // a task's own branch is what it comes from
    for (const Task &task : tasks) {
        if (!task.branch.isEmpty() && (named.isEmpty() || task.spec.project.toString() == named))
            found << Suggestion{task.branch, label({task.branch, u'#' + task.id.toString(), stateText(task.state)})};
    }
    return found;
}

Result<Suggestions> backupSuggestions(const Asked &asked)
{
    HUB_TRY(const auto tasks, asked.tasksOf(asked.task()));
    Suggestions found;
    for (const Task &task : tasks) {
        if (!task.backupBranch.isEmpty())
            found << Suggestion{
                task.backupBranch,
                label({task.backupBranch, u"#%1 %2"_s.arg(task.id.toString(), shortened(task.spec.title))})};
    }
    return found;
}

QFuture<Result<Suggestions>> hubBackupSuggestions(Services &services, const QString &typed)
{
    auto promise = std::make_shared<QPromise<Result<Suggestions>>>();
    promise->start();
    whenDone(services.backups.list(), &services.driver,
             [promise, typed, now = services.now()](const Result<QList<db::Backup>> &backups) {
                 Suggestions found;
                 for (const db::Backup &backup : backups.valueOr({}))
                     found << Suggestion{backup.name(), label({backup.name(), agoText(backup.at, now)})};
                 promise->addResult(Result<Suggestions>(fittingSuggestions(found, typed)));
                 promise->finish();
             });
    return promise->future();
}

// Of the agents whose programs are on this machine, the ones that are not set up yet first.
QFuture<Result<Suggestions>> programSuggestions(Services &services, const QString &typed)
{
    QStringList there;
    for (const auto &profile : services.profiles.all())
        there << profile.command.value(0).section(u'/', -1);
    return services.workers.run(u"agents"_s, [there, typed]() -> Result<Suggestions> {
        auto agents = agents::findAgents();
        std::stable_partition(agents.begin(), agents.end(), [&there](const agents::FoundAgent &agent) {
            return !there.contains(agent.command.section(u' ', 0, 0));
        });
        Suggestions found;
        for (const agents::FoundAgent &agent : std::as_const(agents))
            found << Suggestion{agent.command, label({agent.name, agent.title, agent.program})};
        return fittingSuggestions(found, typed);
    });
}

Result<Suggestions> suggestionsOf(const Asked &asked, OptionKind kind)
{
    switch (kind) {
    case OptionKind::Task: return taskSuggestions(asked);
    case OptionKind::Checkpoint: return checkpointSuggestions(asked);
    case OptionKind::Agent: return agentSuggestions(asked);
    case OptionKind::Project: return projectSuggestions(asked);
    case OptionKind::Approval: return approvalSuggestions(asked);
    case OptionKind::Alert: return alertSuggestions(asked);
    case OptionKind::Operation: return operationSuggestions(asked);
    case OptionKind::Message: return messageSuggestions(asked);
    case OptionKind::Path: return pathSuggestions(asked);
    case OptionKind::Setting: return settingSuggestions(asked);
    case OptionKind::Command: return commandSuggestions(asked);
    case OptionKind::Branch: return branchSuggestions(asked);
    case OptionKind::Backup: return backupSuggestions(asked);
    case OptionKind::HubBackup:
    case OptionKind::Text:
    case OptionKind::Number:
    case OptionKind::Flag:
    case OptionKind::Choice:
    case OptionKind::Program:
    case OptionKind::Channel:
    case OptionKind::File: break;
    }
    return Suggestions();
}

} // namespace

QList<Suggestion> fittingSuggestions(const QList<Suggestion> &all, const QString &typed)
{
    const QStringList words = typed.simplified().split(u' ', Qt::SkipEmptyParts);
    Suggestions found;
    for (const Suggestion &one : all) {
        const bool fits = std::all_of(words.begin(), words.end(), [&one](const QString &word) {
            return one.label.contains(word, Qt::CaseInsensitive) || one.value.contains(word, Qt::CaseInsensitive);
        });
        const bool known = std::any_of(found.begin(), found.end(),
                                       [&one](const Suggestion &other) { return other.value == one.value; });
        if (!fits || known)
            continue;
        found << one;
        if (found.last().label.size() > longestLabel)
            found.last().label = one.label.first(longestLabel - 1) + u'…';
        if (found.size() == mostSuggestions)
            break;
    }
    return found;
}

QFuture<Result<QList<Suggestion>>> suggestionsFor(Services &services, const SuggestCall &call)
{
    const commands::CommandSpec *spec = commands::findCommand(call.call.command);
    const commands::OptionSpec *option = nullptr;
    for (const commands::OptionSpec &one : spec ? spec->options : std::span<const commands::OptionSpec>()) {
        if (commands::sameName(one.name, call.option))
            option = &one;
    }
    if (!option)
        return readyFuture<Suggestions>(
            fail(ErrorCode::InvalidInput, u"There is no option %1 of %2."_s.arg(call.option, call.call.command)));
    if (call.call.caller.role < commands::roleFor(spec->entryAccess()))
        return readyFuture(Result<Suggestions>(Suggestions()));
    if (option->kind == OptionKind::HubBackup)
        return hubBackupSuggestions(services, call.typed);
    if (option->kind == OptionKind::Program)
        return programSuggestions(services, call.typed);
    return services.stores.commits.submit([&services, call, spec, kind = option->kind]() -> Result<Suggestions> {
        HUB_TRY(const auto all, suggestionsOf({services, call, *spec}, kind));
        return fittingSuggestions(all, call.typed);
    });
}

} // namespace hub
