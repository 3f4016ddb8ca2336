// An answer of HTTP/1.1, put together from its bytes as they come in (RFC 9112). Pure; any thread.
#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

#include <utility>

namespace hub::discord
{

struct HttpAnswer {
    int status = 0;
    QList<std::pair<QByteArray, QByteArray>> headers{}; // names in lower case
    QByteArray body{};

    // Empty where it is not there. `name` in lower case.
    QByteArray header(QByteArrayView name) const;
};

// How one call ended.
struct HttpEnd {
    enum class Ended {
        Answered,
        NeverSent, // no connection came about
        Lost,      // it broke, or took too long: nobody knows whether it was done
    };
    Ended ended = Ended::Lost;
    HttpAnswer answer{};
    QString problem{}; // when there was no answer: never an address, which may hold a token
};

class HttpAnswerReader
{
public:
    enum class State { Unfinished, Whole, Broken };

    // `bytes`: what came next. What comes behind a whole answer is kept for the next one.
    State take(const QByteArray &bytes);
    // The connection has ended.
    State end();
    // Goes on to the answer behind a whole one; take({}) then says how much of it is there.
    void next();

    bool hasBegun() const { return m_stage != Stage::Head || !m_input.isEmpty(); }
    const HttpAnswer &answer() const { return m_answer; }
    // Whether the connection may be used for another call, when it is Whole.
    bool staysOpen() const { return m_staysOpen; }

private:
    enum class Stage { Head, Body, ChunkSize, Chunk, ChunkEnd, Trailer, UntilEnd, Whole, Broken };

    bool step();
    bool readHead();
    bool readBody();
    bool readChunkSize();
    bool readChunk();
    bool readTrailer();
    bool takeLine(QByteArray *line);
    bool breakOff();

    QByteArray m_input;
    Stage m_stage = Stage::Head;
    qsizetype m_wanted = 0; // bytes of the body, or of the chunk, that are still to come
    HttpAnswer m_answer;
    bool m_staysOpen = true;
};

} // namespace hub::discord
