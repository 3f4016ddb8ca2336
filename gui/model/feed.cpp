#include "gui/model/feed.h"

namespace hub::gui
{

namespace
{

constexpr int pause = 120; // milliseconds in which events are gathered

} // namespace

Feed::Feed(HubLink &link, QObject *parent)
    : QObject(parent)
    , m_link(link)
{
    m_soon.setSingleShot(true);
    m_soon.setInterval(pause);
    connect(&m_soon, &QTimer::timeout, this, &Feed::askNow);
    connect(&m_repeat, &QTimer::timeout, this, &Feed::refresh);
    connect(&m_link, &HubLink::renewed, this, [this] {
        m_stale = true;
        askNow();
    });
}

void Feed::follow(const QStringList &events, std::function<bool(const HubEvent &)> concerns)
{
    connect(&m_link, &HubLink::eventHappened, this, [this, events, concerns](const HubEvent &event) {
        if (!events.contains(event.name) || (concerns && !concerns(event)))
            return;
        m_stale = true;
        if (m_active && !m_soon.isActive())
            m_soon.start();
    });
}

void Feed::repeat(int milliseconds)
{
    m_repeat.setInterval(milliseconds);
    if (m_active)
        m_repeat.start();
}

void Feed::setActive(bool active)
{
    if (std::exchange(m_active, active) == active)
        return;
    if (!active) {
        m_repeat.stop();
        m_stale = true;
        return;
    }
    if (m_repeat.interval() > 0)
        m_repeat.start();
    if (m_stale)
        askNow();
}

void Feed::refresh()
{
    m_stale = true;
    askNow();
}

void Feed::askNow()
{
    if (!m_active || !m_link.isConnected() || m_asking)
        return; // it is asked again when this is over
    m_asking = true;
    m_stale = false;
    m_ask();
}

void Feed::end(const std::optional<Error> &error)
{
    m_asking = false;
    m_error = error;
    Q_EMIT answered();
    if (m_stale && m_active && !m_soon.isActive())
        m_soon.start();
}

Feed::Ask askCommand(HubLink &link, const QString &command, const QJsonObject &options)
{
    return [&link, command, options] {
        auto promise = std::make_shared<QPromise<Result<QJsonObject>>>();
        promise->start();
        auto future = promise->future();
        whenDone(link.execute({.command = command, .options = options, .caller = {}}), &link,
                 [promise](const Result<commands::Reply> &reply) {
                     promise->addResult(reply ? Result<QJsonObject>(reply->data) : Result<QJsonObject>(reply.error()));
                     promise->finish();
                 });
        return future;
    };
}

} // namespace hub::gui
