// Discord's gateway as a value: what came in and what time it is, to what is to be done. It opens no socket, reads no
// clock and rolls no dice of its own; GatewayClient does as it says. Not thread-safe.
//
// It holds that each event of a session is delivered once and in order, whatever breaks in between: what has a sequence
// number that was seen is dropped, and what was missed is replayed by Discord after a resume.
#pragma once

#include "core/base/result.h"
#include "headless/discord/backoff.h"
#include "headless/discord/closecode.h"
#include "headless/discord/gatewaypayload.h"
#include "headless/discord/sendbudget.h"

#include <QUrl>

#include <variant>
#include <vector>

namespace hub::discord
{

// What is needed to take a session up again, also after a restart of the program. Holds no secret.
struct GatewaySession {
    QString id;
    QUrl url; // where it is resumed
    qint64 sequence = 0;
    friend bool operator==(const GatewaySession &, const GatewaySession &) = default;
};

// The answer of GET /gateway/bot.
struct GatewayInfo {
    QUrl url;
    int identifiesLeft = 0;    // of session_start_limit
    milliseconds resetAfter{}; // until there are more

    // InvalidInput when there is no address in it that the token may be sent to.
    static Result<GatewayInfo> fromJson(const QJsonObject &answer);
};

struct Presence {
    enum class Status { Online, Idle, DoNotDisturb };
    Status status = Status::Online;
    QString text; // cut at 128 characters
    QJsonObject toJson() const;
    friend bool operator==(const Presence &, const Presence &) = default;
};

struct GatewayTimes {
    milliseconds helloLimit = 20s;   // from opening the connection to HELLO
    milliseconds readyLimit = 60s;   // without any event, from IDENTIFY or RESUME to READY or RESUMED
    milliseconds identifyGap = 5s;   // one identify in this time
    milliseconds calm = 5s;          // a connection that lived shorter is not opened again at once
    milliseconds presenceGap = 12s;  // between two changes of the presence
    milliseconds strangerPause = 1s; // after op 9 `false`: once to five times this
    Backoff backoff{};
};

struct GatewayOptions {
    QString token; // bare, without "Bot "
    int intents = 0;
    bool compressed = true; // zlib-stream
    Presence presence{};
    GatewayTimes times{};
};

// What to do, in this order. After OpenConnection or CloseConnection nothing of an earlier connection may come in.
namespace action
{
struct AskForGateway { // GET /gateway/bot; then gatewayFound() or gatewayNotFound()
};
struct OpenConnection {
    QUrl url;
};
struct SendText { // may hold the token: not for logs
    QByteArray text;
};
struct CloseConnection { // without waiting for the other side
    int code;
};
struct Deliver {
    QString event;
    QJsonObject data;
};
struct Remark { // for the log
    QString text;
};
struct GiveUp { // for a person; nothing more happens until start()
    Error why;
};
} // namespace action
using GatewayAction = std::variant<action::AskForGateway, action::OpenConnection, action::SendText,
                                   action::CloseConnection, action::Deliver, action::Remark, action::GiveUp>;
using GatewayActions = std::vector<GatewayAction>;

struct GatewayHealth {
    enum class Phase { Off, Asking, Waiting, AwaitingHello, Identifying, Resuming, Ready };
    Phase phase = Phase::Off;
    std::optional<milliseconds> latency; // from the last heartbeat to its answer
    std::optional<Moment> lastAnswer;    // when that was
    std::optional<Moment> sessionSince;
    std::optional<Moment> nextTry; // while waiting
    std::optional<int> lastCloseCode;
    std::optional<int> identifiesLeft;
    int identifies = 0; // in the last 24 hours, as are the next ones
    int resumes = 0;
    int zombies = 0;
};

class Gateway
{
public:
    // A `session` from an earlier life is resumed first.
    Gateway(GatewayOptions options, Dice dice, std::optional<GatewaySession> session = std::nullopt);

    enum class Leaving {
        ForGood,    // the bot is shown offline and the session ends
        ToComeBack, // it lives on for some minutes, to be resumed
    };

    GatewayActions start(Moment now);
    GatewayActions stop(Leaving leaving);
    GatewayActions gatewayFound(const GatewayInfo &info, Moment now);
    // Refused means the token: that is final. Anything else is tried again.
    GatewayActions gatewayNotFound(const Error &error, Moment now);
    // One whole, inflated message.
    GatewayActions received(const QByteArray &text, Moment now);
    // The connection can't be read any more (a message too large, a broken stream): Discord did not end it.
    GatewayActions unreadable(const QString &why, Moment now);
    // Broken, refused, or closed by Discord with `code`.
    GatewayActions closed(std::optional<int> code, Moment now);
    // The last one counts; it is sent when the limits allow.
    GatewayActions setPresence(const Presence &presence, Moment now);
    // To be called at nextWake(), which may change with each call of anything here. Early or late does no harm.
    GatewayActions tick(Moment now);
    std::optional<Moment> nextWake() const;

    std::optional<GatewaySession> session() const;
    GatewayHealth health(Moment now) const;

private:
    using Phase = GatewayHealth::Phase;

    void connectAgain(Moment now);
    void connectFresh(Moment now);
    void open(const QUrl &url, Moment now);
    void closeAnd(AfterClose after, Moment now, milliseconds atLeast = 0ms);
    void lost(AfterClose after, Moment now, milliseconds atLeast);
    void forgetSession();
    void giveUp(const Error &why);
    void onHello(const QJsonValue &data, Moment now);
    void onDispatch(const GatewayPayload &payload, Moment now);
    void onReady(const QJsonObject &data, Moment now);
    void onResumed(Moment now);
    void identify(Moment now);
    void resume(Moment now);
    void heartbeat(Moment now);
    void sendPresence(Moment now);
    bool send(Op op, const QJsonValue &data, Moment now);
    bool isConnected() const { return m_phase >= Phase::AwaitingHello; }
    void remark(const QString &text) { m_out.push_back(action::Remark{text}); }
    GatewayActions take() { return std::exchange(m_out, {}); }

    const GatewayOptions m_options;
    const Dice m_dice;
    GatewayActions m_out; // of the call in progress

    Phase m_phase = Phase::Off;
    QString m_sessionId; // empty: none to resume
    QUrl m_sessionUrl;
    std::optional<qint64> m_sequence;
    std::optional<qint64> m_unreadableAfter; // the sequence before a message that could not be read
    std::optional<Moment> m_sessionSince;

    std::optional<GatewayInfo> m_info;
    Moment m_infoUntil{}; // then its count of identifies is over
    int m_tries = 0;      // since the last READY or RESUMED
    int m_unopened = 0;   // connections in a row that brought no HELLO
    Moment m_openedAt{};
    std::optional<Moment> m_lastIdentify;

    // Of this connection; all dropped with it.
    struct Timers {
        std::optional<Moment> hello, ready, heartbeat, owedHeartbeat, identify, presence;
    };
    Timers m_timers;
    std::optional<Moment> m_connectAt;
    milliseconds m_interval{};
    bool m_awaitingAnswer = false;
    Moment m_heartbeatSent{};
    SendBudget m_budget;

    Presence m_presence;
    std::optional<Presence> m_shownPresence; // by the session
    std::optional<Moment> m_presenceSent;

    std::optional<milliseconds> m_latency;
    std::optional<Moment> m_lastAnswer;
    std::optional<int> m_lastCloseCode;
    std::deque<Moment> m_identifies, m_resumes, m_zombies;
};

} // namespace hub::discord
