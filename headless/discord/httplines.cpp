#include "headless/discord/httplines.h"

#include "headless/discord/address.h"

#include <QMetaEnum>
#include <QSslSocket>
#include <QTcpSocket>

#include <malloc.h>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

// What one call costs a server is not known: with a tenth of a second, twenty behind one another are answered within
// two seconds. More lines are opened when calls still wait.
constexpr qsizetype firstLines = 16, mostLines = 64;
constexpr size_t mostOnALine = 20;
constexpr milliseconds lookEvery = 50ms, lookAtIdle = 5s;
constexpr milliseconds otherFamilyAfter = 300ms; // a network may promise IPv6 and not carry it
constexpr milliseconds connectLimit = 10s;
constexpr milliseconds openAgainAfter = 250ms;       // when one could not be opened
constexpr milliseconds idleFor = 10s, warmFor = 60s; // all lines, and the one that is kept longest
// A line that was idle may lead nowhere by now, and nobody was told: what may be repeated is not risked on it for long.
constexpr milliseconds doubtAfter = 5s, doubtFor = 1s;

QByteArray onTheWire(const QUrl &server, const HttpCall &call)
{
    QByteArray text;
    text.reserve(512 + call.body.size());
    text += call.method + ' ' + call.target + " HTTP/1.1\r\nHost: " + server.host(QUrl::FullyEncoded).toLatin1();
    if (server.port() >= 0)
        text += ':' + QByteArray::number(server.port());
    text += "\r\n";
    for (const auto &[name, value] : call.headers)
        text += name + ": " + value + "\r\n";
    if (!call.body.isEmpty() || call.method != "GET")
        text += "Content-Length: " + QByteArray::number(call.body.size()) + "\r\n";
    return text + "\r\n" + call.body;
}

} // namespace

HttpLine::HttpLine(const QUrl &server, QAbstractSocket::NetworkLayerProtocol family, QObject *parent)
    : QObject(parent)
    , m_server(server)
    , m_family(family)
    , m_since(momentNow())
{
}

void HttpLine::open()
{
    // All but what is read comes queued: it would also come from within our own calls.
    const auto ready = [this] {
        if (m_over)
            return;
        m_ready = m_wasReady = true;
        m_since = momentNow();
        m_socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
        Q_EMIT changed();
    };
    const bool secure = m_server.scheme() == "https"_L1;
    QSslSocket *tls = secure ? new QSslSocket : nullptr;
    m_socket.reset(secure ? tls : new QTcpSocket);
    connect(m_socket.get(), &QAbstractSocket::readyRead, this, &HttpLine::onReadable);
    connect(m_socket.get(), &QAbstractSocket::disconnected, this, &HttpLine::onEnd, Qt::QueuedConnection);
    connect(m_socket.get(), &QAbstractSocket::errorOccurred, this, &HttpLine::onEnd, Qt::QueuedConnection);
    if (!tls) {
        connect(m_socket.get(), &QAbstractSocket::connected, this, ready, Qt::QueuedConnection);
        return m_socket->connectToHost(m_server.host(), quint16(m_server.port(80)), QIODevice::ReadWrite, m_family);
    }
    QSslConfiguration configuration = safeTls();
    configuration.setAllowedNextProtocols({QSslConfiguration::NextProtocolHttp1_1});
    tls->setSslConfiguration(configuration);
    connect(tls, &QSslSocket::encrypted, this, ready, Qt::QueuedConnection);
    tls->connectToHostEncrypted(m_server.host(), quint16(m_server.port(443)), QIODevice::ReadWrite, m_family);
}

void HttpLine::start(const HttpRequest &request)
{
    const Moment now = momentNow();
    const bool doubtful = request.isRepeatable && m_sent.empty() && m_since + doubtAfter <= now;
    m_sent.push_back({doubtful ? std::min(request.until, now + doubtFor) : request.until, request.then});
    m_socket->write(request.bytes);
    m_socket->flush(); // before whatever else this thread has to do
}

bool HttpLine::isLate(Moment now) const
{
    return std::any_of(m_sent.begin(), m_sent.end(), [now](const Sent &sent) { return sent.until <= now; });
}

