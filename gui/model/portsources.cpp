#include "gui/model/portsources.h"

#include "core/ipc/endpoint.h"

namespace hub::gui
{

void RemoteSource::start()
{
    m_hub = std::make_unique<ipc::RemoteHub>(m_makeChannel());
    connect(m_hub.get(), &ipc::RemoteHub::connected, this, [this] { Q_EMIT reached(m_hub->greeting()); });
    connect(m_hub.get(), &ipc::RemoteHub::disconnected, this, [this] { Q_EMIT lost(m_hub->whyNot()); });
    connect(m_hub.get(), &ipc::RemoteHub::unreachable, this, [this] { Q_EMIT missed(m_hub->whyNot()); });
}

void LocalSource::start()
{
    if (const auto there = ipc::connectTo(m_local.dataDir, 0); there || there.error().code != ErrorCode::NoHub)
        return attach();
    startHub();
}

HubPort *LocalSource::port() { return m_hosted ? &m_hosted->port() : m_remote ? m_remote->port() : nullptr; }

void LocalSource::tryNow()
{
    if (m_remote)
        m_remote->tryNow();
    else if (!m_hosted)
        start();
}

void LocalSource::startHub()
{
    const auto started = m_local.startDaemon();
    if (started) {
        attach();
        return m_remote->tryNow();
    }
    if (started.error().code == ErrorCode::NotFound && !m_remote)
        return host();
    Q_EMIT missed(started.error());
}

void LocalSource::attach()
{
    if (m_remote)
        return;
    m_remote = std::make_unique<RemoteSource>([this] { return std::make_unique<ipc::LocalChannel>(m_local.dataDir); });
    connect(m_remote.get(), &PortSource::reached, this, &PortSource::reached);
    connect(m_remote.get(), &PortSource::missed, this, &PortSource::missed);
    connect(m_remote.get(), &PortSource::lost, this, &PortSource::lost);
    m_remote->start();
}

void LocalSource::host()
{
    auto hosted = m_local.host();
    if (!hosted && hosted.error().code == ErrorCode::Conflict)
        return attach(); // one came in between
    if (!hosted)
        return Q_EMIT missed(hosted.error());
    m_hosted = *std::move(hosted);
    Q_EMIT reached(m_hosted->greeting());
}

} // namespace hub::gui
