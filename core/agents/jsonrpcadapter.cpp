#include "core/agents/jsonrpcadapter.h"

#include "core/base/errortexts.h"
#include "core/base/json.h"

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

// Longer than any sensible message; an agent that goes beyond it is broken, and must not fill the memory.
constexpr qsizetype longestLine = 64 * 1024 * 1024;

QByteArray line(QJsonObject message)
{
    message.insert(u"jsonrpc"_s, u"2.0"_s);
    return toJson(message) + '\n';
}

// Appends a line of text to the message before it when that is of the same kind: a burst of output is one message.
void say(Parsed &parsed, const QString &kind, const QString &text)
{
    if (!parsed.events.empty()) {
        if (auto *before = std::get_if<Said>(&parsed.events.back()); before && before->kind == kind) {
            before->text += u'\n' + text;
            return;
        }
    }
    parsed.events.push_back(Said{kind, text});
}

void parseMessage(Parsed &parsed, const QJsonObject &message)
{
    const QJsonValue id = message.value(u"id"_s);
    if (const QString method = message.value(u"method"_s).toString(); !method.isEmpty()) {
        parsed.events.push_back(Asked{id, method, message.value(u"params"_s).toObject()});
        return;
    }
    const QJsonObject error = message.value(u"error"_s).toObject();
    const QString outcome = message.value(u"result"_s).toObject().value(u"outcome"_s).toString(u"end_turn"_s);
    parsed.events.push_back(
        Answered{id.toInteger(), error.isEmpty() ? outcome : u"error"_s, error.value(u"message"_s).toString()});
}

} // namespace

Parsed JsonRpcAdapter::parse(AgentStream stream, QByteArrayView bytes, bool last) const
{
    Parsed parsed;
    while (parsed.done < bytes.size()) {
        QByteArrayView rest = bytes.sliced(parsed.done);
        const qsizetype lineEnd = rest.indexOf('\n');
        if (lineEnd < 0 && !last) {
            if (rest.size() > longestLine)
                parsed.events.push_back(Broken{u"It sent a line of more than 64 MB without an end."_s});
            break;
        }
        QByteArrayView text = lineEnd < 0 ? rest : rest.first(lineEnd);
        parsed.done += lineEnd < 0 ? rest.size() : lineEnd + 1;
        while (text.endsWith('\r'))
            text.chop(1);
        if (text.isEmpty())
            continue;
        if (stream == AgentStream::Output && text.startsWith('{')) {
            const auto message = objectFromJson(text.toByteArray());
            if (message && (message->contains(u"method"_s) ||
                            (message->value(u"id"_s).isDouble() &&
                             (message->contains(u"result"_s) || message->contains(u"error"_s))))) {
                parseMessage(parsed, *message);
                continue;
            }
        }
        say(parsed, stream == AgentStream::Output ? u"output"_s : u"error"_s, QString::fromUtf8(text));
    }
    return parsed;
}

QByteArray JsonRpcAdapter::prompt(qint64 request, const QString &text) const
{
    return line({{u"id"_s, request}, {u"method"_s, u"prompt"_s}, {u"params"_s, QJsonObject{{u"text"_s, text}}}});
}

QByteArray JsonRpcAdapter::answer(const QJsonValue &id, const Result<QJsonObject> &result) const
{
    if (result)
        return line({{u"id"_s, id}, {u"result"_s, *result}});
    const Error &error = result.error();
    return line(
        {{u"id"_s, id},
         {u"error"_s, QJsonObject{{u"code"_s, -32000},
                                  {u"message"_s, error.message},
                                  {u"data"_s, QJsonObject{{u"code"_s, textOf(errorCodeTexts, error.code)},
                                                          {u"hint"_s, error.hint},
                                                          {u"refused"_s, error.code == ErrorCode::Refused}}}}}});
}

QByteArray JsonRpcAdapter::cancel(qint64 request) const
{
    return line({{u"method"_s, u"cancel"_s}, {u"params"_s, QJsonObject{{u"id"_s, request}}}});
}

} // namespace hub::agents
