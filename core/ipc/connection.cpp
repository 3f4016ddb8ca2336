#include "core/ipc/connection.h"

#include "core/base/async.h"
#include "core/base/log.h"

#include <QJsonArray>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace hub::ipc
{

namespace
{

constexpr int mostInFlight = 256;                            // more requests wait in the client's socket
constexpr qsizetype mostQueuedEvents = 8 * 1024 * 1024;      // bytes not yet read by the client
constexpr qsizetype mostQueuedAnswers = 2 * maxMessageBytes; // bytes not yet read by the client
constexpr qsizetype chunk = 256 * 1024;

bool isText(const QJsonValue &value) { return value.isString() || value.isUndefined(); }

} // namespace

Connection::Connection(std::unique_ptr<QLocalSocket> socket, commands::Caller caller, HubPort &hub,
                       const ServerInfo &info, ConnectionBudget &budget)
    : m_socket(std::move(socket))
    , m_caller(std::move(caller))
    , m_hub(hub)
    , m_info(info)
    , m_budget(budget)
{
    m_socket->setReadBufferSize(chunk); // the rest waits in the kernel, at the client's cost
    connect(m_socket.get(), &QLocalSocket::readyRead, this, &Connection::readMore);
    connect(m_socket.get(), &QLocalSocket::bytesWritten, this, &Connection::readMore);
    connect(m_socket.get(), &QLocalSocket::disconnected, this, &Connection::closed);
}

Connection::~Connection()
{
    m_budget.unfinishedInput -= m_inputNoted;
    m_socket->disconnect(this);
}

bool Connection::wants(const HubEvent &event) const
{
    if (!m_subscribed || (!m_nameFilter.isEmpty() && !m_nameFilter.contains(event.name)))
        return false;
    return m_taskFilter.isEmpty() || event.data[u"task_id"_s].toVariant().toString() == m_taskFilter;
}

void Connection::sendEvent(const QByteArray &line)
{
    if (m_socket->bytesToWrite() + line.size() > mostQueuedEvents)
        drop("it does not read its events"_L1);
    else
        send(line);
}

void Connection::readMore()
{
    // Answering can call back here (a hub may answer at once); the outer loop goes on by itself.
    if (m_reading)
        return;
    m_reading = true;
    const auto mayRead = [this] {
        return !m_dropped && m_inFlight < mostInFlight && m_socket->bytesToWrite() < maxMessageBytes;
    };
    while (mayRead()) {
        if (const auto line = m_input.next()) {
            handleLine(*line);
            continue;
        }
        const QByteArray bytes = m_socket->read(chunk);
        if (bytes.isEmpty())
            break;
        if (!m_input.append(bytes)) {
            send(errorLine(QJsonValue::Null, rpccode::invalidRequest, u"the message is longer than 64 MiB"_s));
            m_socket->flush();
            drop("its message is too long"_L1);
        }
        noteInput();
    }
    noteInput();
    m_reading = false;
}

void Connection::noteInput()
{
    m_budget.unfinishedInput += m_input.pending() - m_inputNoted;
    m_inputNoted = m_input.pending();
    if (m_budget.unfinishedInput > ConnectionBudget::mostUnfinishedInput)
        drop("all clients together sent more than the hub holds"_L1);
}

void Connection::handleLine(const QByteArray &line)
{
    QJsonParseError parsed;
    const QJsonDocument document = QJsonDocument::fromJson(line, &parsed);
    if (parsed.error != QJsonParseError::NoError) {
        send(errorLine(QJsonValue::Null, rpccode::parseError, u"not JSON: "_s + parsed.errorString()));
        return;
    }
    const QJsonObject message = document.object();
    const QJsonValue id = message[u"id"_s];
    const bool idOk = id.isString() || id.isDouble();
    const QJsonValue params = message[u"params"_s];
    if (!document.isObject() || !idOk || message[u"jsonrpc"_s] != u"2.0"_s || !message[u"method"_s].isString()) {
        send(errorLine(idOk ? id : QJsonValue(QJsonValue::Null), rpccode::invalidRequest,
                       u"not a request: one JSON-RPC 2.0 object a line, with an id and a method"_s));
        return;
    }
    if (!params.isObject() && !params.isUndefined()) {
        send(errorLine(id, rpccode::invalidParams, u"params must be an object"_s));
        return;
    }
    handleRequest(id, message[u"method"_s].toString(), params.toObject());
}

void Connection::handleRequest(const QJsonValue &id, const QString &method, const QJsonObject &params)
{
    if (method == u"hello")
        hello(id, params);
    else if (method == u"command")
        command(id, params);
    else if (method == u"tool")
        tool(id, params);
    else if (method == u"suggest")
        suggest(id, params);
    else if (method == u"query")
        query(id, params);
    else if (method == u"subscribe")
        subscribe(id, params);
    else
        send(errorLine(id, rpccode::methodNotFound, u"there is no method '%1'"_s.arg(method.left(80))));
}

void Connection::hello(const QJsonValue &id, const QJsonObject &params)
{
    const bool agent = m_caller.role == commands::Role::Agent;
    // The window is as much the owner as the terminal is; it only wants its own name in the audit trail.
    if (!agent && params[u"origin"_s] == u"window"_s)
        m_caller.origin = u"window"_s;
    QJsonObject result{{u"version"_s, m_info.version},
                       {u"protocol"_s, protocolVersion},
                       {u"role"_s, agent ? u"agent"_s : u"machine"_s},
                       {u"name"_s, m_caller.name},
                       {u"data_dir"_s, m_info.dataDir}};
    if (m_caller.run)
        result[u"run"_s] = m_caller.run->toString();
    send(resultLine(id, result));
}

void Connection::command(const QJsonValue &id, const QJsonObject &params)
{
    const QJsonValue options = params[u"options"_s];
    if (!params[u"name"_s].isString() || !(options.isObject() || options.isUndefined()) ||
        !isText(params[u"confirm"_s]) || !isText(params[u"folder"_s])) {
        send(errorLine(id, rpccode::invalidParams,
                       u"command takes name, options, yes, dry_run, confirm, folder and files"_s));
        return;
    }
    const auto files = commands::attachmentsFromJson(params[u"files"_s].toArray());
    if (!files)
        return send(errorLine(id, rpccode::invalidParams, files.error().message));
    // Agents' calls go to the hub too: its dispatcher refuses them and writes that down.
    const commands::CommandCall call{params[u"name"_s].toString(),
                                     options.toObject(),
                                     params[u"yes"_s].toBool(),
                                     params[u"dry_run"_s].toBool(),
                                     params[u"confirm"_s].toString(),
                                     params[u"folder"_s].toString(),
                                     m_caller,
                                     {},
                                     *files};
    ++m_inFlight;
    whenDone(m_hub.execute(call), this, [this, id](const Result<commands::Reply> &reply) {
        send(reply ? resultLine(id, commands::toJson(*reply)) : errorLine(id, reply.error()));
        answered();
    });
}

void Connection::tool(const QJsonValue &id, const QJsonObject &params)
{
    const QJsonValue arguments = params[u"arguments"_s];
    const QString key = params[u"key"_s].toString();
    if (!params[u"name"_s].isString() || !(arguments.isObject() || arguments.isUndefined()) || key.isEmpty() ||
        key.size() > 200) {
        send(errorLine(id, rpccode::invalidParams, u"tool takes name, arguments and a key of 1 to 200 characters"_s));
        return;
    }
    ++m_inFlight;
    whenDone(m_hub.callTool({params[u"name"_s].toString(), arguments.toObject(), key, m_caller}), this,
             [this, id](const Result<QJsonObject> &result) {
                 send(result ? resultLine(id, *result) : errorLine(id, result.error()));
                 answered();
             });
}

void Connection::suggest(const QJsonValue &id, const QJsonObject &params)
{
    const QJsonValue options = params[u"options"_s];
    if (!params[u"name"_s].isString() || !params[u"option"_s].isString() || !isText(params[u"typed"_s]) ||
        !isText(params[u"folder"_s]) || !(options.isObject() || options.isUndefined())) {
        send(errorLine(id, rpccode::invalidParams, u"suggest takes name, option, typed, options and folder"_s));
        return;
    }
    const SuggestCall call{.option = params[u"option"_s].toString(),
                           .typed = params[u"typed"_s].toString(),
                           .call = {.command = params[u"name"_s].toString(),
                                    .options = options.toObject(),
                                    .folder = params[u"folder"_s].toString(),
                                    .caller = m_caller}};
    ++m_inFlight;
    whenDone(m_hub.suggest(call), this, [this, id](const Result<QList<Suggestion>> &found) {
        if (found) {
            QJsonArray suggestions;
            for (const Suggestion &one : *found)
                suggestions << QJsonObject{{u"value"_s, one.value}, {u"label"_s, one.label}};
            send(resultLine(id, {{u"suggestions"_s, suggestions}}));
        } else {
            send(errorLine(id, found.error()));
        }
        answered();
    });
}

void Connection::query(const QJsonValue &id, const QJsonObject &params)
{
    const QJsonValue arguments = params[u"arguments"_s];
    if (!params[u"name"_s].isString() || !(arguments.isObject() || arguments.isUndefined())) {
        send(errorLine(id, rpccode::invalidParams, u"query takes name and arguments"_s));
        return;
    }
    if (m_caller.role == commands::Role::Agent)
        Q_EMIT refused(m_caller, u"query"_s);
    ++m_inFlight;
    whenDone(m_hub.query({params[u"name"_s].toString(), arguments.toObject(), m_caller}), this,
             [this, id](const Result<QJsonObject> &found) {
                 send(found ? resultLine(id, *found) : errorLine(id, found.error()));
                 answered();
             });
}

void Connection::subscribe(const QJsonValue &id, const QJsonObject &params)
{
    if (m_caller.role == commands::Role::Agent) {
        Q_EMIT refused(m_caller, u"subscribe"_s);
        send(errorLine(id, fail(ErrorCode::Refused,
                                u"Agents may not follow the hub's events: they would see other agents' work."_s,
                                u"agenthubctl tool validate-safe-to-proceed"_s)));
        return;
    }
    const QJsonValue names = params[u"names"_s];
    const QJsonValue task = params[u"task_id"_s];
    if (!(names.isArray() || names.isUndefined()) || !(isText(task) || task.isDouble())) {
        send(errorLine(id, rpccode::invalidParams, u"subscribe takes task_id and a list of names"_s));
        return;
    }
    m_subscribed = true;
    m_taskFilter = task.toVariant().toString();
    m_nameFilter.clear();
    for (const QJsonValue &name : names.toArray())
        m_nameFilter << name.toString();
    send(resultLine(id, {{u"subscribed"_s, true}}));
}

void Connection::answered()
{
    --m_inFlight;
    readMore();
}

void Connection::send(const QByteArray &line)
{
    if (m_dropped)
        return;
    if (line.size() > maxMessageBytes) {
        // The answer is ours to refuse: the client would have to drop the connection.
        const QJsonValue id = QJsonDocument::fromJson(line).object()[u"id"_s];
        send(errorLine(id,
                       fail(ErrorCode::Unsupported, u"The answer is larger than 64 MiB, more than is sent at once."_s,
                            u"Ask for less: one task, one file, a limit."_s)));
        return;
    }
    if (m_socket->bytesToWrite() + line.size() > mostQueuedAnswers)
        drop("it does not read its answers"_L1);
    else
        m_socket->write(line);
}

void Connection::drop(QLatin1StringView why)
{
    if (std::exchange(m_dropped, true))
        return;
    qCWarning(lcIpc).noquote() << "client of" << m_caller.name << "dropped:" << why;
    // Not from inside a read or an event's round: whoever called still uses the socket and the list of clients.
    QTimer::singleShot(0, m_socket.get(), [socket = m_socket.get()] { socket->abort(); });
}

} // namespace hub::ipc
