#include "core/agents/runkeeper.h"

#include "core/agents/remains.h"
#include "core/base/durablefile.h"
#include "core/base/log.h"
#include "core/base/workers.h"

#include <QFile>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace hub::agents
{

namespace
{

// As much of a spool is taken in one transaction, so that a loud agent does not keep the others waiting.
constexpr qint64 bytesPerCommit = 1024 * 1024;

// What the database knows of the run's processes; nothing before its agent was started.
std::optional<posix::RunIdentity> identityOf(const Run &run)
{
    if (run.agentProcess.pid == 0)
        return std::nullopt;
    posix::RunIdentity identity;
    identity.agent = {pid_t(run.agentProcess.pid), uint64_t(run.agentProcess.startTicks)};
    identity.shim = {pid_t(run.shim.pid), uint64_t(run.shim.startTicks)};
    identity.bootId = run.boot.toStdString();
    for (auto method : {posix::FreezeMethod::Walk, posix::FreezeMethod::Cgroup1, posix::FreezeMethod::Cgroup2}) {
        if (run.freezeMethod == QLatin1StringView(posix::freezeMethodText(method).data(),
                                                  qsizetype(posix::freezeMethodText(method).size())))
            identity.method = method;
    }
    identity.group = run.group.toStdString();
    const QByteArray mark = RunKeeper::markOf(run);
    identity.mark = mark.toStdString();
    return identity;
}

QString textOf(const posix::Frame &frame)
{
    return QString::fromUtf8(frame.bytes.data(), qsizetype(frame.bytes.size()));
}

} // namespace

RunKeeper::RunKeeper(state::Stores &stores, Brake &brake, Workers &workers)
    : m_stores(stores)
    , m_brake(brake)
    , m_workers(workers)
{
    connect(&brake, &Brake::welcomed, this, &RunKeeper::onWelcomed);
    connect(&brake, &Brake::lost, this, &RunKeeper::onLost);
    connect(&brake, &Brake::started, this, &RunKeeper::setStarted);
    connect(&brake, &Brake::outputAvailable, this, &RunKeeper::schedule);
    connect(&brake, &Brake::inputRefused, this, [this](RunId run, qint64 lastInput) {
        if (const auto found = m_live.find(run); found != m_live.end()) {
            found->second.inputsSent = lastInput;
            sendInputs(run);
        }
    });
}

QByteArray RunKeeper::markOf(const Run &run) { return QFile::encodeName(run.folder.section(u'/', -1)); }

void RunKeeper::keep(const Run &run, Holds holds, quint64 epoch)
{
    const auto adapter = adapterOfRun(run.adapter);
    if (!adapter) {
        qCCritical(lcAgents).noquote() << "run" << run.id.toString() << "can't be read:" << adapter.error().message;
        return;
    }
    Live &live = m_live.try_emplace(run.id, Live{.run = run, .adapter = *adapter}).first->second;
    rewind(live);
    m_brake.watch(RunPlace::of(run), holds, epoch);
}

void RunKeeper::rewind(Live &live)
{
    if (auto stored = m_stores.runs.get(live.run.id))
        live.run = *stored;
    const IngestPosition &at = live.run.position;
    const QByteArray folder = QFile::encodeName(live.run.folder), mark = markOf(live.run);
    live.reader = std::make_unique<posix::SpoolReader>(folder.toStdString(),
                                                       std::string_view(mark.constData(), size_t(mark.size())),
                                                       posix::Position{quint64(at.segment), quint64(at.offset)});
    live.output = {{}, at.outDone};
    live.error = {{}, at.errDone};
    live.spans.clear();
    live.sequence = at.sequence;
    live.ended = live.run.state == RunState::Ended || live.run.state == RunState::Interrupted;
}

void RunKeeper::onWelcomed(RunId id, const posix::Welcome &welcome)
{
    const auto found = m_live.find(id);
    if (found == m_live.end())
        return;
    Live &live = found->second;
    live.welcomed = true;
    live.inputsSent = qint64(welcome.lastInput);
    if (welcome.identity.agent.pid != 0) {
        setStarted(id, welcome.identity);
    }
    sendInputs(id);
    schedule(id);
}

void RunKeeper::setStarted(RunId id, const posix::RunIdentity &identity)
{
    const auto found = m_live.find(id);
    if (found == m_live.end())
        return;
    Run &run = found->second.run;
    run.shim = {identity.shim.pid, qint64(identity.shim.startTicks)};
    run.agentProcess = {identity.agent.pid, qint64(identity.agent.startTicks)};
    run.boot = QString::fromStdString(identity.bootId);
    run.freezeMethod = QString::fromStdString(std::string(posix::freezeMethodText(identity.method)));
    run.group = QString::fromStdString(identity.group);
    m_stores.commits.submitOrLog(u"recording the start of run %1"_s.arg(id.toString()),
                                 [this, id, run] { return m_stores.runs.setStarted(id, run); });
}

void RunKeeper::sendInputs(RunId id)
{
    const auto found = m_live.find(id);
    if (found == m_live.end() || !found->second.welcomed || found->second.ended)
        return;
    const auto inputs = m_stores.runs.inputsAfter(id, found->second.inputsSent);
    if (!inputs) {
        qCWarning(lcAgents).noquote() << inputs.error().message;
        return;
    }
    for (const RunInput &input : *inputs) {
        m_brake.sendInput(id, input.number, input.bytes);
        found->second.inputsSent = input.number;
    }
}

void RunKeeper::setIngesting(bool ingesting)
{
    m_ingesting = ingesting;
    for (const auto &[id, live] : m_live)
        schedule(id);
}

void RunKeeper::schedule(RunId id)
{
    const auto found = m_live.find(id);
    if (!m_ingesting || found == m_live.end() || std::exchange(found->second.scheduled, true))
        return;
    QMetaObject::invokeMethod(
        this, [this, id] { ingest(id); }, Qt::QueuedConnection);
}

void RunKeeper::ingest(RunId id)
{
    const auto found = m_live.find(id);
    if (found == m_live.end())
        return;
    found->second.scheduled = false;
    whenDone(m_stores.commits.submit([this, id] { return drain(id); }), this, [this, id](const Result<bool> &complete) {
        const auto live = m_live.find(id);
        if (live == m_live.end())
            return;
        if (!complete) {
            // Nothing of it was kept: read it again from the committed position, a little later.
            qCWarning(lcAgents).noquote()
                << "run" << id.toString() << "output not stored yet:" << complete.error().message;
            rewind(live->second);
            QTimer::singleShot(std::chrono::seconds{1}, this, [this, id] { schedule(id); });
            return;
        }
        if (!*complete)
            schedule(id);
    });
}

Result<bool> RunKeeper::drain(RunId id)
{
    const auto found = m_live.find(id);
    if (found == m_live.end())
        return true;
    Live &live = found->second;
    if (live.ended)
        return true;
    const qint64 before = live.sequence;
    HUB_TRY(const bool complete, read(live));
    if (live.sequence != before) {
        const posix::Position oldest = needed(live);
        live.run.position = {qint64(oldest.segment), qint64(oldest.offset), live.sequence, live.output.start,
                             live.error.start};
        HUB_CHECK(m_stores.runs.setPosition(id, live.run.position));
    }
    m_stores.commits.afterCommit([this, id, position = live.ended ? live.reader->position() : needed(live)] {
        m_brake.acknowledge(id, position);
        sendInputs(id);
    });
    return complete;
}

posix::Position RunKeeper::needed(const Live &live) const
{
    return live.spans.empty() ? live.reader->position() : live.spans.front().begin;
}

Result<bool> RunKeeper::read(Live &live)
{
    qint64 taken = 0;
    posix::Frame frame;
    const auto parseBoth = [&](bool last) -> Result<> {
        HUB_CHECK(parse(live, AgentStream::Output, last));
        return parse(live, AgentStream::Error, last);
    };
    while (taken < bytesPerCommit) {
        switch (live.reader->next(frame)) {
        case posix::ReadStatus::Frame:
            taken += qint64(frame.bytes.size()) + 64;
            if (frame.stream == posix::Stream::Exit) {
                HUB_CHECK(parseBoth(true));
                live.sequence = qint64(frame.sequence);
                HUB_CHECK(finish(live, posix::decodeExit(frame.bytes)));
                return true;
            }
            HUB_CHECK(take(live, frame));
            break;
        case posix::ReadStatus::End: HUB_CHECK(parseBoth(false)); return true;
        case posix::ReadStatus::Failed: return fail(ErrorCode::Storage, QString::fromStdString(live.reader->error()));
        case posix::ReadStatus::Corrupt:
            HUB_CHECK(m_listener->onSaid(
                live.run, {u"note"_s, u"A part of the agent's output was damaged on disk and is lost: "_s +
                                          QString::fromStdString(live.reader->error())}));
            live.reader->skip();
        }
    }
    HUB_CHECK(parseBoth(false));
    return false;
}

Result<> RunKeeper::take(Live &live, const posix::Frame &frame)
{
    const bool output = frame.stream == posix::Stream::Output;
    if (output || frame.stream == posix::Stream::Error) {
        Stream &stream = output ? live.output : live.error;
        const qint64 begin = qint64(frame.place), end = begin + qint64(frame.bytes.size());
        if (end > stream.end()) {
            if (begin > stream.end()) { // bytes between were lost; what is there can't be a whole message any more
                stream.bytes.clear();
                stream.start = begin;
            }
            const qint64 known = stream.end() - begin;
            stream.bytes.append(frame.bytes.data() + known, end - begin - known);
            live.spans.push_back({frame.begin, output ? AgentStream::Output : AgentStream::Error, end});
        }
    } else if (frame.stream == posix::Stream::Note && qint64(frame.sequence) > live.sequence) {
        HUB_CHECK(m_listener->onSaid(live.run, {u"note"_s, textOf(frame)}));
    }
    live.sequence = std::max(live.sequence, qint64(frame.sequence));
    return {};
}

Result<> RunKeeper::parse(Live &live, AgentStream which, bool last)
{
    Stream &stream = which == AgentStream::Output ? live.output : live.error;
    if (stream.bytes.isEmpty())
        return {};
    const Parsed parsed = live.adapter->parse(which, stream.bytes, last);
    stream.bytes.remove(0, parsed.done);
    stream.start += parsed.done;
    if (stream.bytes.isEmpty())
        stream.bytes = {}; // gives a burst's memory back
    while (!live.spans.empty()) {
        const Span &span = live.spans.front();
        if (span.end > (span.stream == AgentStream::Output ? live.output : live.error).start)
            break;
        live.spans.pop_front();
    }
    for (const AgentEvent &event : parsed.events) {
        HUB_CHECK(std::visit(
            [&](const auto &e) -> Result<> {
                using E = std::decay_t<decltype(e)>;
                if constexpr (std::is_same_v<E, Said>)
                    return m_listener->onSaid(live.run, e);
                else if constexpr (std::is_same_v<E, Asked>)
                    return m_listener->onAsked(live.run, e);
                else if constexpr (std::is_same_v<E, Answered>)
                    return m_listener->onAnswered(live.run, e);
                else
                    return m_listener->onBroken(live.run, e);
            },
            event));
    }
    return {};
}

Result<> RunKeeper::finish(Live &live, const std::optional<posix::RunExit> &end)
{
    live.ended = true;
    HUB_TRY(live.run, m_stores.runs.get(live.run.id)); // as the listener's own changes left it
    return m_listener->onEnded(live.run, end);
}

void RunKeeper::onLost(RunId id, const QString &reason)
{
    const auto found = m_live.find(id);
    if (found == m_live.end())
        return;
    found->second.welcomed = false;
    if (found->second.ended) {
        // Dismissed: its spool is stored, so nothing of the folder is needed any more.
        const QByteArray folder = QFile::encodeName(found->second.run.folder);
        m_live.erase(found);
        m_workers.run(u"runs"_s, [folder] { return removeTree(folder); });
        Q_EMIT gone(id);
        return;
    }
    qCWarning(lcAgents).noquote() << "run" << id.toString() << "lost its shim:" << reason;
    buryDead(id);
}

// The shim is gone without an exit frame, or only the connection broke. The rest of a dead one's tree is ended before
// anything else may use its files; what it had spooled is stored first.
void RunKeeper::buryDead(RunId id)
{
    const Run run = m_live.at(id).run;
    const QByteArray folder = QFile::encodeName(run.folder), mark = markOf(run);
    auto ended =
        m_workers.run(u"remains"_s + run.id.toString(), [folder, mark, known = identityOf(run)]() -> Result<ShimLife> {
            HUB_TRY(const ShimLife life, shimLife(folder));
            if (life == ShimLife::Dead) {
                const auto spooled = identityInSpool(folder, mark);
                HUB_CHECK(endRemains(folder, mark, spooled ? spooled : known));
            }
            return life;
        });
    whenDone(std::move(ended), this, [this, id](const Result<ShimLife> &life) {
        const auto found = m_live.find(id);
        if (found == m_live.end())
            return;
        if (!life || *life == ShimLife::Doubtful) {
            if (!life && life.error().code == ErrorCode::ShuttingDown)
                return;
            qCWarning(lcAgents).noquote()
                << "run" << id.toString()
                << "can't be settled yet:" << (life ? u"its lock is held by another process"_s : life.error().message);
            QTimer::singleShot(std::chrono::seconds{5}, this, [this, id] {
                if (m_live.contains(id))
                    buryDead(id);
            });
            return;
        }
        if (*life == ShimLife::Alive) { // only the connection broke
            m_brake.watch(RunPlace::of(found->second.run), {}, 0);
            return;
        }
        whenDone(m_stores.commits.submit([this, id]() -> Result<bool> {
            Live &dead = m_live.at(id);
            while (!dead.ended) {
                HUB_TRY(const bool complete, read(dead));
                if (complete)
                    break;
            }
            if (!dead.ended) {
                HUB_CHECK(parse(dead, AgentStream::Output, true));
                HUB_CHECK(parse(dead, AgentStream::Error, true));
                HUB_CHECK(finish(dead, std::nullopt));
            }
            return true;
        }),
                 this, [this, id](const Result<bool> &stored) {
                     const auto live = m_live.find(id);
                     if (live == m_live.end())
                         return;
                     if (stored)
                         return onLost(id, {});
                     rewind(live->second);
                     QTimer::singleShot(std::chrono::seconds{1}, this, [this, id] {
                         if (m_live.contains(id))
                             buryDead(id);
                     });
                 });
    });
}

} // namespace hub::agents
