#include "core/ipc/channel.h"
#include "core/ipc/endpoint.h"

using namespace Qt::StringLiterals;

namespace hub::ipc
{

LocalChannel::LocalChannel(QString dataDir)
    : m_dataDir(std::move(dataDir))
{
    connect(&m_socket, &QLocalSocket::disconnected, this, [this] {
        Q_EMIT closed(m_why.value_or(noHub(m_dataDir)));
        m_why.reset();
    });
}

LocalChannel::~LocalChannel() { m_socket.disconnect(this); }

void LocalChannel::open()
{
    auto handle = connectTo(m_dataDir, 0);
    if (!handle)
        return Q_EMIT closed(handle.error());
    if (!m_socket.setSocketDescriptor(handle->fd()))
        return Q_EMIT closed(fail(ErrorCode::Internal, m_socket.errorString()));
    handle->release();
    Q_EMIT opened();
}

void LocalChannel::close(const Error &why)
{
    m_why = why;
    m_socket.abort();
}

} // namespace hub::ipc
