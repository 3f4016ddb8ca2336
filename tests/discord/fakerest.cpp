#include "tests/discord/fakerest.h"

#include "core/base/json.h"
#include "tests/discord/faketls.h"

#include <QRegularExpression>
#include <QSslServer>
#include <QTcpSocket>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace hub::discord
{

FakeRest::FakeRest(QString token, QObject *parent)
    : QObject(parent)
    , m_token(std::move(token))
{
    m_clock.start();
    if (const auto tls = fakeTls()) {
        auto server = std::make_unique<QSslServer>();
        server->setSslConfiguration(*tls);
        m_server = std::move(server);
    } else {
        m_server = std::make_unique<QTcpServer>();
    }
    m_server->listen(QHostAddress::LocalHost);
    connect(m_server.get(), &QTcpServer::pendingConnectionAvailable, this, [this] {
        while (QTcpSocket *socket = m_server->nextPendingConnection()) {
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] { onData(socket); });
            connect(socket, &QTcpSocket::disconnected, this, [this, socket] {
                m_input.remove(socket);
                m_busyUntil.remove(socket);
                socket->deleteLater();
            });
        }
    });
}

QUrl FakeRest::base() const
{
    return QUrl(u"%1://127.0.0.1:%2/api/v10"_s.arg(fakeTls() ? u"https"_s : u"http"_s).arg(m_server->serverPort()));
}

void FakeRest::setLimit(const QString &kind, int limit, int windowMs, const QByteArray &bucket)
{
    m_limits[kind] = {limit, windowMs, bucket};
}

void FakeRest::onData(QTcpSocket *socket)
{
    m_input[socket] += socket->readAll();
    while (true) {
        QByteArray &input = m_input[socket];
        const qsizetype end = input.indexOf("\r\n\r\n");
        if (end < 0)
            return;
        const QByteArrayList lines = input.first(end).split('\n');
        const QByteArrayList first = lines[0].trimmed().split(' ');
        Call call{first.value(0), QString::fromUtf8(first.value(1)), {}, {}};
        for (const QByteArray &line : lines.mid(1)) {
            const qsizetype colon = line.indexOf(':');
            call.headers.insert(line.first(colon).trimmed().toLower(), line.sliced(colon + 1).trimmed());
        }
        const qsizetype length = call.headers.value("content-length").toLongLong();
        if (input.size() < end + 4 + length)
            return;
        call.body = input.sliced(end + 4, length);
        input.remove(0, end + 4 + length);
        if (call.path.startsWith("/attachments/"_L1)) {
            onAttachment(socket, call);
            continue;
        }
        if (call.path.startsWith("/api/v10/"_L1))
            call.path.remove(0, 8);
        else if (call.path.startsWith("/api/webhooks/"_L1)) // as people are handed them
            call.path.remove(0, 4);
        else
            violated(u"without a version: "_s + call.path);
        onCall(socket, call);
        if (!m_input.contains(socket))
            return;
    }
}

void FakeRest::onAttachment(QTcpSocket *socket, const Call &call)
{
    if (call.headers.contains("authorization"))
        violated(u"the token to where files lie"_s);
    const auto file = attachments.constFind(call.path.section(u'/', 2));
    reply(socket, file == attachments.cend() ? Answer{404} : Answer{200, *file});
}

void FakeRest::check(const Call &call, const Route &route)
{
    static const QRegularExpression agent(u"^DiscordBot \\(https?://[^ ,]+, [^ )]+\\)"_s);
    if (!agent.match(QString::fromLatin1(call.headers.value("user-agent"))).hasMatch())
        violated(u"no User-Agent as Discord wants it"_s);
    const QByteArray authorization = call.headers.value("authorization");
    // As the documentation says it, not as the code under test does.
    static const QRegularExpression without(u"^/gateway$|^/interactions/[^/]+/[^/]+/callback|^/webhooks/[^/]+/[^/]+"_s);
    const bool wanted = !without.match(call.path.section(u'?', 0, 0)).hasMatch();
    if (wanted && authorization != "Bot " + m_token.toUtf8())
        violated(u"without the token: "_s + route.kind);
    if (!wanted && !authorization.isEmpty())
        violated(u"the token where it does not belong: "_s + route.kind);
    const QByteArray type = call.headers.value("content-type");
    if (call.method == "GET" && !call.body.isEmpty())
        violated(u"a body with GET"_s);
    if (type == "application/json" && QJsonDocument::fromJson(call.body).isNull())
        violated(u"a body that is no JSON"_s);
    if (!call.body.isEmpty() && type != "application/json" && !type.startsWith("multipart/form-data; boundary="))
        violated(u"a body without its type"_s);
}