void HttpLine::onReadable()
{
    auto state = m_reader.take(m_socket->readAll());
    while (!m_over && state == HttpAnswerReader::State::Whole && !m_sent.empty()) {
        answered();
        state = m_reader.take({});
    }
    if (m_over)
        return;
    if (state == HttpAnswerReader::State::Broken)
        return giveUp(u"its answer is not HTTP"_s);
    if (m_sent.empty() && m_reader.hasBegun())
        return giveUp(u"it spoke unasked"_s);
    Q_EMIT changed();
}

void HttpLine::answered()
{
    const HttpThen then = std::move(m_sent.front().then);
    m_sent.pop_front();
    m_since = momentNow();
    const HttpEnd end{HttpEnd::Ended::Answered, m_reader.answer(), {}};
    const bool last = !m_reader.staysOpen();
    m_reader.next();
    m_ready = m_ready && !last; // who is told may call again at once
    then(end);
    if (last)
        giveUp(u"it was closed before its turn"_s);
}

void HttpLine::onEnd()
{
    if (m_over)
        return;
    const auto error = m_socket->error();
    m_ready = false;
    const bool closed = error == QAbstractSocket::RemoteHostClosedError;
    if (closed && !m_sent.empty() && m_reader.hasBegun() && m_reader.end() == HttpAnswerReader::State::Whole)
        answered();
    giveUp(QString::fromLatin1(QMetaEnum::fromType<QAbstractSocket::SocketError>().valueToKey(error)));
}

void HttpLine::giveUp(const QString &problem)
{
    if (std::exchange(m_over, true))
        return;
    m_ready = false;
    m_problem = problem;
    m_socket->disconnect(this);
    m_socket->abort();
    for (const Sent &sent : std::exchange(m_sent, {}))
        sent.then({HttpEnd::Ended::Lost, {}, problem});
    Q_EMIT changed();
}

HttpLines::HttpLines(const QUrl &server, QObject *parent)
    : QObject(parent)
    , m_server(server)
    , m_mayOpen(firstLines)
{
    connect(&m_clock, &QTimer::timeout, this, &HttpLines::look);
}

void HttpLines::call(const HttpCall &call, HttpThen then)
{
    m_waiting.push_back({onTheWire(m_server, call), momentNow() + call.limit, call.isRepeatable, std::move(then)});
    pump();
}

// In their order, but none holds up others that find a line: one that may not be repeated needs one of its own.
void HttpLines::pump()
{
    const Moment now = momentNow();
    for (size_t i = 0; i < m_waiting.size();) {
        const bool late = m_waiting[i].until <= now;
        HttpLine *line = late ? nullptr : lineFor(m_waiting[i]);
        if (!line && !late && m_waiting[i].isRepeatable)
            break; // for whatever is behind it there is none either
        if (!line) {
            ++i;
            continue;
        }
        const HttpRequest next = std::move(m_waiting[i]);
        m_waiting.erase(m_waiting.begin() + qsizetype(i));
        line->start(next);
    }
    if (m_lines.empty() || m_openNotBefore <= now) {
        const qsizetype wanted = std::min(qsizetype(m_waiting.size()) - connecting(), m_mayOpen - lines());
        for (qsizetype i = 0; i < wanted; ++i)
            openLine(m_family);
    }
    setClock();
}

// The first that is free, so that the others become old and go. When all that may be are there, behind another call.
HttpLine *HttpLines::lineFor(const HttpRequest &next) const
{
    HttpLine *best = nullptr;
    for (HttpLine *line : m_lines) {
        if (line->isFree())
            return line;
        if (line->isReady() && line->load() < mostOnALine && (!best || line->load() < best->load()))
            best = line;
    }
    const bool mostAreThere = lines() >= m_mayOpen && connecting() * 4 <= lines();
    return next.isRepeatable && (mostAreThere || m_mayOpen > firstLines) ? best : nullptr;
}

qsizetype HttpLines::connecting() const
{
    return std::count_if(m_lines.begin(), m_lines.end(),
                         [](const HttpLine *line) { return !line->isReady() && !line->isOver(); });
}

