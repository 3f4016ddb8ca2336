// One message of the gateway, in and out. Pure; any thread.
#pragma once

#include "core/base/json.h"

#include <optional>

namespace hub::discord
{

enum class Op {
    Dispatch = 0,
    Heartbeat = 1,
    Identify = 2,
    Presence = 3,
    Resume = 6,
    Reconnect = 7,
    InvalidSession = 9,
    Hello = 10,
    HeartbeatAck = 11,
};

struct GatewayPayload {
    int op = 0; // a number, since new ones appear at any time
    QJsonValue data;
    std::optional<qint64> sequence; // of a dispatch
    QString event;                  // its name, "INTERACTION_CREATE"
};

// InvalidInput when it is no JSON object with a whole number "op". Members nobody knows are ignored.
Result<GatewayPayload> decodePayload(const QByteArray &text);

// Discord closes the connection on a larger one.
inline constexpr qsizetype largestPayload = 4096; // bytes

// InvalidInput beyond largestPayload; the text is then sent by nobody. The error never holds the payload.
Result<QByteArray> encodePayload(Op op, const QJsonValue &data);

} // namespace hub::discord
