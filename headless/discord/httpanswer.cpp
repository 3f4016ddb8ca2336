#include "headless/discord/httpanswer.h"

#include <algorithm>

namespace hub::discord
{

namespace
{

constexpr qsizetype largestHead = 64 * 1024, largestBody = 64 * 1024 * 1024;

bool hasToken(const QByteArray &value, QByteArrayView token)
{
    const auto parts = value.toLower().split(',');
    return std::any_of(parts.begin(), parts.end(), [&](const QByteArray &part) { return part.trimmed() == token; });
}

} // namespace

QByteArray HttpAnswer::header(QByteArrayView name) const
{
    const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto &one) { return one.first == name; });
    return found == headers.end() ? QByteArray() : found->second;
}

HttpAnswerReader::State HttpAnswerReader::take(const QByteArray &bytes)
{
    m_input += bytes;
    while (step()) {
    }
    return m_stage == Stage::Whole ? State::Whole : m_stage == Stage::Broken ? State::Broken : State::Unfinished;
}

HttpAnswerReader::State HttpAnswerReader::end()
{
    m_staysOpen = false;
    m_stage = m_stage == Stage::UntilEnd || m_stage == Stage::Whole ? Stage::Whole : Stage::Broken;
    return m_stage == Stage::Whole ? State::Whole : State::Broken;
}

void HttpAnswerReader::next()
{
    m_stage = Stage::Head;
    m_answer = {};
}

// Whether there is more to be made of the input.
bool HttpAnswerReader::step()
{
    switch (m_stage) {
    case Stage::Head: return readHead();
    case Stage::Body: return readBody();
    case Stage::ChunkSize: return readChunkSize();
    case Stage::Chunk: return readChunk();
    case Stage::ChunkEnd: {
        QByteArray line;
        if (!takeLine(&line))
            return false;
        m_stage = line.isEmpty() ? Stage::ChunkSize : Stage::Broken;
        return true;
    }
    case Stage::Trailer: return readTrailer();
    case Stage::UntilEnd: m_wanted = largestBody; return readBody();
    case Stage::Whole:
    case Stage::Broken: break;
    }
    return false;
}

bool HttpAnswerReader::breakOff()
{
    m_stage = Stage::Broken;
    return false;
}

bool HttpAnswerReader::takeLine(QByteArray *line)
{
    const qsizetype end = m_input.indexOf("\r\n");
    if (end < 0) {
        if (m_input.size() > largestHead)
            breakOff();
        return false;
    }
    *line = m_input.first(end);
    m_input.remove(0, end + 2);
    return true;
}

bool HttpAnswerReader::readHead()
{
    const qsizetype end = m_input.indexOf("\r\n\r\n");
    if (end > largestHead || (end < 0 && m_input.size() > largestHead))
        return breakOff();
    if (end < 0)
        return false;
    const QByteArray head = m_input.first(end + 2);
    m_input.remove(0, end + 4);
    m_answer = {};
    qsizetype at = head.indexOf("\r\n");
    const QByteArray first = head.first(at);
    bool isNumber = false;
    m_answer.status = first.mid(9, 3).toInt(&isNumber);
    if (!first.startsWith("HTTP/1.") || !isNumber || m_answer.status < 100 || (first.size() > 12 && first[12] != ' '))
        return breakOff();
    for (at += 2; at < head.size();) {
        const qsizetype lineEnd = head.indexOf("\r\n", at), colon = head.indexOf(':', at);
        if (colon <= at || colon > lineEnd)
            return breakOff();
        m_answer.headers.emplaceBack(head.mid(at, colon - at).toLower(),
                                     head.mid(colon + 1, lineEnd - colon - 1).trimmed());
        at = lineEnd + 2;
    }
    if (m_answer.status < 200) { // not the answer yet
        m_stage = m_answer.status == 101 ? Stage::Broken : Stage::Head;
        return true;
    }
    const QByteArray connection = m_answer.header("connection");
    m_staysOpen = first.startsWith("HTTP/1.0") ? hasToken(connection, "keep-alive") : !hasToken(connection, "close");
    const QByteArray coding = m_answer.header("transfer-encoding"), length = m_answer.header("content-length");
    if (m_answer.status == 204 || m_answer.status == 304) {
        m_stage = Stage::Whole;
    } else if (!coding.isEmpty()) {
        m_stage = coding.toLower() == "chunked" ? Stage::ChunkSize : Stage::Broken;
    } else if (!length.isEmpty()) {
        m_wanted = length.toLongLong(&isNumber);
        if (!isNumber || m_wanted < 0 || m_wanted > largestBody)
            return breakOff();
        m_stage = m_wanted == 0 ? Stage::Whole : Stage::Body;
    } else {
        m_staysOpen = false;
        m_stage = Stage::UntilEnd;
    }
    return true;
}

bool HttpAnswerReader::readBody()
{
    if (m_answer.body.size() + m_input.size() > largestBody)
        return breakOff();
    const QByteArray part = m_input.first(std::min(m_wanted, qsizetype(m_input.size())));
    m_input.remove(0, part.size());
    m_answer.body += part;
    m_wanted -= part.size();
    if (m_wanted == 0)
        m_stage = Stage::Whole;
    return false;
}

bool HttpAnswerReader::readChunkSize()
{
    QByteArray line;
    if (!takeLine(&line))
        return false;
    bool isNumber = false;
    m_wanted = line.split(';').first().trimmed().toLongLong(&isNumber, 16);
    if (!isNumber || m_wanted < 0 || m_wanted > largestBody)
        return breakOff();
    m_stage = m_wanted == 0 ? Stage::Trailer : Stage::Chunk;
    return true;
}

bool HttpAnswerReader::readChunk()
{
    readBody();
    if (m_stage != Stage::Whole)
        return false;
    m_stage = Stage::ChunkEnd;
    return true;
}

bool HttpAnswerReader::readTrailer()
{
    QByteArray line;
    if (!takeLine(&line))
        return false;
    if (line.isEmpty())
        m_stage = Stage::Whole;
    return !line.isEmpty();
}

} // namespace hub::discord
