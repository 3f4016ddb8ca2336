// A blocking client of the local API, for programs without an event loop: the terminal, hooks, scripts.
#pragma once

#include "core/base/durablefile.h"
#include "core/hub/hubport.h"
#include "core/ipc/message.h"

#include <chrono>
#include <deque>
#include <optional>

namespace hub::ipc
{

using Milliseconds = std::chrono::milliseconds;

// Not thread-safe; every call blocks at most as long as it says. `std::nullopt` as a limit means as long as it takes.
class Client
{
public:
    explicit Client(QString dataDir)
        : m_dataDir(std::move(dataDir))
    {
    }

    // NoHub when nobody listens. A connection that is open already is kept.
    Result<> connect(Milliseconds limit = Milliseconds{5000});

    // After a lost connection the call is not repeated: nobody knows whether it was done. The error (Conflict) says so.
    Result<commands::Reply> execute(const commands::CommandCall &call,
                                    std::optional<Milliseconds> limit = std::nullopt);

    // Repeats with the same key when the hub goes away or has not come back yet, for up to `patience` after the last
    // time it was seen: the key makes that safe.
    Result<QJsonObject> callTool(const QString &method, const QJsonObject &arguments, const QString &key,
                                 Milliseconds patience);

    // Events named in `names` (all when empty) of a task (of all when empty) arrive from now on.
    Result<> subscribe(const QString &taskId, const QStringList &names);

    // The next event; nullopt when none came in time. Conflict when the connection was lost: connect and subscribe
    // again, and ask for the present state, since events in between are gone.
    Result<std::optional<HubEvent>> nextEvent(std::optional<Milliseconds> limit);

    Result<QJsonObject> request(const QString &method, const QJsonObject &params,
                                std::optional<Milliseconds> limit = std::nullopt);

    bool isConnected() const { return m_handle.isOpen(); }

private:
    using Deadline = std::optional<std::chrono::steady_clock::time_point>;

    Result<> writeRequest(const QByteArray &line, Deadline deadline);
    Result<std::optional<QJsonObject>> readMessage(Deadline deadline); // nullopt: in time nothing came
    Result<bool> waitFor(short events, Deadline deadline);
    Error lost();

    QString m_dataDir;
    FileHandle m_handle;
    LineBuffer m_input;
    std::deque<HubEvent> m_events; // came while an answer was awaited
    qint64 m_lastId = 0;
};

} // namespace hub::ipc
