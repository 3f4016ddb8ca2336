#include "core/agents/shimlink.h"

#include "core/base/durablefile.h"

#include <QFile>
#include <QPointer>
#include <QSocketNotifier>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::agents
{

using posix::MessageType;

ShimLink::ShimLink(QObject *parent)
    : QObject(parent)
{
}

ShimLink::~ShimLink() { close(); }

Result<> ShimLink::open(const QByteArray &runFolder)
{
    close();
    HUB_TRY(const FileHandle folder, openFile(runFolder, O_RDONLY | O_DIRECTORY));
    FileHandle socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.isOpen())
        return systemError(errno, u"connect to the shim of", runFolder);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // Through the folder's descriptor, since a path in the address may have 107 bytes only.
    std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/sock", folder.fd());
    if (::connect(socket.fd(), reinterpret_cast<sockaddr *>(&address), sizeof address) != 0) {
        Error error = systemError(errno, u"connect to the shim of", runFolder);
        if (errno == ENOENT || errno == ECONNREFUSED)
            error.code = ErrorCode::NotFound;
        return error;
    }
    m_fd = socket.release();
    m_readable = std::make_unique<QSocketNotifier>(m_fd, QSocketNotifier::Read);
    m_writable = std::make_unique<QSocketNotifier>(m_fd, QSocketNotifier::Write);
    m_writable->setEnabled(false);
    connect(m_readable.get(), &QSocketNotifier::activated, this, &ShimLink::onReadable);
    connect(m_writable.get(), &QSocketNotifier::activated, this, &ShimLink::onWritable);
    posix::putHello(m_out);
    flush();
    return {};
}

void ShimLink::close()
{
    if (m_fd < 0)
        return;
    // May be called from a slot of these very notifiers.
    for (auto *notifier : {&m_readable, &m_writable}) {
        (*notifier)->setEnabled(false);
        (*notifier).release()->deleteLater();
    }
    ::close(m_fd);
    m_fd = -1;
    m_in = {};
    m_out = {};
}

void ShimLink::go(quint64 epoch)
{
    posix::putNumber64(m_out, MessageType::Go, epoch);
    flush();
}

void ShimLink::sendInput(quint64 number, const QByteArray &bytes)
{
    Q_ASSERT(size_t(bytes.size()) <= posix::inputLimit);
    posix::putInput(m_out, number, {bytes.constData(), size_t(bytes.size())});
    flush();
}

void ShimLink::closeInput(quint64 number)
{
    posix::putNumber64(m_out, MessageType::CloseInput, number);
    flush();
}

void ShimLink::freeze(const posix::FreezeWish &wish)
{
    posix::putFreeze(m_out, wish);
    flush();
}

void ShimLink::thaw()
{
    posix::putMessage(m_out, MessageType::Thaw);
    flush();
}

void ShimLink::end(quint32 graceMillis)
{
    posix::putNumber32(m_out, MessageType::End, graceMillis);
    flush();
}

void ShimLink::signalAgent(int number)
{
    posix::putNumber32(m_out, MessageType::Signal, uint32_t(number));
    flush();
}

void ShimLink::acknowledge(const posix::Position &position)
{
    posix::putPosition(m_out, MessageType::Acknowledge, position);
    flush();
}

void ShimLink::onReadable()
{
    QString reason;
    for (;;) {
        char piece[16384];
        const ssize_t got = ::read(m_fd, piece, sizeof piece);
        if (got > 0) {
            m_in.append(piece, size_t(got));
            continue;
        }
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            reason = u"the shim closed the connection"_s;
        else if (errno != EAGAIN)
            reason = QString::fromLocal8Bit(std::strerror(errno));
        break;
    }
    // A slot may close or delete this object, so the bytes are ours while messages are handed out.
    const QPointer<ShimLink> alive(this);
    const int fd = m_fd;
    const std::string bytes = std::move(m_in);
    m_in.clear();
    std::string_view rest = bytes;
    bool broken = false;
    while (const auto message = posix::takeMessage(rest, broken)) {
        handle(*message);
        if (!alive || m_fd != fd)
            return;
    }
    m_in = rest;
    if (broken)
        reason = u"the shim sent something that is no message"_s;
    if (!reason.isEmpty())
        lose(reason);
}

void ShimLink::handle(const posix::Message &message)
{
    switch (message.type) {
    case MessageType::Welcome:
        if (const auto welcome = posix::getWelcome(message.payload))
            Q_EMIT welcomed(*welcome);
        return;
    case MessageType::Started:
        if (const auto identity = posix::decodeIdentity(message.payload))
            Q_EMIT started(*identity);
        return;
    case MessageType::StartRefused:
        if (const auto epoch = posix::getNumber64(message.payload))
            Q_EMIT startRefused(*epoch);
        return;
    case MessageType::StartFailed:
        if (const auto problem = posix::decodeExit(message.payload))
            Q_EMIT startFailed(*problem);
        return;
    case MessageType::Data:
        if (const auto end = posix::getPosition(message.payload))
            Q_EMIT outputAvailable(*end);
        return;
    case MessageType::Frozen:
        if (const auto news = posix::getFreezeNews(message.payload))
            Q_EMIT froze(*news);
        return;
    case MessageType::Thawed:
        if (const auto news = posix::getFreezeNews(message.payload))
            Q_EMIT thawed(*news);
        return;
    case MessageType::Exited: {
        posix::RunExit end;
        posix::Position behind;
        if (posix::getExited(message.payload, end, behind))
            Q_EMIT exited(end, behind);
        return;
    }
    case MessageType::Status:
        if (const auto news = posix::getStatus(message.payload))
            Q_EMIT statusChanged(*news);
        return;
    default: return; // of a newer shim
    }
}

void ShimLink::onWritable() { flush(); }

void ShimLink::flush()
{
    if (m_fd < 0) {
        m_out.clear();
        return;
    }
    size_t sent = 0;
    while (sent < m_out.size()) {
        const ssize_t got = ::send(m_fd, m_out.data() + sent, m_out.size() - sent, MSG_NOSIGNAL);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            // A broken connection is told by the reading side, after what the shim still said.
            if (errno != EAGAIN)
                sent = m_out.size();
            break;
        }
        sent += size_t(got);
    }
    m_out.erase(0, sent);
    m_writable->setEnabled(!m_out.empty());
}

void ShimLink::lose(const QString &reason)
{
    close();
    Q_EMIT lost(reason);
}

} // namespace hub::agents
