// A call of Discord's REST API and its answer, as values. Pure; any thread.
#pragma once

#include "core/base/json.h"
#include "headless/discord/httpanswer.h"
#include "headless/discord/limitheaders.h"
#include "headless/discord/route.h"

#include <QList>
#include <QUrlQuery>

namespace hub::discord
{

struct RestFile {
    QString name;
    QByteArray bytes;
};

struct RestRequest {
    Route route;
    QUrlQuery query{};
    QJsonValue body = QJsonValue::Undefined; // an object or a list; undefined: none
    QList<RestFile> files{};                 // sent beside the body, which names them under "attachments"
    milliseconds limit = 60s;                // for all of it: waiting its turn, and every try

    // As Route::of(). The answer to an interaction gets its own, short limit.
    static Result<RestRequest> of(const QByteArray &method, const QString &path,
                                  QJsonValue body = QJsonValue::Undefined);

    // Doing it twice comes to the same as once: everything but a POST; of those an answer to an interaction (Discord
    // takes one) and a message with an enforced nonce.
    bool isRepeatable() const;
};

struct RestAnswer {
    int status = 0;
    int code = 0;    // Discord's own, of an error: 10062
    QJsonValue body; // undefined when there is none, or it is no JSON
    bool isGood() const { return status >= 200 && status < 300; }
    // The body; else an error that says what Discord refused, without any token. `doing`: "post a message".
    Result<QJsonValue> result(const QString &doing) const;

    static RestAnswer of(int status, const QByteArray &body);
};

// The codes that are handled somewhere.
namespace code
{
inline constexpr int unknownWebhook = 10015;
inline constexpr int unknownInteraction = 10062; // older than three seconds: everyday after a resume
inline constexpr int alreadyAcknowledged = 40060;
inline constexpr int invalidWebhookToken = 50027;
} // namespace code

// How one try ended, and what follows from it.
struct Attempt {
    using Ended = HttpEnd::Ended;
    Ended ended = Ended::Answered;
    RestAnswer answer{};
    int number = 1; // the first, the second ...
};
enum class Verdict {
    Give,    // the answer, or that there was none
    Done,    // an earlier try had been successful: only its answer was lost
    Again,   // at once, when the limits allow: Discord said when
    Backoff, // after a pause
};
inline constexpr int mostTries = 5; // of those that fail; being told to wait is not failing
Verdict judge(const RestRequest &request, const Attempt &attempt);

// multipart/form-data with the JSON as "payload_json" and the files as "files[0]" ...
QByteArray multipart(const QByteArray &json, const QList<RestFile> &files, const QByteArray &boundary);

} // namespace hub::discord
