#include "core/ipc/remotehub.h"

#include "core/base/async.h"
#include "core/base/json.h"

#include <QJsonArray>

#include <algorithm>
#include <chrono>

using namespace Qt::StringLiterals;

namespace hub::ipc
{

namespace
{

constexpr qint64 toolPatience = 30000;

qint64 monotonicMillis()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

Error lostOnTheWay()
{
    return fail(ErrorCode::Conflict,
                u"The connection to the hub was lost before it answered, so this may have been done or not."_s,
                u"Look at the present state before you repeat it."_s);
}

Error notAHub()
{
    return fail(ErrorCode::Unsupported, u"What answers there does not speak as a hub does."_s,
                u"Check the address; what a login script prints there has to go to standard error."_s);
}

Error otherVersion(const QString &version, qint64 protocol)
{
    return fail(
        ErrorCode::Unsupported,
        u"The hub is of version %1 and speaks protocol %2; this window speaks %3."_s.arg(
            version.isEmpty() ? u"unknown"_s : version, QString::number(protocol), QString::number(protocolVersion)),
        u"Install the same version of AgentHub on both sides, then restart the older one; agents go on meanwhile."_s);
}

void failWith(std::monostate, const Error &) {}

template <class T>
void failWith(const std::shared_ptr<QPromise<Result<T>>> &promise, const Error &error)
{
    promise->addResult(Result<T>(error));
    promise->finish();
}

} // namespace

RemoteHub::RemoteHub(std::unique_ptr<Channel> channel, QObject *parent)
    : HubPort(parent)
    , m_channel(std::move(channel))
    , m_whyNot(fail(ErrorCode::NoHub, u"The hub is being looked for."_s))
{
    m_retry.setSingleShot(true);
    connect(&m_retry, &QTimer::timeout, this, &RemoteHub::tryToConnect);
    connect(m_channel.get(), &Channel::opened, this, &RemoteHub::onOpened);
    connect(m_channel.get(), &Channel::closed, this, &RemoteHub::onClosed);
    connect(&m_channel->device(), &QIODevice::readyRead, this, &RemoteHub::onReadyRead);
    m_retry.start(0);
}

RemoteHub::~RemoteHub()
{
    m_channel->disconnect(this);
    m_channel->device().disconnect(this);
    for (const Pending &pending : std::as_const(m_pending))
        finish(pending, shuttingDown());
}

QFuture<Result<commands::Reply>> RemoteHub::execute(const commands::CommandCall &call)
{
    if (!isConnected())
        return readyFuture<commands::Reply>(m_whyNot);
    auto promise = std::make_shared<CommandPromise>();
    promise->start();
    sendRequest(u"command"_s,
                {{u"name"_s, call.command},
                 {u"options"_s, call.options},
                 {u"yes"_s, call.yes},
                 {u"dry_run"_s, call.dryRun},
                 {u"confirm"_s, call.confirm},
                 {u"folder"_s, call.folder},
                 {u"files"_s, commands::toJson(call.files)}},
                {promise, {}, 0});
    return promise->future();
}

QFuture<Result<QJsonObject>> RemoteHub::callTool(const ToolCall &call)
{
    auto promise = std::make_shared<ToolPromise>();
    promise->start();
    const QJsonObject params{{u"name"_s, call.method}, {u"arguments"_s, call.arguments}, {u"key"_s, call.key}};
    const Pending pending{promise, params, monotonicMillis() + toolPatience};
    if (isConnected())
        sendRequest(u"tool"_s, params, pending);
    else
        m_pending.insert(++m_lastId, pending);
    return promise->future();
}

QFuture<Result<QList<Suggestion>>> RemoteHub::suggest(const SuggestCall &call)
{
    if (!isConnected())
        return readyFuture<QList<Suggestion>>(m_whyNot);
    auto promise = std::make_shared<SuggestPromise>();
    promise->start();
    sendRequest(u"suggest"_s,
                {{u"name"_s, call.call.command},
                 {u"options"_s, call.call.options},
                 {u"folder"_s, call.call.folder},
                 {u"option"_s, call.option},
                 {u"typed"_s, call.typed}},
                {promise, {}, 0});
    return promise->future();
}

QFuture<Result<QJsonObject>> RemoteHub::query(const QueryCall &call)
{
    if (!isConnected())
        return readyFuture<QJsonObject>(m_whyNot);
    auto promise = std::make_shared<ToolPromise>();
    promise->start();
    sendRequest(u"query"_s, {{u"name"_s, call.name}, {u"arguments"_s, call.arguments}}, {promise, {}, 0});
    return promise->future();
}

void RemoteHub::tryToConnect()
{
    expireTools();
    m_channel->open();
}

void RemoteHub::tryNow()
{
    if (!m_retry.isActive())
        return;
    m_retryDelay = 0;
    m_retry.start(0);
}

void RemoteHub::onOpened()
{
    m_input = LineBuffer();
    m_helloId = sendRequest(u"hello"_s, {{u"origin"_s, u"window"_s}}, {});
    sendRequest(u"subscribe"_s, {}, {});
    const QHash<qint64, Pending> waiting = m_pending;
    for (auto it = waiting.begin(); it != waiting.end(); ++it) {
        if (!it->params.isEmpty())
            m_channel->device().write(requestLine(it.key(), u"tool"_s, it->params));
    }
}

void RemoteHub::onClosed(const Error &why)
{
    m_whyNot = why;
    const bool wasConnected = isConnected();
    m_greeting = {};
    const QHash<qint64, Pending> before = std::exchange(m_pending, {});
    for (auto it = before.begin(); it != before.end(); ++it) {
        if (it->params.isEmpty()) {
            finish(*it, lostOnTheWay());
            continue;
        }
        Pending again = *it;
        again.askedAgainUntil = monotonicMillis() + toolPatience;
        m_pending.insert(it.key(), again);
    }
    const auto [first, last] = m_channel->retryDelays();
    m_retryDelay = std::clamp(m_retryDelay * 2, first, last);
    m_retry.start(m_retryDelay);
    if (wasConnected)
        Q_EMIT disconnected();
    Q_EMIT unreachable();
}

void RemoteHub::onReadyRead()
{
    if (!m_input.append(m_channel->device().readAll())) {
        m_channel->close(notAHub());
        return;
    }
    while (const auto line = m_input.next()) {
        const auto message = objectFromJson(*line);
        if (!message) {
            m_channel->close(notAHub());
            return;
        }
        onMessage(*message);
    }
}

void RemoteHub::onMessage(const QJsonObject &message)
{
    if (message[u"method"_s] == u"event"_s) {
        const QJsonObject params = message[u"params"_s].toObject();
        Q_EMIT eventHappened({params[u"name"_s].toString(), params[u"data"_s].toObject()});
    } else if (message[u"id"_s].isDouble()) {
        onAnswer(message[u"id"_s].toInteger(), message);
    }
}

void RemoteHub::onAnswer(qint64 id, const QJsonObject &message)
{
    const QJsonObject result = message[u"result"_s].toObject();
    if (id == m_helloId) {
        if (const qint64 spoken = result[u"protocol"_s].toInteger(); spoken != protocolVersion) {
            m_channel->close(otherVersion(result[u"version"_s].toString(), spoken));
            return;
        }
        m_greeting = result;
        m_retryDelay = 0;
        m_pending.remove(id);
        Q_EMIT connected();
        return;
    }
    const Pending pending = m_pending.take(id);
    if (message.contains(u"error"_s)) {
        finish(pending, errorOfAnswer(message[u"error"_s].toObject()));
    } else if (const auto *command = std::get_if<std::shared_ptr<CommandPromise>>(&pending.promise)) {
        (*command)->addResult(commands::replyFromJson(result));
        (*command)->finish();
    } else if (const auto *tool = std::get_if<std::shared_ptr<ToolPromise>>(&pending.promise)) {
        (*tool)->addResult(Result<QJsonObject>(result));
        (*tool)->finish();
    } else if (const auto *suggestions = std::get_if<std::shared_ptr<SuggestPromise>>(&pending.promise)) {
        QList<Suggestion> found;
        for (const QJsonValue &one : result[u"suggestions"_s].toArray())
            found << Suggestion{one[u"value"_s].toString(), one[u"label"_s].toString()};
        (*suggestions)->addResult(Result<QList<Suggestion>>(found));
        (*suggestions)->finish();
    }
}

void RemoteHub::expireTools()
{
    const qint64 now = monotonicMillis();
    const QHash<qint64, Pending> waiting = m_pending;
    for (auto it = waiting.begin(); it != waiting.end(); ++it) {
        if (!it->params.isEmpty() && it->askedAgainUntil < now) {
            m_pending.remove(it.key());
            finish(*it, m_whyNot);
        }
    }
}

qint64 RemoteHub::sendRequest(const QString &method, const QJsonObject &params, Pending pending)
{
    const qint64 id = ++m_lastId;
    m_pending.insert(id, std::move(pending));
    m_channel->device().write(requestLine(id, method, params));
    return id;
}

void RemoteHub::finish(const Pending &pending, const Error &error)
{
    std::visit([&error](const auto &promise) { failWith(promise, error); }, pending.promise);
}

} // namespace hub::ipc
