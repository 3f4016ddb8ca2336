// Where a window's hub is: in another process, on this machine or elsewhere, or in this one.
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

// A hub in this process. Lives on the link's thread.
class HostedHub
{
public:
    virtual ~HostedHub() = default;
    virtual HubPort &port() = 0;
    virtual QJsonObject greeting() const = 0;
};

// What a program that has a window can do about a hub on this machine.
struct LocalHub {
    QString dataDir;
    std::function<Result<>()> startDaemon;                    // NotFound: there is no such program
    std::function<Result<std::unique_ptr<HostedHub>>()> host; // in this process; Conflict: another process has one
};

// The hub of this machine: attaches to the one that runs; else starts a daemon when it can; else is the hub itself. A
// hub that goes away later is not started again by itself: somebody may have stopped it.
class LocalSource final : public PortSource
{
    Q_OBJECT

public:
    explicit LocalSource(LocalHub local)
        : m_local(std::move(local))
    {
    }

    void start() override;
    HubPort *port() override;
    void tryNow() override;
    void startHub() override;

private:
    void attach();
    void host();

    LocalHub m_local;
    std::unique_ptr<RemoteSource> m_remote;
    std::unique_ptr<HostedHub> m_hosted;
};

} // namespace hub::gui