void HttpLines::openLine(QAbstractSocket::NetworkLayerProtocol family)
{
    auto *line = new HttpLine(m_server, family, this);
    m_lines.push_back(line);
    connect(line, &HttpLine::changed, this, [this, line] { onChanged(line); });
    line->open();
}

void HttpLines::onChanged(HttpLine *line)
{
    if (line->isReady() && line->family() == QAbstractSocket::IPv4Protocol)
        keepTo(QAbstractSocket::IPv4Protocol);
    if (line->isOver() && std::erase(m_lines, line) > 0) {
        line->deleteLater();
        if (line->isUnreachable() && !line->problem().isEmpty())
            m_openNotBefore = momentNow() + openAgainAfter;
        if (line->isUnreachable() && m_lines.empty()) {
            m_family = QAbstractSocket::AnyIPProtocol;
            for (const HttpRequest &waiting : std::exchange(m_waiting, {}))
                waiting.then({HttpEnd::Ended::NeverSent, {}, line->problem()});
        }
    }
    pump();
}

// Lines that are still on their way to the other addresses would only take the place of some that get there.
void HttpLines::keepTo(QAbstractSocket::NetworkLayerProtocol family)
{
    if (std::exchange(m_family, family) == family)
        return;
    for (HttpLine *line : std::vector(m_lines)) {
        if (!line->isReady() && line->family() != family)
            line->giveUp({});
    }
}

void HttpLines::look()
{
    const Moment now = momentNow();
    if (m_lines.size() > 1)
        m_hadMany = true;
    else if (std::exchange(m_hadMany, false))
        ::malloc_trim(0); // TLS takes much for each, in small pieces that nobody gives back by itself
    endLate(now);
    lookAtLines(now);
    if (m_waiting.empty())
        m_mayOpen = firstLines;
    else if (connecting() == 0 && m_openNotBefore <= now)
        m_mayOpen = std::min(m_mayOpen + firstLines, mostLines);
    pump();
}

void HttpLines::endLate(Moment now)
{
    std::deque<HttpRequest> late;
    for (auto one = m_waiting.begin(); one != m_waiting.end();) {
        if (one->until <= now) {
            late.push_back(std::move(*one));
            one = m_waiting.erase(one);
        } else {
            ++one;
        }
    }
    for (const HttpRequest &one : late)
        one.then({HttpEnd::Ended::NeverSent, {}, u"no connection in time"_s});
}

// What has had its time, lines that nobody needs, and a network where one family of addresses leads nowhere.
void HttpLines::lookAtLines(Moment now)
{
    bool warm = false;
    for (HttpLine *line : std::vector(m_lines)) {
        const bool free = line->isFree();
        if (free && line->since() + (warm ? idleFor : warmFor) <= now)
            line->giveUp({});
        else if (line->isLate(now))
            line->giveUp(u"no answer in time"_s);
        else if (!line->isReady() && line->since() + connectLimit <= now)
            line->giveUp(u"no connection in time"_s);
        warm = warm || free;
    }
    const auto isSlow = [now](const HttpLine *line) {
        return !line->isReady() && line->since() + otherFamilyAfter <= now;
    };
    if (!m_waiting.empty() && m_family == QAbstractSocket::AnyIPProtocol &&
        std::any_of(m_lines.begin(), m_lines.end(), isSlow) &&
        std::none_of(m_lines.begin(), m_lines.end(),
                     [](const HttpLine *line) { return line->family() == QAbstractSocket::IPv4Protocol; }))
        openLine(QAbstractSocket::IPv4Protocol);
}

void HttpLines::setClock()
{
    const bool busy = !m_waiting.empty() ||
                      std::any_of(m_lines.begin(), m_lines.end(), [](const HttpLine *line) { return !line->isFree(); });
    const milliseconds interval = busy ? lookEvery : lookAtIdle;
    if (m_lines.empty() && m_waiting.empty())
        m_clock.stop();
    else if (!m_clock.isActive() || m_clock.intervalAsDuration() != interval)
        m_clock.start(interval);
}

} // namespace hub::discord
