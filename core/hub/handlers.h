// Command handlers, one function per row of the table, in files by area. Hub thread.
#pragma once

#include "core/commands/commandspec.h"
#include "core/hub/finders.h"

#include <span>
#include <variant>

namespace hub
{

struct Invocation {
    const commands::CommandSpec &spec;
    commands::CommandCall call;
    QJsonObject options;                            // checked
    std::optional<agents::StopReport> stopped = {}; // what the brake has already done for this call

    QString text(QLatin1StringView name) const { return options.value(name).toString(); }
    bool flag(QLatin1StringView name) const { return options.value(name).toBool(); }
    qint64 number(QLatin1StringView name, qint64 fallback) const { return options.value(name).toInteger(fallback); }
    // "limit": how many rows at most, within what a reply can hold.
    int limit(int fallback) const
    {
        return int(std::clamp<qint64>(number(QLatin1StringView("limit"), fallback), 1, 1000));
    }
    bool has(QLatin1StringView name) const { return options.contains(name); }
    const QString &who() const { return call.caller.name; }
};

// Runs inside CommitGroup work: what it changes, the audit entry and its reply are committed together.
using QuickHandler = Result<commands::Reply> (*)(Services &, const Invocation &);
// Crosses to workers or the brake; commits by itself.
using SlowHandler = QFuture<Result<commands::Reply>> (*)(Services &, const Invocation &);

// What has to be true outside the database before a quick handler runs, such as a look into a repository.
using Look = QFuture<Result<>> (*)(Services &, const Invocation &);

struct HandlerRow {
    QLatin1StringView command;
    std::variant<QuickHandler, SlowHandler> handler;
    Look look = nullptr; // before a QuickHandler; its error is the answer
};

std::span<const HandlerRow> taskHandlers();
std::span<const HandlerRow> taskViewHandlers();
std::span<const HandlerRow> recoveryHandlers();
std::span<const HandlerRow> finishHandlers();
std::span<const HandlerRow> cleanupHandlers();
std::span<const HandlerRow> backupHandlers();
std::span<const HandlerRow> agentHandlers();
std::span<const HandlerRow> safetyHandlers();
std::span<const HandlerRow> healthHandlers();
std::span<const HandlerRow> projectHandlers();
std::span<const HandlerRow> guardHandlers();
std::span<const HandlerRow> adminHandlers();

// Runs on the hub thread when the future ends and passes a value on; errors pass through.
template <class T, class Then>
QFuture<Result<commands::Reply>> replyWhen(QObject *context, QFuture<Result<T>> future, Then then)
{
    auto promise = std::make_shared<QPromise<Result<commands::Reply>>>();
    promise->start();
    whenDone(std::move(future), context, [promise, then = std::move(then)](Result<T> result) mutable {
        promise->addResult(result ? then(*std::move(result)) : Result<commands::Reply>(std::move(result).error()));
        promise->finish();
    });
    return promise->future();
}

// As replyWhen, for what answers later itself.
template <class T, class Then>
QFuture<Result<commands::Reply>> replyAfter(QObject *context, QFuture<Result<T>> future, Then then)
{
    auto promise = std::make_shared<QPromise<Result<commands::Reply>>>();
    promise->start();
    whenDone(std::move(future), context, [context, promise, then = std::move(then)](Result<T> result) mutable {
        auto reply = result ? then(*std::move(result)) : readyFuture<commands::Reply>(std::move(result).error());
        whenDone(std::move(reply), context, [promise](Result<commands::Reply> answer) {
            promise->addResult(std::move(answer));
            promise->finish();
        });
    });
    return promise->future();
}

// On the workers, each project whose guard is installed: what changed since is taken over. What fails is logged.
void refreshGuards(Services &services);

// Inside CommitGroup work: the guard was put in or taken out ("install", "uninstall").
Result<> logGuard(state::Stores &stores, const ProjectName &project, const QString &who, const QString &action,
                  const git::GuardState &guard);

// In core/hub/conflicts.cpp.
QFuture<Result<commands::Reply>> listConflicts(Services &services, const Invocation &in);

// Shared pieces of replies.
QJsonObject taskData(const Services &services, const Task &task);
QJsonObject approvalData(const Approval &approval);
QString stateText(TaskState state); // for people: "needs review"
// Title and reason of a task with what can be done next.
commands::Reply aboutTask(const Services &services, const Task &task, const QString &title);
QString pausedText(const QList<state::Pause> &pauses);
// A sentence on what the brake did: "4 agents are frozen (cgroup2, 3 ms)".
QString stopText(const agents::StopReport &report);

} // namespace hub
