// One client of the local server. Private to core/ipc.
#pragma once

#include "core/commands/commandcall.h"
#include "core/hub/hubport.h"
#include "core/ipc/message.h"

#include <QLocalSocket>
#include <QObject>
#include <QStringList>

namespace hub::ipc
{

struct ServerInfo {
    QString version;
    QString dataDir;
};

// What all connections share, so that many clients together can't use up the hub's memory either.
struct ConnectionBudget {
    static constexpr qsizetype mostUnfinishedInput = 256 * 1024 * 1024;
    qsizetype unfinishedInput = 0;
};

// Lives on the server's thread. Reads requests, passes them to the hub, and writes the answers as they come: in any
// order, each under its request's id.
class Connection : public QObject
{
    Q_OBJECT

public:
    // Takes the socket, which is connected.
    Connection(std::unique_ptr<QLocalSocket> socket, commands::Caller caller, HubPort &hub, const ServerInfo &info,
               ConnectionBudget &budget);
    ~Connection() override;

    // Whether the client asked for events like this one.
    bool wants(const HubEvent &event) const;

    // A client that does not read its events is dropped: it can ask for the present state again, the hub can't hold
    // the past for it.
    void sendEvent(const QByteArray &line);

Q_SIGNALS:
    void closed();
    void refused(const hub::commands::Caller &caller, const QString &what);

private:
    void readMore();
    void handleLine(const QByteArray &line);
    void handleRequest(const QJsonValue &id, const QString &method, const QJsonObject &params);
    void hello(const QJsonValue &id, const QJsonObject &params);
    void command(const QJsonValue &id, const QJsonObject &params);
    void tool(const QJsonValue &id, const QJsonObject &params);
    void suggest(const QJsonValue &id, const QJsonObject &params);
    void query(const QJsonValue &id, const QJsonObject &params);
    void subscribe(const QJsonValue &id, const QJsonObject &params);
    void answered();
    void send(const QByteArray &line);
    void drop(QLatin1StringView why);
    void noteInput();

    std::unique_ptr<QLocalSocket> m_socket;
    commands::Caller m_caller;
    HubPort &m_hub;
    const ServerInfo &m_info;
    ConnectionBudget &m_budget;
    LineBuffer m_input;
    qsizetype m_inputNoted = 0; // our part of m_budget.unfinishedInput
    int m_inFlight = 0;
    bool m_reading = false;
    bool m_dropped = false;
    bool m_subscribed = false;
    QString m_taskFilter;
    QStringList m_nameFilter;
};

} // namespace hub::ipc
