// How a reply becomes the body of a message where no fuller rendering is plugged in: one embed without buttons. Pure.
#pragma once

#include "core/commands/reply.h"
#include "headless/discord/restrequest.h"

#include <functional>

namespace hub::discord
{

// Of POST …/messages and of PATCH …/messages/@original; it replaces all that an edited message had.
struct MessageBody {
    QJsonObject json; // names the files under "attachments"
    QList<RestFile> files{};
};

// Within Discord's sizes, what people and agents wrote escaped.
using Renderer = std::function<MessageBody(const commands::Reply &)>;

QJsonObject plainBody(const commands::Reply &reply);
inline MessageBody plainMessage(const commands::Reply &reply) { return {plainBody(reply)}; }

// With `users` (numbers) mentioned in front of it, and nobody else, whatever the body says.
QJsonObject addressed(QJsonObject body, const QStringList &users);
// Made only once, however often it is sent within minutes. At most 25 characters.
QJsonObject once(QJsonObject body, const QString &nonce);

} // namespace hub::discord
