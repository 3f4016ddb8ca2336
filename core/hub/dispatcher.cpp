#include "core/hub/dispatcher.h"

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/hub/noteport.h"

using namespace Qt::StringLiterals;

namespace hub
{

using commands::CommandSpec;
using commands::Effect;
using commands::Reply;
using commands::Role;

namespace
{

// Answered by agenthubctl itself, or by a front end of the hub's program.
constexpr QLatin1StringView clientCommands[]{"help"_L1, "wait"_L1, "discord check"_L1, "discord invite"_L1};

std::optional<TaskId> taskOf(const Invocation &in, const Result<Reply> &reply)
{
    if (reply && reply->data.contains(u"task_id"_s))
        return TaskId::of(reply->data.value(u"task_id"_s).toInteger());
    return TaskId::parse(in.options.value(u"task_id"_s).toString());
}

} // namespace

Result<std::unique_ptr<Dispatcher>> Dispatcher::create(Services &services)
{
    std::unique_ptr<Dispatcher> dispatcher(new Dispatcher(services));
    for (auto rows :
         {taskHandlers(), taskViewHandlers(), recoveryHandlers(), finishHandlers(), cleanupHandlers(), backupHandlers(),
          agentHandlers(), safetyHandlers(), healthHandlers(), projectHandlers(), guardHandlers(), adminHandlers()}) {
        for (const HandlerRow &row : rows)
            dispatcher->m_handlers.insert(QString(row.command), row);
    }
    for (const CommandSpec &spec : commands::commandTable()) {
        const bool ofClient =
            std::find(std::begin(clientCommands), std::end(clientCommands), spec.name) != std::end(clientCommands);
        if (!ofClient && !dispatcher->m_handlers.contains(QString(spec.name)))
            return fail(ErrorCode::Internal, u"command '%1' has no handler"_s.arg(spec.name));
    }
    return dispatcher;
}

Result<const CommandSpec *> Dispatcher::admit(const commands::CommandCall &call)
{
    if (call.caller.role == Role::Agent) {
        return fail(
            ErrorCode::Refused,
            u"'%1' is for people; an agent has the lifecycle methods only (agenthubctl tool …). Nothing was changed."_s
                .arg(call.command));
    }
    const CommandSpec *spec = commands::findCommand(call.command);
    if (!spec) {
        QStringList names;
        for (const CommandSpec &row : commands::commandTable())
            names << QString(row.name);
        return fail(ErrorCode::InvalidInput,
                    u"There is no command '%1'.%2"_s.arg(call.command, commands::didYouMean(call.command, names)),
                    u"agenthubctl help"_s);
    }
    if (call.caller.role < commands::roleFor(spec->entryAccess())) {
        const QString needed = textOf(commands::roleFor(spec->entryAccess()));
        if (call.caller.role == Role::Nobody)
            return fail(ErrorCode::Refused,
                        u"You have no right here yet: %1 needs %2. Nothing was done."_s.arg(spec->name, needed),
                        u"Ask an admin to add one of your roles to the viewers, operators or admins, and to see that "
                        "discord/guild_id names this server."_s);
        return fail(ErrorCode::Refused,
                    u"You may look here but not steer: %1 needs %2 (you are %3)."_s.arg(spec->name, needed,
                                                                                        textOf(call.caller.role)),
                    u"Ask an admin to add one of your roles to the %1s."_s.arg(needed));
    }
    return spec;
}

QFuture<Result<Reply>> Dispatcher::run(const commands::CommandCall &call, std::optional<agents::StopReport> stopped)
{
    const auto spec = admit(call);
    if (!spec) {
        if (spec.error().code == ErrorCode::Refused)
            recordRefusal(call.caller, call.command, spec.error().message);
        return readyFuture<Reply>(spec.error());
    }
    auto options = commands::checkOptions(**spec, call.options);
    if (!options)
        return readyFuture<Reply>(std::move(options).error());
    Invocation in{**spec, call, *options, std::move(stopped)};
    if (call.dryRun) {
        if ((*spec)->effect != Effect::Dangerous)
            return readyFuture<Reply>(fail(ErrorCode::InvalidInput,
                                           u"%1 has no preview: it does nothing that needs one."_s.arg((*spec)->name)));
        in.call.yes = false;
        in.call.confirm.clear();
    }
    if ((*spec)->needsRoom && !call.dryRun) {
        if (const auto full = m_services.disks.refusal()) {
            recordFailure(in, *full);
            return readyFuture<Reply>(*full);
        }
    }
    const auto handler = m_handlers.constFind(QString((*spec)->name));
    if (handler == m_handlers.constEnd())
        return readyFuture<Reply>(
            fail(ErrorCode::Unsupported,
                 u"'%1' is answered by another program, or this one was built without it."_s.arg((*spec)->name)));
    if (const auto *slow = std::get_if<SlowHandler>(&handler->handler)) {
        if (call.once) // it takes more than one commit
            return readyFuture<Reply>(
                fail(ErrorCode::Unsupported, u"Whether %1 was done before can't be known."_s.arg((*spec)->name)));
        return finish(in, (*slow)(m_services, in));
    }
    const auto quick = std::get<QuickHandler>(handler->handler);
    if (in.spec.effect == Effect::Read)
        return looked(in, m_services.stores.commits.submit([this, quick, in] { return quick(m_services, in); }));
    if (!handler->look)
        return change(in, quick);
    auto looked = handler->look(m_services, in);
    whenDone(looked, &m_services.driver, [this, in](const Result<> &found) {
        if (!found)
            recordFailure(in, found.error());
    });
    return replyAfter(&m_services.driver, std::move(looked),
                      [this, in, quick](std::monostate) { return change(in, quick); });
}

// A look needs no entry, but that it was refused does.
QFuture<Result<Reply>> Dispatcher::looked(const Invocation &in, QFuture<Result<Reply>> reply)
{
    if (in.call.caller.numbers.isEmpty())
        return reply; // then no project refuses it
    whenDone(reply, &m_services.driver, [this, in](const Result<Reply> &done) {
        if (!done && done.error().code == ErrorCode::Refused)
            recordFailure(in, done.error());
    });
    return reply;
}

// What a quick handler changes and the audit entry that says so, committed together.
QFuture<Result<Reply>> Dispatcher::change(const Invocation &in, QuickHandler quick)
{
    auto reply = m_services.stores.commits.submit([this, quick, in]() -> Result<Reply> {
        const auto &once = in.call.once;
        if (once) {
            HUB_TRY(const auto last, m_services.stores.notes.ofKind(onceNote));
            if (last.value(once->source)[u"number"_s].toString().toULongLong() >= once->number)
                return Reply{.title = u"That was done before."_s};
        }
        auto done = quick(m_services, in);
        if (done && done->confirm.isEmpty()) {
            HUB_CHECK(record(in, u"done"_s, {}, taskOf(in, done)));
            if (once)
                HUB_CHECK(m_services.stores.notes.set(onceNote, once->source,
                                                      {{u"number"_s, QString::number(once->number)}}));
        }
        return done;
    });
    // What failed was taken back with its audit entry, so that gets one of its own.
    auto promise = std::make_shared<QPromise<Result<Reply>>>();
    promise->start();
    auto future = promise->future();
    whenDone(std::move(reply), &m_services.driver, [this, in, promise](const Result<Reply> &done) {
        if (!done)
            recordFailure(in, done.error());
        promise->addResult(done);
        promise->finish();
    });
    return future;
}

void Dispatcher::recordFailure(const Invocation &in, const Error &error)
{
    m_services.stores.commits.submit([this, in, error] {
        return record(in, error.code == ErrorCode::Refused ? u"refused"_s : u"failed"_s, u' ' + error.message,
                      taskOf(in, error));
    });
}

QFuture<Result<Reply>> Dispatcher::finish(const Invocation &in, QFuture<Result<Reply>> reply)
{
    if (in.spec.effect == Effect::Read)
        return looked(in, std::move(reply));
    auto promise = std::make_shared<QPromise<Result<Reply>>>();
    promise->start();
    auto future = promise->future();
    whenDone(std::move(reply), &m_services.driver, [this, in, promise](const Result<Reply> &done) {
        const auto answer = [promise, done] {
            promise->addResult(done);
            promise->finish();
        };
        if (done && (!done->confirm.isEmpty() || done->onlyLooked))
            return answer(); // a preview or a list changed nothing
        auto recorded = m_services.stores.commits.submit([this, in, done]() -> Result<> {
            const QString outcome = done                                      ? u"done"_s
                                    : done.error().code == ErrorCode::Refused ? u"refused"_s
                                                                              : u"failed"_s;
            return record(in, outcome, u' ' + (done ? done->title : done.error().message), taskOf(in, done));
        });
        whenDone(std::move(recorded), &m_services.driver, [answer](const Result<> &) { answer(); });
    });
    return future;
}

Result<> Dispatcher::record(const Invocation &in, const QString &outcome, const QString &result,
                            std::optional<TaskId> task)
{
    QJsonObject options = in.options;
    for (const commands::OptionSpec &option : in.spec.options) {
        if (option.secret)
            options.remove(option.name);
    }
    return m_services.stores.audit.add({.who = in.who(),
                                        .origin = in.call.caller.origin,
                                        .role = textOf(in.call.caller.role),
                                        .action = QString(in.spec.name),
                                        .task = task,
                                        .detail = QString::fromUtf8(toJson(options)) + result,
                                        .outcome = outcome});
}

void Dispatcher::recordRefusal(const commands::Caller &caller, const QString &what, const QString &why)
{
    m_services.stores.commits.submitOrLog(u"recording a refusal"_s, [this, caller, what, why]() -> Result<> {
        std::optional<TaskId> task;
        if (caller.run) {
            if (const auto run = m_services.stores.runs.get(*caller.run))
                task = run->task;
            HUB_CHECK(
                m_services.alerts.raise({.type = AlertType::RepeatedRefusals,
                                         .level = AlertLevel::Warning,
                                         .subject = caller.name,
                                         .title = u"An agent tried what only people may do"_s,
                                         .description = u"%1 called '%2' and was refused."_s.arg(caller.name, what),
                                         .task = task}));
        }
        return m_services.stores.audit.add({.who = caller.name,
                                            .origin = caller.origin,
                                            .role = textOf(caller.role),
                                            .action = what,
                                            .task = task,
                                            .detail = why,
                                            .outcome = u"refused"_s});
    });
}

} // namespace hub
