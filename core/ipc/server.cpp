#include "core/ipc/server.h"

#include "core/base/log.h"

#include <QFile>
#include <QTimer>

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::ipc
{

namespace
{

constexpr std::size_t mostClients = 512;

} // namespace

Server::Server(HubPort &hub, const RunDirectory &runs, ServerInfo info, QObject *parent)
    : QObject(parent)
    , m_hub(hub)
    , m_runs(runs)
    , m_info(std::move(info))
{
    connect(&m_hub, &HubPort::eventHappened, this, &Server::onEventHappened);
}

Server::~Server()
{
    m_notifier.reset();
    if (m_socket.handle.isOpen())
        ::unlink(QFile::encodeName(m_socket.path).constData());
}

void Server::listen(ListeningSocket socket)
{
    m_socket = std::move(socket);
    m_notifier = std::make_unique<QSocketNotifier>(m_socket.handle.fd(), QSocketNotifier::Read);
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &Server::acceptAll);
    qCInfo(lcIpc).noquote() << "listening at" << m_socket.path;
}

void Server::acceptAll()
{
    for (;;) {
        const int descriptor = ::accept4(m_socket.handle.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (descriptor >= 0) {
            welcome(descriptor);
            continue;
        }
        if (errno == EINTR || errno == ECONNABORTED)
            continue;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            // The connection stays in the queue, so the notifier would fire without end.
            qCWarning(lcIpc) << "cannot accept a client for now, error" << errno;
            m_notifier->setEnabled(false);
            QTimer::singleShot(1000, m_notifier.get(), [this] { m_notifier->setEnabled(true); });
        }
        return;
    }
}

void Server::welcome(int descriptor)
{
    auto socket = std::make_unique<QLocalSocket>();
    auto caller = callerOf(descriptor, m_runs);
    if (!socket->setSocketDescriptor(descriptor)) {
        ::close(descriptor);
        return;
    }
    if (!caller) {
        Q_EMIT refused({commands::Role::Agent, u"unknown process"_s, u"agent"_s, std::nullopt}, u"connect"_s);
        turnAway(std::move(socket), caller.error());
        return;
    }
    if (m_clients.size() >= mostClients) {
        turnAway(std::move(socket), fail(ErrorCode::Refused, u"The hub has %1 clients already."_s.arg(mostClients),
                                         u"Close some, then try again."_s));
        return;
    }
    auto connection = std::make_unique<Connection>(std::move(socket), *caller, m_hub, m_info, m_budget);
    Connection *raw = connection.get();
    connect(raw, &Connection::refused, this, &Server::refused);
    // Queued: the client may be in the middle of a round over m_clients.
    connect(
        raw, &Connection::closed, this, [this, raw] { forget(raw); }, Qt::QueuedConnection);
    m_clients.push_back(std::move(connection));
}

void Server::turnAway(std::unique_ptr<QLocalSocket> socket, const Error &error)
{
    qCWarning(lcIpc).noquote() << "client turned away:" << error.message;
    QLocalSocket *raw = socket.release();
    raw->setParent(this);
    connect(raw, &QLocalSocket::disconnected, raw, &QObject::deleteLater);
    raw->write(errorLine(QJsonValue::Null, error));
    raw->flush();
    raw->disconnectFromServer();
    if (raw->state() == QLocalSocket::UnconnectedState)
        raw->deleteLater();
}

void Server::forget(Connection *connection)
{
    std::erase_if(m_clients, [connection](const auto &client) { return client.get() == connection; });
}

void Server::onEventHappened(const HubEvent &event)
{
    QByteArray line;
    for (const auto &client : m_clients) {
        if (!client->wants(event))
            continue;
        if (line.isEmpty())
            line = notificationLine(u"event"_s, {{u"name"_s, event.name}, {u"data"_s, event.data}});
        client->sendEvent(line);
    }
}

} // namespace hub::ipc
