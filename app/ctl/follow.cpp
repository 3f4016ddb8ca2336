// The two commands that stay: task-log --follow and wait. Both outlive a restart of the hub.
#include "app/ctl/ask.h"

#include "core/base/json.h"
#include "core/commands/exitcode.h"
#include "core/commands/plaintext.h"

#include <QDateTime>
#include <QDir>
#include <QThread>

#include <chrono>

using namespace Qt::StringLiterals;

namespace hub::ctl
{

using namespace commands;
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

namespace
{

constexpr auto hubPatience = 30s; // how long a hub may be away before we give up

std::optional<MessageId> messageIdOf(const QJsonObject &message)
{
    return MessageId::parse(message[u"message_id"_s].toVariant().toString());
}

// Whatever says that the hub is being restarted, rather than that the request is wrong.
bool mayComeBack(ErrorCode code)
{
    return code == ErrorCode::NoHub || code == ErrorCode::Conflict || code == ErrorCode::ShuttingDown ||
           code == ErrorCode::Timeout;
}

class LogFollower
{
public:
    LogFollower(ipc::Client &client, CommandCall call, const Terminal &terminal)
        : m_client(client)
        , m_call(std::move(call))
        , m_terminal(terminal)
    {
    }

    // From a new connection to its loss.
    Error follow()
    {
        if (auto connected = m_client.connect(); !connected)
            return std::move(connected).error();
        // Subscribed first: a message between the two is then in the log, in the events, or in both, never in none.
        if (auto subscribed = m_client.subscribe({}, {u"message"_s}); !subscribed)
            return std::move(subscribed).error();
        auto reply = m_client.execute(m_call);
        if (!reply)
            return std::move(reply).error();
        printLog(*reply);
        m_lastSeen = SteadyClock::now();
        for (;;) {
            auto event = m_client.nextEvent(std::nullopt);
            m_lastSeen = SteadyClock::now();
            if (!event)
                return std::move(event).error();
            if ((*event)->data[u"task_id"_s].toVariant().toString() == m_task)
                printMessage((*event)->data);
        }
    }

    SteadyClock::time_point lastSeen() const { return m_lastSeen; }

private:
    void printLog(const Reply &reply)
    {
        m_task = reply.data[u"task_id"_s].toVariant().toString();
        m_call.options[u"task_id"_s] = m_task; // from now on this one, even when others become the likelier one
        if (!m_started && !m_terminal.isJson() && !reply.title.isEmpty())
            m_terminal.print(plainText(reply.title, Lines::One) + u'\n');
        m_started = true;
        for (const QJsonValue &message : reply.data[u"messages"_s].toArray())
            printMessage(message.toObject());
    }

    void printMessage(const QJsonObject &message)
    {
        const auto id = messageIdOf(message);
        if (id && m_last && *id <= *m_last)
            return;
        if (id)
            m_last = id;
        if (m_terminal.isJson()) {
            m_terminal.print(message);
            return;
        }
        const auto at = QDateTime::fromString(message[u"at"_s].toString(), Qt::ISODateWithMs).toLocalTime();
        QString text = plainText(message[u"text"_s].toString(), Lines::Many);
        text.replace(u'\n', u"\n      "_s);
        m_terminal.print(u"%1 %2: %3\n"_s.arg(at.isValid() ? at.toString(u"HH:mm"_s) : u"--:--"_s,
                                              plainText(message[u"from"_s].toString(), Lines::One), text));
    }

    ipc::Client &m_client;
    CommandCall m_call;
    const Terminal &m_terminal;
    QString m_task;
    std::optional<MessageId> m_last;
    bool m_started = false;
    SteadyClock::time_point m_lastSeen = SteadyClock::now() - hubPatience;
};

bool worksByItself(const QString &state) { return state == u"queued" || state == u"preparing" || state == u"running"; }

bool isOver(const QString &state) { return state == u"completed" || state == u"failed" || state == u"cancelled"; }

} // namespace

int followLog(ipc::Client &client, const CommandLine &line, const Terminal &terminal)
{
    CommandCall call = line.call;
    call.folder = QDir::currentPath();
    LogFollower follower(client, call, terminal);
    for (;;) {
        const Error error = follower.follow();
        if (!mayComeBack(error.code) || SteadyClock::now() - follower.lastSeen() > hubPatience)
            return terminal.report(error);
        QThread::msleep(300);
    }
}

int waitForTask(ipc::Client &client, const CommandLine &line, const Terminal &terminal)
{
    const QString task = line.call.options[u"task_id"_s].toString();
    const QString wanted = line.call.options[u"for"_s].toString(u"settled"_s);
    std::optional<SteadyClock::time_point> deadline;
    if (line.call.options.contains(u"timeout"_s))
        deadline = SteadyClock::now() + std::chrono::seconds(line.call.options[u"timeout"_s].toInteger());
    CommandCall status;
    status.command = u"task-status"_s;
    status.options = {{u"task_id"_s, task}};
    status.folder = QDir::currentPath();
    auto lastSeen = SteadyClock::now() - hubPatience;
    for (;;) {
        Result<std::optional<HubEvent>> event = std::optional<HubEvent>();
        auto subscribed = client.isConnected() ? Result<>() : client.subscribe(task, {});
        auto reply = subscribed ? client.execute(status) : Result<Reply>(subscribed.error());
        if (reply) {
            lastSeen = SteadyClock::now();
            const QString state = reply->data[u"state"_s].toString();
            if (sameName(state, wanted) || (wanted == u"settled" && !worksByItself(state))) {
                terminal.print(*reply);
                return exitcode::done;
            }
            if (isOver(state)) {
                return terminal.report(fail(ErrorCode::Conflict,
                                            u"#%1 is %2, so it will never be %3."_s.arg(task, state, wanted),
                                            u"agenthubctl task-status %1"_s.arg(task)));
            }
            // Asked again now and then all the same, should an event have been missed.
            ipc::Milliseconds limit = 30s;
            if (deadline)
                limit = std::clamp(std::chrono::ceil<ipc::Milliseconds>(*deadline - SteadyClock::now()), 0ms, limit);
            event = client.nextEvent(limit);
        }
        const Error *error = !reply ? &reply.error() : !event ? &event.error() : nullptr;
        if (error && (!mayComeBack(error->code) || SteadyClock::now() - lastSeen > hubPatience))
            return terminal.report(*error);
        if (error)
            QThread::msleep(300);
        if (deadline && SteadyClock::now() >= *deadline) {
            terminal.report(fail(ErrorCode::Timeout, u"#%1 was not %2 in time; it goes on."_s.arg(task, wanted),
                                 u"agenthubctl task-status %1"_s.arg(task)));
            return exitcode::waitTimedOut;
        }
    }
}

} // namespace hub::ctl
