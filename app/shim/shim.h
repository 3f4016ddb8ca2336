// One run: starts the agent when told, carries bytes between its pipes, the spool and the hub, freezes and ends its
// tree, and outlives every hub. One thread, one poll loop.
#pragma once

#include "app/shim/agentprocess.h"
#include "app/shim/hubsocket.h"
#include "app/shim/inputqueue.h"
#include "core/posix/spoolwriter.h"

namespace hub::posix
{

class Shim
{
public:
    Shim(Fd runFolder, Fd lock, ShimSpec spec, unsigned agentMask);
    ~Shim();

    // Empty when the shim is ready for a hub; else what is wrong.
    std::string open();
    // Until the hub has acknowledged the exit frame, or the run folder is gone.
    void run();

private:
    static constexpr long long never = -1;

    // shim.cpp: the loop
    int pollTimeout() const;
    void onSignals();
    void onOutcome();
    void onTime();
    void reap();
    void agentEnded(int status);
    void endTree();
    void finishIfDrained();
    void leave();

    // shimspool.cpp: pipes to spool
    bool mayRead() const;
    void readPipe(Fd &pipe, Stream stream, uint64_t &offset);
    void drain();
    bool storePending();
    void note(const std::string &text);
    void spoolFailed(int number);
    void retrySpool();
    void checkQuota();
    void announceData();
    void releaseMemory();

    // shimcommands.cpp: what the hub asks
    void onMessage(const Message &message);
    void onHello();
    void onGo(uint64_t epoch);
    void onInput(uint64_t number, std::string_view bytes, bool closes);
    void onFreeze(const FreezeWish &wish);
    FreezeReport runOnWhileLocked(FreezeReport frozen, uint32_t graceMillis);
    void endLease();
    void onThaw();
    void onEnd(uint32_t graceMillis);
    void onSignal(int number);
    void onAcknowledge(const Position &position);
    void refuseInput(const char *why);
    void tell(StatusKind kind, const std::string &text);
    FreezeReport freezeTree(const char *why, bool isNews = true, uint32_t graceMillis = 0);
    void thawTree(const char *why);
    void killTree(const char *why);

    Fd m_folder;
    Fd m_lock;
    Fd m_signals;
    ShimSpec m_spec;
    unsigned m_agentMask;
    RunIdentity m_identity;
    std::unique_ptr<Freezer> m_freezer;
    HubSocket m_socket;
    SpoolWriter m_spool;

    ShimState m_state = ShimState::Waiting;
    AgentProcess m_agent;
    InputQueue m_input;
    uint64_t m_lastInput = 0;
    bool m_inputRefused = false; // told once, until one is taken again
    uint64_t m_newestEpoch = 0;
    bool m_frozen = false;
    bool m_frozenByStall = false;
    bool m_frozenByLease = false; // for a moment, while the hub reads the files

    char *m_buffer = nullptr; // mapped, so that a burst's pages can be given back
    bool m_bufferUsed = false;
    size_t m_pending = 0; // bytes in the buffer that could not be spooled yet
    Stream m_pendingStream = Stream::Output;
    uint64_t m_outputOffset = 0;
    uint64_t m_errorOffset = 0;
    bool m_spoolFails = false;
    bool m_full = false;  // at the quota
    bool m_armed = false; // the next new data is announced
    bool m_news = false;  // frames since the last announcement

    bool m_agentGone = false;
    bool m_treeEnded = false;
    bool m_done = false;
    RunExit m_exit;
    Position m_exitEnd;

    // Monotonic microseconds, or never.
    long long m_stallAt = never;
    long long m_leaseAt = never;
    long long m_killAt = never;
    long long m_graceAt = never;
    long long m_retryAt = never;
    long long m_recheckAt = never;
    long long m_releaseAt = never;
    long long m_folderCheckAt = never;
};

// A line in <run folder>/shim.log, which is the shim's stderr.
void logLine(const std::string &text);

} // namespace hub::posix
