// One way in for every command: find the row, check rights and input, run the handler, write the audit entry, reply.
// Hub thread, but for the two pure checks.
#pragma once

#include "core/hub/handlers.h"

namespace hub
{

class Dispatcher final
{
public:
    // Every row of the table that is the hub's has a handler; a missing one is a defect that ends the start.
    static Result<std::unique_ptr<Dispatcher>> create(Services &services);

    // Any thread. The row, when the caller may call it at all.
    static Result<const commands::CommandSpec *> admit(const commands::CommandCall &call);

    // `stopped`: what the brake did for this call before it came here.
    QFuture<Result<commands::Reply>> run(const commands::CommandCall &call, std::optional<agents::StopReport> stopped);

    // An audit entry for something that was refused before it got here.
    void recordRefusal(const commands::Caller &caller, const QString &what, const QString &why);

private:
    explicit Dispatcher(Services &services)
        : m_services(services)
    {
    }
    QFuture<Result<commands::Reply>> change(const Invocation &in, QuickHandler quick);
    QFuture<Result<commands::Reply>> looked(const Invocation &in, QFuture<Result<commands::Reply>> reply);
    void recordFailure(const Invocation &in, const Error &error);
    QFuture<Result<commands::Reply>> finish(const Invocation &in, QFuture<Result<commands::Reply>> reply);
    // The one audit entry of a call: its options, followed by `result`.
    Result<> record(const Invocation &in, const QString &outcome, const QString &result, std::optional<TaskId> task);

    Services &m_services;
    QHash<QString, HandlerRow> m_handlers;
};

} // namespace hub
