#include "headless/discord/restrequest.h"

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

// The first field that Discord complains of: "embeds.0.title: Must be 256 or fewer in length."
QString firstComplaint(const QJsonObject &errors, const QString &path = {})
{
    const QJsonArray own = errors["_errors"_L1].toArray();
    if (!own.isEmpty())
        return path + u": "_s + own[0]["message"_L1].toString();
    for (auto it = errors.begin(); it != errors.end(); ++it) {
        const QString deeper = firstComplaint(it->toObject(), path.isEmpty() ? it.key() : path + u'.' + it.key());
        if (!deeper.isEmpty())
            return deeper;
    }
    return {};
}

ErrorCode errorCodeFor(int status)
{
    switch (status) {
    case 401:
    case 403: return ErrorCode::Refused;
    case 404: return ErrorCode::NotFound;
    case 429: return ErrorCode::Timeout;
    default: return status >= 500 ? ErrorCode::Conflict : ErrorCode::InvalidInput;
    }
}

} // namespace

Result<RestRequest> RestRequest::of(const QByteArray &method, const QString &path, QJsonValue body)
{
    HUB_TRY(const Route route, Route::of(method, path));
    RestRequest request{route};
    request.body = std::move(body);
    if (route.callback)
        request.limit = 2500ms; // Discord waits for three seconds from the press of the button, not from here
    return request;
}

bool RestRequest::isRepeatable() const
{
    return route.method != "POST" || route.callback ||
           (body["nonce"_L1].isString() && body["enforce_nonce"_L1].toBool());
}

RestAnswer RestAnswer::of(int status, const QByteArray &body)
{
    RestAnswer answer{status, 0, QJsonValue::Undefined};
    const QJsonDocument document = QJsonDocument::fromJson(body);
    if (document.isObject())
        answer.body = document.object();
    else if (document.isArray())
        answer.body = document.array();
    answer.code = answer.body["code"_L1].toInt();
    return answer;
}

Result<QJsonValue> RestAnswer::result(const QString &doing) const
{
    if (isGood())
        return body;
    QString said = body["message"_L1].toString();
    const QString complaint = firstComplaint(body["errors"_L1].toObject());
    if (!complaint.isEmpty())
        said += u" ("_s + complaint + u')';
    const QString number = code != 0 ? u"%1, code %2"_s.arg(status).arg(code) : QString::number(status);
    QString message = u"Discord did not %1 (%2)"_s.arg(doing, number);
    message += said.isEmpty() ? u"."_s : u": "_s + said;
    if (status >= 500)
        message += u" Discord itself has a problem."_s;
    return fail(errorCodeFor(status), message);
}

Verdict judge(const RestRequest &request, const Attempt &attempt)
{
    const bool more = attempt.number < mostTries;
    const bool earlier = attempt.number > 1;
    switch (attempt.ended) {
    case Attempt::Ended::NeverSent: return more ? Verdict::Backoff : Verdict::Give;
    case Attempt::Ended::Lost: return more && request.isRepeatable() ? Verdict::Backoff : Verdict::Give;
    case Attempt::Ended::Answered: break;
    }
    const RestAnswer &answer = attempt.answer;
    if (answer.status == 429)
        return Verdict::Again;
    if (earlier && request.route.callback && answer.code == code::alreadyAcknowledged)
        return Verdict::Done;
    if (earlier && request.route.method == "DELETE" && answer.status == 404)
        return Verdict::Done;
    const bool passing = answer.status == 500 || (answer.status >= 502 && answer.status <= 504);
    return passing && more && request.isRepeatable() ? Verdict::Backoff : Verdict::Give;
}

QByteArray multipart(const QByteArray &json, const QList<RestFile> &files, const QByteArray &boundary)
{
    QByteArray all = "--" + boundary +
                     "\r\nContent-Disposition: form-data; name=\"payload_json\"\r\n"
                     "Content-Type: application/json\r\n\r\n" +
                     json + "\r\n";
    for (qsizetype i = 0; i < files.size(); ++i) {
        QByteArray name = files[i].name.toUtf8();
        name.replace('"', "'").replace('\r', "").replace('\n', "");
        all += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"files[" + QByteArray::number(i) +
               "]\"; filename=\"" + name + "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + files[i].bytes +
               "\r\n";
    }
    return all + "--" + boundary + "--\r\n";
}

} // namespace hub::discord
