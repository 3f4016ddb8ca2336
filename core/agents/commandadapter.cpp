#include "core/agents/commandadapter.h"

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

// A line may be endless (a progress bar without line ends): this much of it is a message of its own.
constexpr qsizetype longestWait = 64 * 1024;

// The end of the last whole character of bytes that were cut somewhere.
qsizetype wholeCharacters(QByteArrayView bytes)
{
    qsizetype start = bytes.size();
    for (int back = 0; back < 4 && start > 0; ++back) {
        const auto c = static_cast<unsigned char>(bytes[--start]);
        if (c < 0x80)
            return bytes.size();
        if (c >= 0xC0) {
            const int length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
            return start + length <= bytes.size() ? bytes.size() : start;
        }
    }
    return bytes.size(); // no UTF-8 at all
}

} // namespace

Parsed CommandAdapter::parse(AgentStream stream, QByteArrayView bytes, bool last) const
{
    Parsed parsed;
    qsizetype end = last ? bytes.size() : bytes.lastIndexOf('\n') + 1;
    if (end == 0 && bytes.size() >= longestWait)
        end = wholeCharacters(bytes);
    parsed.done = end;
    QString text = QString::fromUtf8(bytes.first(end));
    while (text.endsWith(u'\n') || text.endsWith(u'\r'))
        text.chop(1);
    if (!text.isEmpty())
        parsed.events.push_back(Said{stream == AgentStream::Output ? u"output"_s : u"error"_s, text});
    return parsed;
}

QByteArray CommandAdapter::prompt(qint64, const QString &text) const { return text.toUtf8() + '\n'; }
QByteArray CommandAdapter::answer(const QJsonValue &, const Result<QJsonObject> &) const { return {}; }
QByteArray CommandAdapter::cancel(qint64) const { return {}; }

} // namespace hub::agents
