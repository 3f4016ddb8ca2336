// Discord's REST API: each call waits its turn, is tried again where that is safe, and is answered once. Lives on the
// I/O thread. Neither the token nor one in an address ever stands in a log or an error.
#pragma once

#include "core/base/async.h"
#include "headless/discord/backoff.h"
#include "headless/discord/gateway.h"
#include "headless/discord/ratelimiter.h"
#include "headless/discord/restrequest.h"

#include <QNetworkAccessManager>
#include <QObject>
#include <QSet>
#include <QTimer>

class QNetworkReply;

namespace hub::discord
{

struct RestOptions {
    QUrl base{QStringLiteral("https://discord.com/api/v10")}; // as isSafeAddress() allows
    QString token;                                            // bare, without "Bot "
    milliseconds attemptLimit = 15s;                          // for one try
    Backoff backoff{250ms, 10s};
};

class RestClient : public QObject
{
    Q_OBJECT
public:
    explicit RestClient(RestOptions options, QObject *parent = nullptr);

    // Any answer of Discord, a refusal too. An error when there was none: Timeout when the time ran out before it was
    // sent, Conflict when nobody knows whether it was done, Refused when it was not sent because Discord has refused
    // the token or the webhook before. Calls of one bucket are sent in the order in which they are made here.
    QFuture<Result<RestAnswer>> call(RestRequest request);

    // GET /gateway/bot. Refused: the token.
    QFuture<Result<GatewayInfo>> gateway();

    RateLimiter::Health health() const { return m_limiter.health(momentNow()); }

Q_SIGNALS:
    void tokenRefused(); // once; nothing that needs it is sent from now on

private:
    using Ticket = RateLimiter::Ticket;
    struct Call {
        RestRequest request;
        std::shared_ptr<QPromise<Result<RestAnswer>>> promise;
        Moment deadline;
        int tries = 0;
    };

    std::optional<Error> refusedBefore(const Route &route) const;
    void pump();
    void send(Ticket ticket);
    QNetworkReply *transmit(const Call &call);
    void onFinished(Ticket ticket, QNetworkReply *reply);
    milliseconds pauseAfter(const Call &call) const;
    void remember(const Route &route, const RestAnswer &answer);
    void finish(Ticket ticket, Result<RestAnswer> result);
    void afterBurst();

    const RestOptions m_options;
    RateLimiter m_limiter;
    QHash<Ticket, Call> m_calls;
    // Over TLS, Qt speaks HTTP/2 where Discord offers it (Http2AllowedAttribute is on by itself since Qt 6): one
    // connection each. Else it opens six to a host at most, and the answers to interactions have their own six. Each
    // is handed a few calls at a time: what waits, waits in the limiter, where it is small and can still be too late.
    QNetworkAccessManager m_network;
    QNetworkAccessManager m_urgent;
    QTimer m_timer;
    QTimer m_burst; // runs out when none has come for a while
    bool m_tokenRefused = false;
    QSet<QString> m_goneHooks;
};

} // namespace hub::discord
