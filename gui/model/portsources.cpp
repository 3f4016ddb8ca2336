#include "gui/model/portsources.h"

namespace hub::gui
{

void RemoteSource::start()
{
    m_hub = std::make_unique<ipc::RemoteHub>(m_makeChannel());
    connect(m_hub.get(), &ipc::RemoteHub::connected, this, [this] { Q_EMIT reached(m_hub->greeting()); });
    connect(m_hub.get(), &ipc::RemoteHub::disconnected, this, [this] { Q_EMIT lost(m_hub->whyNot()); });
    connect(m_hub.get(), &ipc::RemoteHub::unreachable, this, [this] { Q_EMIT missed(m_hub->whyNot()); });
}

} // namespace hub::gui
