#include "core/agents/brake.h"

#include "core/base/log.h"

#include <QFile>
#include <QTimer>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

// A shim freezes in milliseconds; one that has not answered by then is stuck, and that has to be said.
constexpr std::chrono::seconds answerLimit{1};

// A shim that froze its agent because its spool was full thaws it once that was read.
constexpr std::chrono::seconds byItselfLimit{5};

// A shim that could not start its agent, for want of room or of processes, is asked again.
constexpr std::chrono::seconds startAgain{1};

// How long an agent may run on to give back git's locks, when a hold is not an emergency.
constexpr quint32 lockGraceMillis = 300;

// Longest time that a checkpoint may hold an agent still; the shim ends it then, or when the hub is gone.
constexpr quint32 scanLeaseMillis = 20000;

posix::FreezeWish wishFor(Hold reason, quint64 epoch)
{
    const bool urgent = reason == Hold::SafeMode || reason == Hold::FullDisk;
    return {.epoch = epoch,
            .leaseMillis = reason == Hold::Scan ? scanLeaseMillis : 0,
            .graceMillis = urgent ? 0 : lockGraceMillis};
}

} // namespace

RunPlace RunPlace::of(const Run &run)
{
    return {run.id,
            run.task,
            run.agent,
            QFile::encodeName(run.folder),
            {pid_t(run.shim.pid), uint64_t(run.shim.startTicks)}};
}

bool StopReport::complete() const
{
    return std::all_of(runs.begin(), runs.end(), [](const FrozenRun &run) { return run.frozen; });
}

Brake::Brake(QObject *parent)
    : QObject(parent)
    // Shims remember epochs across restarts of the hub, so a new hub's have to be higher than any before.
    , m_epoch(quint64(std::chrono::system_clock::now().time_since_epoch().count()))
{
}

bool Brake::covers(const Scope &scope, const RunPlace &place)
{
    return (!scope.agent || *scope.agent == place.agent) && (!scope.task || *scope.task == place.task) &&
           (!scope.run || *scope.run == place.run);
}

QFuture<Result<StopReport>> Brake::hold(const Scope &scope, Hold reason)
{
    auto promise = std::make_shared<QPromise<Result<StopReport>>>();
    promise->start();
    auto future = promise->future();
    act([this, scope, reason, promise] { holdNow(scope, reason, promise); });
    return future;
}

void Brake::holdNow(const Scope &scope, Hold reason, std::shared_ptr<QPromise<Result<StopReport>>> promise)
{
    const bool lasting = reason != Hold::Scan && reason != Hold::Rollback;
    if (lasting) {
        ++m_epoch;
        m_unrecorded.emplace_back(scope, reason);
    }
    const quint64 number = m_nextStop++;
    PendingStop stop{.promise = std::move(promise)};
    for (auto &[id, run] : m_runs) {
        if (!covers(scope, run.place) || run.exited)
            continue;
        run.holds |= reason;
        FrozenRun result{.run = id, .task = run.place.task, .agent = run.place.agent, .frozen = true};
        if (run.welcomed && !run.waiting && run.frozen) {
            result.method = QString::fromStdString(std::string(posix::freezeMethodText(run.lastFreeze.method)));
            result.processes = int(run.lastFreeze.processes);
            // A freeze that lasted only as long as the hub has to become one that lasts.
            if (run.holds == Holds(reason) || lasting)
                run.link->freeze({.epoch = m_epoch});
            stop.report.runs << result;
        } else if (run.welcomed && run.waiting) {
            run.link->freeze({.epoch = m_epoch}); // nothing runs yet; a go that is under way is refused
            stop.report.runs << result;
        } else {
            // Sent after the welcome when the shim has not answered yet.
            run.link->freeze(wishFor(reason, m_epoch));
            stop.open << id;
        }
    }
    const bool settled = stop.open.isEmpty();
    m_stops.emplace(number, std::move(stop));
    if (settled)
        finishStop(number);
    else
        QTimer::singleShot(answerLimit, this, [this, number] { finishStop(number); });
}

void Brake::settle(RunId id, const FrozenRun &result)
{
    std::vector<quint64> settled;
    for (auto &[number, stop] : m_stops) {
        if (!stop.open.removeOne(id))
            continue;
        stop.report.runs << result;
        if (stop.open.isEmpty())
            settled.push_back(number);
    }
    for (quint64 number : settled)
        finishStop(number);
}

