#include "core/ipc/message.h"

#include "core/base/json.h"
#include "core/commands/reply.h"

using namespace Qt::StringLiterals;

namespace hub::ipc
{

namespace
{

QByteArray line(QJsonObject object)
{
    object[u"jsonrpc"_s] = u"2.0"_s;
    return toJson(object) + '\n';
}

} // namespace

bool LineBuffer::append(const QByteArray &bytes)
{
    if (m_start > 0 && m_start >= m_bytes.size() / 2) {
        m_bytes.remove(0, m_start);
        m_scanned -= m_start;
        m_start = 0;
    }
    m_bytes += bytes;
    return m_bytes.size() - m_start <= maxMessageBytes || m_bytes.indexOf('\n', m_scanned) >= 0;
}

std::optional<QByteArray> LineBuffer::next()
{
    for (;;) {
        const qsizetype end = m_bytes.indexOf('\n', m_scanned);
        if (end < 0) {
            m_scanned = m_bytes.size();
            if (m_start == m_bytes.size()) {
                m_bytes = QByteArray(); // one large message must not hold its memory for ever
                m_start = m_scanned = 0;
            }
            return std::nullopt;
        }
        QByteArray found = m_bytes.mid(m_start, end - m_start);
        m_start = m_scanned = end + 1;
        if (found.endsWith('\r'))
            found.chop(1);
        if (!found.trimmed().isEmpty())
            return found;
    }
}

QByteArray requestLine(qint64 id, const QString &method, const QJsonObject &params)
{
    return line({{u"id"_s, id}, {u"method"_s, method}, {u"params"_s, params}});
}

QByteArray resultLine(const QJsonValue &id, const QJsonObject &result)
{
    return line({{u"id"_s, id}, {u"result"_s, result}});
}

QByteArray errorLine(const QJsonValue &id, int code, const QString &message, const QJsonObject &data)
{
    QJsonObject error{{u"code"_s, code}, {u"message"_s, message}};
    if (!data.isEmpty())
        error[u"data"_s] = data;
    return line({{u"id"_s, id}, {u"error"_s, error}});
}

QByteArray errorLine(const QJsonValue &id, const Error &error)
{
    return errorLine(id, rpccode::hubError, error.message, commands::toJson(error));
}

QByteArray notificationLine(const QString &method, const QJsonObject &params)
{
    return line({{u"method"_s, method}, {u"params"_s, params}});
}

Error errorOfAnswer(const QJsonObject &error)
{
    if (error[u"data"_s].isObject())
        return commands::errorFromJson(error[u"data"_s].toObject());
    const bool outOfStep = error[u"code"_s].toInt() == rpccode::methodNotFound;
    return fail(outOfStep ? ErrorCode::Unsupported : ErrorCode::Internal,
                u"The hub did not understand the request: %1"_s.arg(error[u"message"_s].toString()),
                u"Are this program and the hub of the same version? agenthubctl version"_s);
}

} // namespace hub::ipc
