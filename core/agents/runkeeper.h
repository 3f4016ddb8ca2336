// Keeps the books of living runs: turns their spools into events, exactly once, and sends their inputs, exactly once.
// Hub thread; talks to the shims through the brake.
#pragma once

#include "core/agents/adapter.h"
#include "core/agents/brake.h"
#include "core/base/workers.h"
#include "core/posix/spoolreader.h"
#include "core/state/stores.h"

#include <QSet>

#include <deque>
#include <map>

namespace hub::agents
{

// What came of a run, told inside the transaction that also moves its position: what the listener stores is committed
// with it or not at all. afterCommit() is the place for anything else.
class RunListener
{
public:
    virtual ~RunListener() = default;
    virtual Result<> onSaid(const Run &run, const Said &said) = 0;
    virtual Result<> onAsked(const Run &run, const Asked &asked) = 0;
    virtual Result<> onAnswered(const Run &run, const Answered &answered) = 0;
    virtual Result<> onBroken(const Run &run, const Broken &broken) = 0;
    // The last event of a run. `end` is none when its shim died without a word.
    virtual Result<> onEnded(const Run &run, const std::optional<posix::RunExit> &end) = 0;
};

class RunKeeper final : public QObject
{
    Q_OBJECT

public:
    RunKeeper(state::Stores &stores, Brake &brake, Workers &workers);
    void setListener(RunListener &listener) { m_listener = &listener; }

    // Begins to keep a run whose shim was just started, or was found again.
    void keep(const Run &run, Holds holds, quint64 epoch);
    bool keeps(RunId run) const { return m_live.contains(run); }
    qsizetype count() const { return qsizetype(m_live.size()); }

    // Inside CommitGroup work: stores everything that stands in the run's spool by now. False when it was cut short
    // because there was too much for one commit; ask again.
    Result<bool> drain(RunId run);

    // False: what runs say stays in their spools, until it is true again. drain() takes it all the same.
    void setIngesting(bool ingesting);

    // After a commit that stored inputs: sends what the shim has not seen.
    void sendInputs(RunId run);

    // The mark that names the run's processes.
    static QByteArray markOf(const Run &run);

Q_SIGNALS:
    // The shim of this run is gone, its spool is read to the end, its end is committed.
    void gone(const hub::RunId &run);

private:
    struct Stream {
        QByteArray bytes; // not turned into events yet
        qint64 start = 0; // offset of its first byte
        qint64 end() const { return start + bytes.size(); }
    };
    struct Span {
        posix::Position begin;
        AgentStream stream;
        qint64 end; // offset behind its last byte
    };
    struct Live {
        Run run;
        const Adapter *adapter = nullptr;
        std::unique_ptr<posix::SpoolReader> reader;
        Stream output, error;
        std::deque<Span> spans; // frames with bytes that are still needed
        qint64 sequence = 0;
        qint64 inputsSent = 0;
        bool welcomed = false;
        bool ended = false;
        bool scheduled = false;
    };

    void onWelcomed(RunId run, const posix::Welcome &welcome);
    void setStarted(RunId run, const posix::RunIdentity &identity);
    void onLost(RunId run, const QString &reason);
    void schedule(RunId run);
    void ingest(RunId run);
    void rewind(Live &live); // to what is committed
    Result<bool> read(Live &live);
    Result<> take(Live &live, const posix::Frame &frame);
    Result<> parse(Live &live, AgentStream which, bool last);
    Result<> finish(Live &live, const std::optional<posix::RunExit> &end);
    posix::Position needed(const Live &live) const;
    void buryDead(RunId run);

    state::Stores &m_stores;
    Brake &m_brake;
    Workers &m_workers;
    RunListener *m_listener = nullptr;
    std::map<RunId, Live> m_live;
    bool m_ingesting = true;
};

} // namespace hub::agents
