// One end of the line protocol: whole JSON messages in and out over two file descriptors. Blocking, one thread.
#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QJsonObject>

#include <chrono>
#include <optional>

namespace hub::sdk
{

class LinePipe
{
public:
    // The descriptors stay the caller's.
    LinePipe(int in, int out)
        : m_in(in)
        , m_out(out)
    {
    }

    // What is written is out when this returns: nothing is buffered that a killed process could take with it.
    Result<> write(const QByteArray &bytes);

    // The next message; nullopt when none came within `limit` (no limit: as long as it takes) or at the end of input.
    // Lines that are no JSON object are skipped.
    Result<std::optional<QJsonObject>> read(std::optional<std::chrono::milliseconds> limit);

    bool atEnd() const { return m_atEnd; }

private:
    std::optional<QByteArray> takeLine();
    // False: the time is over.
    Result<bool> fill(std::optional<std::chrono::steady_clock::time_point> deadline);

    int m_in;
    int m_out;
    QByteArray m_buffer;
    qsizetype m_scanned = 0; // no line end before
    bool m_atEnd = false;
};

} // namespace hub::sdk
