// What a REST call is to Discord's limits: the kind of call, and the channel, guild or webhook that it is counted for.
// Pure; any thread.
#pragma once

#include "core/base/result.h"

#include <QByteArray>
#include <QString>

namespace hub::discord
{

struct Route {
    QByteArray method;     // "POST"
    QString path;          // "/channels/1/messages": below the base address, without a query
    QString kind;          // "POST /channels/{}/messages": the same for every channel
    QString major;         // "channels/1": what the limit is counted for; empty for none
    bool botToken = true;  // the routes whose address holds a token of their own must not get it
    bool callback = false; // the answer to an interaction: three seconds, and no limit but its own
    bool webhook = false;  // /webhooks/{id}/{token} and below: follow-ups of interactions too

    // The bot's limit of so many calls in a second counts neither callbacks nor what goes through a webhook's token.
    bool isCountedGlobally() const { return botToken; }
    // For logs and errors: tokens in the path are left out.
    QString shown() const;

    // InvalidInput for a method that Discord has not, or a path with an empty part, "..", or a query.
    static Result<Route> of(const QByteArray &method, const QString &path);
};

} // namespace hub::discord
