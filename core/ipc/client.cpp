#include "core/ipc/client.h"

#include "core/base/json.h"
#include "core/ipc/endpoint.h"

#include <cerrno>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::ipc
{

namespace
{

using SteadyClock = std::chrono::steady_clock;

std::optional<SteadyClock::time_point> deadlineIn(std::optional<Milliseconds> limit)
{
    if (!limit)
        return std::nullopt;
    return SteadyClock::now() + *limit;
}

Error tooSlow()
{
    return fail(ErrorCode::Timeout, u"The hub did not answer in time; the request may still be done."_s,
                u"agenthubctl system-health"_s);
}

} // namespace

Result<> Client::connect(Milliseconds limit)
{
    if (m_handle.isOpen())
        return {};
    m_input = LineBuffer();
    m_events.clear();
    HUB_TRY(m_handle, connectTo(m_dataDir, int(limit.count())));
    return {};
}

Result<commands::Reply> Client::execute(const commands::CommandCall &call, std::optional<Milliseconds> limit)
{
    QJsonObject params{{u"name"_s, call.command}, {u"options"_s, call.options}, {u"folder"_s, call.folder}};
    if (call.yes)
        params[u"yes"_s] = true;
    if (call.dryRun)
        params[u"dry_run"_s] = true;
    if (!call.confirm.isEmpty())
        params[u"confirm"_s] = call.confirm;
    if (!call.files.isEmpty())
        params[u"files"_s] = commands::toJson(call.files);
    HUB_TRY(const QJsonObject answer, request(u"command"_s, params, limit));
    return commands::replyFromJson(answer);
}

Result<QJsonObject> Client::callTool(const QString &method, const QJsonObject &arguments, const QString &key,
                                     Milliseconds patience)
{
    const QJsonObject params{{u"name"_s, method}, {u"arguments"_s, arguments}, {u"key"_s, key}};
    auto giveUp = SteadyClock::now() + patience;
    for (;;) {
        Error error = noHub(m_dataDir);
        if (auto connected = connect(); !connected) {
            error = std::move(connected).error();
            if (error.code != ErrorCode::NoHub && error.code != ErrorCode::Timeout)
                return error;
        } else {
            auto result = request(u"tool"_s, params);
            // A hub that shuts down answers so; the next one goes on with the key.
            if (result || (m_handle.isOpen() && result.error().code != ErrorCode::ShuttingDown))
                return result;
            if (m_handle.isOpen())
                m_handle = FileHandle();
            else
                giveUp = std::max(giveUp, SteadyClock::now() + patience); // it was there until now
            error = std::move(result).error();
        }
        if (SteadyClock::now() >= giveUp)
            return error;
        ::poll(nullptr, 0, 200);
    }
}

Result<> Client::subscribe(const QString &taskId, const QStringList &names)
{
    QJsonObject params;
    if (!taskId.isEmpty())
        params[u"task_id"_s] = taskId;
    if (!names.isEmpty())
        params[u"names"_s] = QJsonArray::fromStringList(names);
    HUB_CHECK(request(u"subscribe"_s, params));
    return {};
}

Result<std::optional<HubEvent>> Client::nextEvent(std::optional<Milliseconds> limit)
{
    const Deadline deadline = deadlineIn(limit);
    for (;;) {
        if (!m_events.empty()) {
            const HubEvent event = std::move(m_events.front());
            m_events.pop_front();
            return std::optional(event);
        }
        HUB_TRY(const auto message, readMessage(deadline));
        if (!message)
            return std::optional<HubEvent>();
    }
}

Result<QJsonObject> Client::request(const QString &method, const QJsonObject &params, std::optional<Milliseconds> limit)
{
    HUB_CHECK(connect());
    const Deadline deadline = deadlineIn(limit);
    const qint64 id = ++m_lastId;
    HUB_CHECK(writeRequest(requestLine(id, method, params), deadline));
    for (;;) {
        HUB_TRY(const auto message, readMessage(deadline));
        if (!message)
            return tooSlow();
        const QJsonValue answered = (*message)[u"id"_s];
        const bool turnedAway = answered.isNull() && message->contains(u"error"_s);
        if (!turnedAway && answered.toInteger() != id)
            continue; // the late answer to a request that ran out of time
        if (message->contains(u"error"_s))
            return errorOfAnswer((*message)[u"error"_s].toObject());
        return (*message)[u"result"_s].toObject();
    }
}

Result<> Client::writeRequest(const QByteArray &line, Deadline deadline)
{
    if (line.size() > maxMessageBytes)
        return fail(ErrorCode::InvalidInput, u"The request is larger than 64 MiB, more than the hub takes."_s);
    qsizetype sent = 0;
    while (sent < line.size()) {
        const ssize_t written =
            ::send(m_handle.fd(), line.constData() + sent, size_t(line.size() - sent), MSG_NOSIGNAL);
        if (written >= 0) {
            sent += written;
        } else if (errno == EAGAIN) {
            HUB_TRY(const bool ready, waitFor(POLLOUT, deadline));
            if (!ready) {
                m_handle = FileHandle(); // half a line is out: the rest must not follow another request's
                return tooSlow();
            }
        } else if (errno == EPIPE || errno == ECONNRESET) {
            // It may have said why before it closed: let the reader find that.
            return {};
        } else if (errno != EINTR) {
            return lost();
        }
    }
    return {};
}

Result<std::optional<QJsonObject>> Client::readMessage(Deadline deadline)
{
    if (!m_handle.isOpen())
        return lost();
    for (;;) {
        if (const auto line = m_input.next()) {
            auto message = objectFromJson(*line);
            if (!message) {
                m_handle = FileHandle();
                return std::move(message).error().within(u"the hub's answer");
            }
            if ((*message)[u"method"_s] == u"event"_s) {
                const QJsonObject params = (*message)[u"params"_s].toObject();
                m_events.push_back({params[u"name"_s].toString(), params[u"data"_s].toObject()});
            }
            return std::optional(*std::move(message));
        }
        char buffer[65536];
        const ssize_t got = ::recv(m_handle.fd(), buffer, sizeof buffer, 0);
        if (got > 0) {
            if (!m_input.append(QByteArray(buffer, got)))
                return lost();
        } else if (got < 0 && errno == EAGAIN) {
            HUB_TRY(const bool ready, waitFor(POLLIN, deadline));
            if (!ready)
                return std::optional<QJsonObject>();
        } else if (got == 0 || errno != EINTR) {
            return lost();
        }
    }
}

Result<bool> Client::waitFor(short events, Deadline deadline)
{
    for (;;) {
        int milliseconds = -1;
        if (deadline) {
            const auto left = std::chrono::ceil<Milliseconds>(*deadline - SteadyClock::now());
            milliseconds = int(std::clamp<qint64>(left.count(), 0, 3'600'000));
        }
        pollfd entry{m_handle.fd(), events, 0};
        const int ready = ::poll(&entry, 1, milliseconds);
        if (ready > 0)
            return true;
        if (ready == 0 && milliseconds < 3'600'000)
            return false;
        if (ready < 0 && errno != EINTR)
            return systemError(errno, u"wait for", "the hub");
    }
}

Error Client::lost()
{
    m_handle = FileHandle();
    return fail(
        ErrorCode::Conflict,
        u"The connection to the hub was lost before it answered, so this may have been done or not. Agents go on "
        "by themselves."_s,
        u"Look before you repeat it: agenthubctl tasks"_s);
}

} // namespace hub::ipc
