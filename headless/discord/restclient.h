// Discord's REST API: each call waits its turn, is tried again where that is safe, and is answered once. Lives on the
// I/O thread. Neither the token nor one in an address ever stands in a log or an error.
#pragma once

#include "core/base/async.h"
#include "headless/discord/backoff.h"
#include "headless/discord/gateway.h"
#include "headless/discord/httplines.h"
#include "headless/discord/ratelimiter.h"
#include "headless/discord/restrequest.h"
#include "headless/discord/waketimer.h"

#include <QNetworkAccessManager>
#include <QObject>
#include <QPointer>
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
    using Then = std::function<void(const Result<RestAnswer> &)>;

    explicit RestClient(RestOptions options, QObject *parent = nullptr);
    ~RestClient() override;

    // Calls `then` once, in a later turn of this thread's event loop, unless `context`, of this thread too, is gone by
    // then. Any answer of Discord is one, a refusal too. An error when there was none: Timeout when the time ran out
    // before it was sent, Conflict when nobody knows whether it was done, Refused when it was not sent because Discord
    // has refused the token or the webhook before, ShuttingDown when this went first. Calls of one bucket are sent in
    // the order in which they are made here.
    void call(RestRequest request, QObject *context, Then then);

    // GET /gateway/bot. Refused: the token.
    QFuture<Result<GatewayInfo>> gateway();

    RateLimiter::Health health() const { return m_limiter.health(momentNow()); }

Q_SIGNALS:
    void tokenRefused(); // once; nothing that needs it is sent from now on

private:
    using Ticket = RateLimiter::Ticket;
    struct Call {
        RestRequest request;
        QPointer<QObject> context;
        Then then;
        Moment deadline;
        int tries = 0;
        bool mayBeDone = false; // an answer to one of them was lost
    };

    std::optional<Error> refusedBefore(const Route &route) const;
    void pump();
    static Error tooLate(const Call &call);
    void send(Ticket ticket);
    HttpCall httpCall(const Call &call) const;
    QNetworkReply *transmit(const HttpCall &call);
    static HttpEnd endOf(QNetworkReply &reply);
    void onEnd(Ticket ticket, const HttpEnd &end);
    milliseconds pauseAfter(const Call &call) const;
    void remember(const Route &route, const RestAnswer &answer);
    void finish(Ticket ticket, Result<RestAnswer> result);
    static void tell(QObject *context, Then then, Result<RestAnswer> result);
    void afterBurst();

    const RestOptions m_options;
    const QByteArray m_basePath;
    RateLimiter m_limiter;
    QHash<Ticket, Call> m_calls;
    // Answers to interactions, and what else has a token in its address, go by lines of their own: people wait for
    // them, and they come in bursts. What the bot does by itself is held to fifty a second. Neither is handed more at
    // once than it can send: what waits, waits in the limiter, where it is small and can still be too late.
    HttpLines m_lines;
    QNetworkAccessManager m_network;
    WakeTimer m_timer;
    QTimer m_burst; // runs out when none has come for a while
    bool m_tokenRefused = false;
    QSet<QString> m_goneHooks;
};

} // namespace hub::discord