void FakeRest::onCall(QTcpSocket *socket, const Call &call)
{
    ++m_received;
    const auto route = Route::of(call.method, call.path.section(u'?', 0, 0));
    if (!route) {
        violated(u"an odd path: "_s + call.path);
        socket->abort();
        return;
    }
    check(call, *route);
    Fault fault = Fault::None;
    if (!faults.empty()) {
        fault = faults.front();
        faults.pop_front();
    }
    switch (fault) {
    case Fault::ResetBefore: socket->abort(); return;
    case Fault::Error500: reply(socket, {500, "<html>oh</html>"}); return;
    case Fault::Limited:
        reply(socket, {429,
                       R"({"message":"You are being rate limited.","retry_after":0.2,"global":false})",
                       {{"Retry-After", "1"}, {"X-RateLimit-Scope", "user"}}});
        return;
    case Fault::LimitedAll:
        reply(socket, {429,
                       R"({"message":"You are being rate limited.","retry_after":0.2,"global":true})",
                       {{"Retry-After", "1"}, {"X-RateLimit-Scope", "global"}, {"X-RateLimit-Global", "true"}}});
        return;
    default: break;
    }
    // Of one connection one after another, as servers do.
    qint64 &busyUntil = m_busyUntil[socket];
    busyUntil = std::max(busyUntil, m_clock.elapsed()) + delays(call);
    const int wait = int(std::max<qint64>(0, busyUntil - m_clock.elapsed()));
    const auto carryOut = [this, socket, call, route = *route, fault] {
        const Answer whole = answer(call, route);
        if (fault == Fault::ResetAfter)
            socket->abort();
        else if (fault != Fault::Silence)
            reply(socket, whole, fault == Fault::HalfAnswer);
    };
    if (wait == 0)
        carryOut();
    else
        QTimer::singleShot(wait, Qt::PreciseTimer, socket, carryOut);
}

FakeRest::Answer FakeRest::answer(const Call &call, const Route &route)
{
    const auto limit = m_limits.constFind(route.kind);
    if (limit == m_limits.cend()) {
        m_done << call;
        return answers(call);
    }
    Window &window = m_windows[QString::fromLatin1(limit->bucket) + u' ' + route.major];
    const qint64 now = m_clock.elapsed();
    if (now >= window.began + limit->window)
        window = {now, 0};
    const double left = double(window.began + limit->window - now) / 1000;
    const QByteArray after = QByteArray::number(left, 'f', 3);
    if (window.used >= limit->limit) {
        violated(u"past the limit of "_s + route.kind);
        return {429, "{\"retry_after\":" + after + "}", {{"X-RateLimit-Scope", "user"}}};
    }
    ++window.used;
    m_done << call;
    Answer answer = answers(call);
    answer.headers += {{"X-RateLimit-Bucket", limit->bucket},
                       {"X-RateLimit-Limit", QByteArray::number(limit->limit)},
                       {"X-RateLimit-Remaining", QByteArray::number(limit->limit - window.used)},
                       {"X-RateLimit-Reset-After", after}};
    return answer;
}

void FakeRest::reply(QTcpSocket *socket, const Answer &answer, bool half)
{
    QByteArray text = "HTTP/1.1 " + QByteArray::number(answer.status) + " whatever\r\n";
    for (const auto &[name, value] : answer.headers)
        text += name + ": " + value + "\r\n";
    const QByteArray body = answer.status == 204 ? QByteArray() : answer.body;
    if (answer.status != 204)
        text += "Content-Type: application/json\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n";
    text += "\r\n" + body;
    if (half)
        text.chop(body.size() / 2 + 1);
    socket->write(text);
    if (half)
        socket->disconnectFromHost();
}

} // namespace hub::discord
