// A hub with everything around it: Discord, the local socket. What the daemon is, and what the window runs when there is
// no daemon. Created and used on the I/O thread.
#pragma once

#include "core/hub/hub.h"
#include "core/ipc/server.h"

namespace hub::discord
{
class DiscordSide;
}

namespace hub::headless
{

// What the command line of a program that runs a hub says.
struct HostOptions {
    QString dataDir; // empty: not given
    QString config;  // likewise
    QString version;
};

class HubHost
{
public:
    // Takes the data folder and listens at its socket. When it returns, every living agent is known.
    static Result<std::unique_ptr<HubHost>> start(const HostOptions &options);
    // Agents go on by themselves.
    ~HubHost();

    Hub &hub() { return *m_hub; }
    const QString &dataDir() const { return m_dataDir; }

private:
    class Runs;

    HubHost() = default;

    QString m_dataDir;
    std::unique_ptr<discord::DiscordSide> m_discord; // outlives the hub, which has its sinks
    std::unique_ptr<Hub> m_hub;
    std::unique_ptr<Runs> m_runs;
    std::unique_ptr<ipc::Server> m_server;
};

} // namespace hub::headless
