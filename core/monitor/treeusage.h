// What the process trees of the agents use of the machine, from one pass over /proc. Reads only; one thread at a time,
// which may wait a moment.
#pragma once

#include "core/base/ids.h"
#include "core/posix/procfs.h"

#include <QList>
#include <QString>

#include <chrono>
#include <map>
#include <optional>

namespace hub::monitor
{

struct TreeRoot {
    RunId run;
    posix::ProcessId shim; // it and all below count
};

struct TreeUsage {
    RunId run;
    double cpu = 0;                                 // percent of one core since the pass before; 0 in the first one
    qint64 memory = 0;                              // bytes resident; pages that processes share count for each
    std::optional<qint64> proportional;             // bytes, shared pages divided; read for the largest trees only
    int processes = 0, threads = 0;                 // the shim not counted
    double readPerSecond = 0, writtenPerSecond = 0; // bytes from and to disks
    int openFiles = 0;
    QStringList zombies; // "1234 make", ended and not waited for
};

// A process of some agent that no living shim is above any more.
struct Stray {
    posix::ProcessId process;
    QString name;
    QString mark; // of its run
};

struct TreePass {
    QList<TreeUsage> trees; // in the order of the roots
    QList<Stray> strays;
    int processes = 0; // on the machine
};

class TreeSampler
{
public:
    explicit TreeSampler(QByteArray proc = "/proc")
        : m_proc(std::move(proc))
    {
    }

    // `hubId`: strays are processes whose mark begins with it. `uptime`: what has passed since the last pass.
    TreePass take(const QList<TreeRoot> &roots, const QString &hubId, std::chrono::milliseconds uptime);

private:
    struct Counters {
        quint64 ticks = 0;
        qint64 read = 0, written = 0;
    };
    QByteArray m_proc;
    std::map<RunId, Counters> m_last;
    std::chrono::milliseconds m_lastUptime{0};
};

} // namespace hub::monitor
