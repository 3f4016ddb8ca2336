// Where a window's hub is: in another process, on this machine or elsewhere.
#pragma once

#include "core/ipc/remotehub.h"
#include "gui/model/hublink.h"

namespace hub::gui
{

// Reaches it through a channel, again and again.
class RemoteSource final : public PortSource
{
    Q_OBJECT

public:
    using MakeChannel = std::function<std::unique_ptr<ipc::Channel>()>;
    explicit RemoteSource(MakeChannel makeChannel)
        : m_makeChannel(std::move(makeChannel))
    {
    }

    void start() override;
    HubPort *port() override { return m_hub.get(); }
    void tryNow() override { m_hub->tryNow(); }

private:
    MakeChannel m_makeChannel;
    std::unique_ptr<ipc::RemoteHub> m_hub;
};

} // namespace hub::gui
