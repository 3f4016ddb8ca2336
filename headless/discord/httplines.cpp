#include "headless/discord/httplines.h"

#include <QMetaEnum>
#include <QSslConfiguration>
#include <QSslSocket>
#include <QTcpSocket>

using namespace Qt::StringLiterals;

namespace hub::discord
{

namespace
{

constexpr qsizetype mostLines = 16;
constexpr size_t mostOnALine = 64;
constexpr milliseconds lookEvery = 200ms, lookAtIdle = 5s;
constexpr milliseconds otherFamilyAfter = 300ms; // a network may promise IPv6 and not carry it
constexpr milliseconds connectLimit = 10s;
constexpr milliseconds openAgainAfter = 250ms; // when one could not be opened
constexpr milliseconds idleFor = 10s;          // of all lines but the one that is kept warm

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
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setProtocol(QSsl::TlsV1_2OrLater);
    configuration.setAllowedNextProtocols({QSslConfiguration::NextProtocolHttp1_1});
    tls->setSslConfiguration(configuration);
    connect(tls, &QSslSocket::encrypted, this, ready, Qt::QueuedConnection);
    tls->connectToHostEncrypted(m_server.host(), quint16(m_server.port(443)), QIODevice::ReadWrite, m_family);
}

void HttpLine::start(const QByteArray &request, Moment until, Then then)
{
    m_sent.push_back({until, std::move(then)});
    m_socket->write(request);
    m_socket->flush(); // before whatever else this thread has to do
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
    const Then then = std::move(m_sent.front().then);
    m_sent.pop_front();
    m_since = momentNow();
    const HttpEnd end{Attempt::Ended::Answered, m_reader.answer(), {}};
    const bool last = !m_reader.staysOpen();
    m_reader.next();
    then(end);
    if (last)
        giveUp(u"it was closed before its turn"_s);
}

void HttpLine::onEnd()
{
    if (m_over)
        return;
    const QString problem =
        QString::fromLatin1(QMetaEnum::fromType<QAbstractSocket::SocketError>().valueToKey(m_socket->error()));
    if (!m_sent.empty() && m_reader.hasBegun() && m_reader.end() == HttpAnswerReader::State::Whole)
        answered();
    giveUp(problem);
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
        sent.then({Attempt::Ended::Lost, {}, problem});
    Q_EMIT changed();
}

HttpLines::HttpLines(const QUrl &server, QObject *parent)
    : QObject(parent)
    , m_server(server)
{
    connect(&m_clock, &QTimer::timeout, this, &HttpLines::look);
}

void HttpLines::call(const HttpCall &call, Then then)
{
    m_waiting.push_back({onTheWire(m_server, call), momentNow() + call.limit, std::move(then), call.isRepeatable});
    pump();
}

void HttpLines::pump()
{
    while (!m_waiting.empty()) {
        HttpLine *line = lineFor(m_waiting.front());
        if (!line)
            break;
        Waiting next = std::move(m_waiting.front());
        m_waiting.pop_front();
        line->start(next.request, next.until, std::move(next.then));
    }
    if (m_lines.empty() || m_openNotBefore <= momentNow()) {
        const qsizetype wanted = std::min(qsizetype(m_waiting.size()) - connecting(), mostLines - lines());
        for (qsizetype i = 0; i < wanted; ++i)
            openLine(m_family);
    }
    setClock();
}

// The first that is free, so that the others become old and go. When there can be no more, behind another call.
HttpLine *HttpLines::lineFor(const Waiting &next) const
{
    HttpLine *best = nullptr;
    for (HttpLine *line : m_lines) {
        if (line->isFree())
            return line;
        if (line->isReady() && line->load() < mostOnALine && (!best || line->load() < best->load()))
            best = line;
    }
    return next.isRepeatable && lines() >= mostLines && connecting() == 0 ? best : nullptr;
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
        m_family = QAbstractSocket::IPv4Protocol;
    if (line->isOver() && std::erase(m_lines, line) > 0) {
        line->deleteLater();
        if (line->isUnreachable())
            m_openNotBefore = momentNow() + openAgainAfter;
        if (line->isUnreachable() && m_lines.empty()) {
            m_family = QAbstractSocket::AnyIPProtocol;
            for (const Waiting &waiting : std::exchange(m_waiting, {}))
                waiting.then({Attempt::Ended::NeverSent, {}, line->problem()});
        }
    }
    pump();
}

// What has had its time, a network where the one family of addresses leads nowhere, and lines that nobody needs.
void HttpLines::look()
{
    const Moment now = momentNow();
    while (!m_waiting.empty() && m_waiting.front().until <= now) {
        const Waiting late = std::move(m_waiting.front());
        m_waiting.pop_front();
        late.then({Attempt::Ended::NeverSent, {}, u"no connection in time"_s});
    }
    bool warm = false;
    for (HttpLine *line : std::vector(m_lines)) {
        const bool free = line->isFree();
        if (free && warm && line->since() + idleFor <= now)
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
    const auto isOther = [](const HttpLine *line) { return line->family() == QAbstractSocket::IPv4Protocol; };
    if (!m_waiting.empty() && std::any_of(m_lines.begin(), m_lines.end(), isSlow) &&
        std::none_of(m_lines.begin(), m_lines.end(), isOther))
        openLine(QAbstractSocket::IPv4Protocol);
    pump();
}

void HttpLines::setClock()
{
    const bool busy = !m_waiting.empty() ||
                      std::any_of(m_lines.begin(), m_lines.end(), [](const HttpLine *line) { return !line->isFree(); });
    const milliseconds interval = busy ? lookEvery : lookAtIdle;
    if (!busy && m_lines.size() <= 1)
        m_clock.stop();
    else if (!m_clock.isActive() || m_clock.intervalAsDuration() != interval)
        m_clock.start(interval);
}

} // namespace hub::discord
