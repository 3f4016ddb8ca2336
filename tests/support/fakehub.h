// A hub for tests: answers what it was asked, or what a test tells it to.
#pragma once

#include "core/base/async.h"
#include "core/hub/hubport.h"
#include "core/ipc/peer.h"

#include <functional>

namespace hub
{

class FakeHub : public HubPort
{
public:
    std::function<QFuture<Result<commands::Reply>>(const commands::CommandCall &)> onCommand;
    std::function<QFuture<Result<QJsonObject>>(const ToolCall &)> onTool;
    std::function<QFuture<Result<QList<Suggestion>>>(const SuggestCall &)> onSuggest;
    std::function<QFuture<Result<QJsonObject>>(const QueryCall &)> onQuery;
    QList<commands::CommandCall> calls;
    QList<ToolCall> tools;

    QFuture<Result<commands::Reply>> execute(const commands::CommandCall &call) override
    {
        calls << call;
        if (onCommand)
            return onCommand(call);
        if (call.caller.role == commands::Role::Agent)
            return readyFuture<commands::Reply>(fail(ErrorCode::Refused, QStringLiteral("Agents may not do that.")));
        return readyFuture<commands::Reply>(echo(call));
    }

    QFuture<Result<QJsonObject>> callTool(const ToolCall &call) override
    {
        tools << call;
        if (onTool)
            return onTool(call);
        return readyFuture<QJsonObject>(QJsonObject{{QStringLiteral("method"), call.method},
                                                    {QStringLiteral("arguments"), call.arguments},
                                                    {QStringLiteral("key"), call.key}});
    }

    QFuture<Result<QList<Suggestion>>> suggest(const SuggestCall &call) override
    {
        if (onSuggest)
            return onSuggest(call);
        return readyFuture<QList<Suggestion>>(QList<Suggestion>{{call.typed, call.option + u' ' + call.typed}});
    }

    QFuture<Result<QJsonObject>> query(const QueryCall &call) override
    {
        if (onQuery)
            return onQuery(call);
        return readyFuture<QJsonObject>(
            QJsonObject{{QStringLiteral("query"), call.name}, {QStringLiteral("arguments"), call.arguments}});
    }

    static commands::Reply echo(const commands::CommandCall &call)
    {
        commands::Reply reply;
        reply.title = QStringLiteral("did ") + call.command;
        reply.data = {{QStringLiteral("command"), call.command},
                      {QStringLiteral("options"), call.options},
                      {QStringLiteral("yes"), call.yes},
                      {QStringLiteral("dry_run"), call.dryRun},
                      {QStringLiteral("confirm_given"), call.confirm},
                      {QStringLiteral("folder"), call.folder},
                      {QStringLiteral("role"), int(call.caller.role)}};
        return reply;
    }
};

// Takes a process as a living shim: by pid, since only a test knows which one it means.
class FakeRuns : public ipc::RunDirectory
{
public:
    qint64 shim = 0;
    std::optional<RunId> runOfShim(qint64 pid, quint64) const override
    {
        return pid == shim ? std::optional(RunId::of(5)) : std::nullopt;
    }
    std::optional<RunId> runOfMark(const QByteArray &mark) const override
    {
        return mark == "fakehub-6" ? std::optional(RunId::of(6)) : std::nullopt;
    }
};

} // namespace hub