void Brake::finishStop(quint64 number)
{
    const auto found = m_stops.find(number);
    if (found == m_stops.end())
        return;
    PendingStop stop = std::move(found->second);
    m_stops.erase(found);
    for (RunId id : stop.open) {
        if (const auto run = m_runs.find(id); run != m_runs.end())
            stop.report.runs << FrozenRun{.run = id, .task = run->second.place.task, .agent = run->second.place.agent};
    }
    stop.promise->addResult(std::move(stop.report));
    stop.promise->finish();
}

void Brake::release(const Scope &scope, Hold reason)
{
    act([this, scope, reason] {
        if (reason != Hold::Scan && reason != Hold::Rollback) {
            ++m_epoch; // what was decided before this may hold a run for a reason that is gone
            std::erase(m_unrecorded, std::pair(scope, reason));
        }
        for (auto &[id, run] : m_runs) {
            if (!covers(scope, run.place) || !run.holds.testFlag(reason))
                continue;
            run.holds.setFlag(reason, false);
            if (run.holds || run.exited)
                continue;
            if (run.waiting)
                startIfFree(run);
            else
                run.link->thaw();
        }
    });
}

void Brake::recorded(const Scope &scope, Hold reason)
{
    act([this, scope, reason] {
        if (std::erase(m_unrecorded, std::pair(scope, reason)) > 0)
            ++m_epoch; // what was read from the database before the record was there is no longer good
    });
}

void Brake::watch(const RunPlace &place, Holds holds, quint64 epoch)
{
    act([this, place, holds, epoch] {
        Watched &run = m_runs.try_emplace(place.run, Watched{.place = place, .shim = place.shim}).first->second;
        // A decision that a stop or release has overtaken counts for nothing; there will be a newer one. A hold that is
        // here already is only ever ended by release().
        const bool fresh = epoch == m_epoch;
        if (fresh)
            run.holds |= holds;
        for (const auto &[scope, reason] : m_unrecorded) {
            if (covers(scope, place))
                run.holds |= reason;
        }
        run.epoch = epoch;
        if (!run.link) {
            run.link = std::make_unique<ShimLink>();
            connectLink(run);
            if (auto opened = run.link->open(place.folder); !opened) {
                const QString why = opened.error().message;
                m_runs.erase(place.run);
                Q_EMIT lost(place.run, why);
            }
            return;
        }
        if (!fresh)
            Q_EMIT holdsOutdated(place.run);
        else if (run.welcomed && run.waiting)
            startIfFree(run);
        else if (run.welcomed && run.holds && !run.frozen)
            run.link->freeze({.epoch = m_epoch});
        else if (run.welcomed && !run.holds && run.frozen)
            keepFrozen(run);
    });
}

void Brake::startIfFree(Watched &run)
{
    if (run.epoch != m_epoch)
        Q_EMIT holdsOutdated(run.place.run);
    else if (!run.holds)
        run.link->go(m_epoch);
}

// Found frozen and nothing on record says why: it stays so until a person decides, and is told of.
void Brake::keepFrozen(Watched &run)
{
    run.holds |= Hold::Unrecorded;
    QTimer::singleShot(byItselfLimit, this, [this, id = run.place.run] {
        const auto found = m_runs.find(id);
        if (found == m_runs.end() || !found->second.holds.testFlag(Hold::Unrecorded) || found->second.told)
            return;
        found->second.told = true;
        Q_EMIT foundFrozen(id);
    });
}

