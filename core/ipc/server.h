// The hub's local API: JSON-RPC 2.0, one message a line, over the data folder's socket.
//
// Methods: hello {origin?} → {version, protocol, role, name, data_dir, run?}; command {name, options, yes, dry_run,
// confirm, folder} → a Reply; tool {name, arguments, key} → an object; query {name,
// arguments} → an object (core/hub/queries.h); subscribe {task_id?, names?} → then `event`
// notifications {name, data}; a later subscribe replaces the earlier one. Requests of one client run side by side and
// are answered by id. Errors of the hub carry the Error in error.data; -32700, -32600, -32601 and -32602 are the
// protocol's own.
#pragma once

#include "core/hub/hubport.h"
#include "core/ipc/connection.h"
#include "core/ipc/endpoint.h"
#include "core/ipc/peer.h"

#include <QObject>
#include <QSocketNotifier>

#include <memory>
#include <vector>

namespace hub::ipc
{

// Lives on the I/O thread, like the hub port and the run directory it is given; both must outlive it. Never blocks.
class Server : public QObject
{
    Q_OBJECT

public:
    Server(HubPort &hub, const RunDirectory &runs, ServerInfo info, QObject *parent = nullptr);
    // Ends all connections and removes the socket: destroy it before the data folder's lock is given up. Requests that
    // the hub still works on are finished there, unheard.
    ~Server() override;

    void listen(ListeningSocket socket);
    qsizetype clientCount() const { return qsizetype(m_clients.size()); }

Q_SIGNALS:
    // A caller was turned away here, without the hub's dispatcher: `what` is a method or "connect". For the audit
    // trail.
    void refused(const hub::commands::Caller &caller, const QString &what);

private:
    void acceptAll();
    void welcome(int descriptor);
    void turnAway(std::unique_ptr<QLocalSocket> socket, const Error &error);
    void forget(Connection *connection);
    void onEventHappened(const HubEvent &event);

    HubPort &m_hub;
    const RunDirectory &m_runs;
    ServerInfo m_info;
    ConnectionBudget m_budget;
    ListeningSocket m_socket;
    std::unique_ptr<QSocketNotifier> m_notifier;
    std::vector<std::unique_ptr<Connection>> m_clients;
};

} // namespace hub::ipc
