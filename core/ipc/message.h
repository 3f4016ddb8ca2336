// JSON-RPC 2.0, one message a line, as both ends of the local socket speak it.
#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QJsonObject>
#include <QJsonValue>

#include <optional>

namespace hub::ipc
{

// A message with its line end; a reply with attachments is the largest.
inline constexpr qsizetype maxMessageBytes = 64 * 1024 * 1024;

// Raised when a request or an answer changes its meaning, or a window needs what was not there before; hello tells it.
// 2: query, and what a window reads of config list, alerts, claims and the queue.
inline constexpr int protocolVersion = 2;

namespace rpccode
{
inline constexpr int parseError = -32700;
inline constexpr int invalidRequest = -32600;
inline constexpr int methodNotFound = -32601;
inline constexpr int invalidParams = -32602;
inline constexpr int hubError = -32000; // error.data is the Error
} // namespace rpccode

// Collects bytes into lines. Not thread-safe.
class LineBuffer
{
public:
    // False when an unfinished line is longer than maxMessageBytes: the connection can't be used any more.
    bool append(const QByteArray &bytes);
    // The next complete line without its end; empty lines are skipped.
    std::optional<QByteArray> next();
    // Bytes of the line that has no end yet, and of complete ones not taken.
    qsizetype pending() const { return m_bytes.size() - m_start; }

private:
    QByteArray m_bytes;
    qsizetype m_start = 0;   // of the first line not yet taken
    qsizetype m_scanned = 0; // no line end between m_start and here
};

// All end with a line feed.
QByteArray requestLine(qint64 id, const QString &method, const QJsonObject &params);
QByteArray resultLine(const QJsonValue &id, const QJsonObject &result);
QByteArray errorLine(const QJsonValue &id, int code, const QString &message, const QJsonObject &data = {});
QByteArray errorLine(const QJsonValue &id, const Error &error);
QByteArray notificationLine(const QString &method, const QJsonObject &params);

// The error of an answer: error.data when the hub made it, else the protocol's own message as Internal.
Error errorOfAnswer(const QJsonObject &error);

} // namespace hub::ipc