void Brake::connectLink(Watched &watched)
{
    const RunId id = watched.place.run;
    ShimLink *link = watched.link.get();
    // Each handler finds the run anew: it may have been forgotten while the signal was under way.
    const auto on = [this, id](auto handle) {
        return [this, id, handle](const auto &...values) {
            if (const auto found = m_runs.find(id); found != m_runs.end())
                handle(found->second, values...);
        };
    };
    connect(link, &ShimLink::welcomed, this, on([this, id](Watched &run, const posix::Welcome &welcome) {
                run.welcomed = true;
                run.waiting = welcome.state == posix::ShimState::Waiting;
                run.exited = welcome.state == posix::ShimState::Exited;
                run.frozen = welcome.frozen;
                run.shim = welcome.identity.shim;
                if (run.frozen && !run.holds && run.epoch == m_epoch)
                    keepFrozen(run);
                Q_EMIT welcomed(id, welcome);
                if (run.exited)
                    return;
                if (run.waiting)
                    startIfFree(run);
                else if (run.epoch != m_epoch)
                    Q_EMIT holdsOutdated(id);
                else if (run.holds && run.holds != Holds(Hold::Unrecorded))
                    run.link->freeze({.epoch = m_epoch}); // a frozen one too: what froze it may end by itself
            }));
    connect(link, &ShimLink::started, this, on([this, id](Watched &run, const posix::RunIdentity &identity) {
                run.waiting = false;
                Q_EMIT started(id, identity);
            }));
    connect(link, &ShimLink::startRefused, this, on([this](Watched &run, quint64) {
                // A stop overtook the start; it is decided again under the newest epoch.
                Q_EMIT holdsOutdated(run.place.run);
            }));
    connect(link, &ShimLink::startFailed, this, on([this, id](Watched &run, const posix::RunExit &problem) {
                if (problem.value == ENOSPC || problem.value == EDQUOT)
                    Q_EMIT spoolFailed(id);
                if (!run.waiting) // it ran, as a program that can't be executed; the end comes as of any other
                    return;
                QTimer::singleShot(startAgain, this, [this, id] {
                    const auto found = m_runs.find(id);
                    if (found != m_runs.end() && found->second.waiting && !found->second.exited)
                        startIfFree(found->second);
                });
            }));
    connect(link, &ShimLink::outputAvailable, this,
            on([this, id](Watched &, const posix::Position &) { Q_EMIT outputAvailable(id); }));
    connect(link, &ShimLink::froze, this, on([this, id](Watched &run, const posix::FreezeNews &news) {
                run.frozen = news.report.success;
                run.lastFreeze = news.report;
                settle(id, {.run = id,
                            .task = run.place.task,
                            .agent = run.place.agent,
                            .frozen = news.report.success,
                            .method = QString::fromStdString(std::string(posix::freezeMethodText(news.report.method))),
                            .processes = int(news.report.processes),
                            .micros = int(news.report.micros)});
            }));
    connect(link, &ShimLink::thawed, this, on([this, id](Watched &run, const posix::FreezeNews &) {
                run.frozen = false;
                run.holds.setFlag(Hold::Unrecorded, false);
                if (std::exchange(run.told, false))
                    Q_EMIT frozenNoMore(id);
            }));
    connect(link, &ShimLink::exited, this,
            on([this, id](Watched &run, const posix::RunExit &, const posix::Position &) {
                run.exited = true;
                run.waiting = false;
                if (std::exchange(run.told, false))
                    Q_EMIT frozenNoMore(id);
                settle(id, {.run = id, .task = run.place.task, .agent = run.place.agent, .frozen = true});
                Q_EMIT outputAvailable(id);
            }));
    connect(link, &ShimLink::statusChanged, this, on([this, id](Watched &, const posix::StatusNews &news) {
                const auto last = qint64(news.lastInput);
                if (news.kind == posix::StatusKind::InputReady || news.kind == posix::StatusKind::SpoolWorks)
                    Q_EMIT inputRefused(id, last);
                if (news.kind == posix::StatusKind::SpoolFailed)
                    Q_EMIT spoolFailed(id);
            }));
    connect(link, &ShimLink::lost, this, [this, id](const QString &reason) {
        const auto found = m_runs.find(id);
        if (found == m_runs.end())
            return;
        settle(id, {.run = id, .task = found->second.place.task, .agent = found->second.place.agent, .frozen = true});
        found->second.link.release()->deleteLater(); // it is the sender
        m_runs.erase(found);
        Q_EMIT lost(id, reason);
    });
}

void Brake::forget(RunId run)
{
    act([this, run] { m_runs.erase(run); });
}

void Brake::sendInput(RunId id, qint64 number, const std::optional<QByteArray> &bytes)
{
    act([this, id, number, bytes] {
        const auto found = m_runs.find(id);
        if (found == m_runs.end() || found->second.exited)
            return;
        if (bytes)
            found->second.link->sendInput(quint64(number), *bytes);
        else
            found->second.link->closeInput(quint64(number));
    });
}

void Brake::acknowledge(RunId id, const posix::Position &position)
{
    act([this, id, position] {
        if (const auto found = m_runs.find(id); found != m_runs.end())
            found->second.link->acknowledge(position);
    });
}

void Brake::end(RunId id, std::chrono::milliseconds grace)
{
    act([this, id, grace] {
        if (const auto found = m_runs.find(id); found != m_runs.end() && !found->second.exited)
            found->second.link->end(quint32(grace.count()));
    });
}

std::optional<RunId> Brake::runOfShim(const posix::ProcessId &process) const
{
    for (const auto &[id, run] : m_runs) {
        if (run.shim == process)
            return id;
    }
    return std::nullopt;
}

} // namespace hub::agents
