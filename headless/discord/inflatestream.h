// The gateway's zlib-stream: one compressed stream as long as the connection, cut into messages. Any thread.
#pragma once

#include "core/base/result.h"

#include <QByteArray>

#include <memory>
#include <optional>

namespace hub::discord
{

class InflateStream
{
public:
    // A payload that inflates to more than `most` bytes is an error: nobody's memory is for a stranger to fill.
    explicit InflateStream(qsizetype most = 32 * 1024 * 1024);
    ~InflateStream();
    InflateStream(const InflateStream &) = delete;
    InflateStream &operator=(const InflateStream &) = delete;

    // Takes a binary message; the payload once it is whole. After an error the connection is of no more use.
    Result<std::optional<QByteArray>> take(const QByteArray &message);

private:
    struct State;
    std::unique_ptr<State> m_state;
    QByteArray m_input;
    qsizetype m_most;
};

} // namespace hub::discord
