#include "core/recovery/refwatcher.h"

#include "core/base/account.h"
#include "core/base/log.h"
#include "core/git/workingtree.h"

#include <algorithm>
#include <thread>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

QString shown(const QByteArray &text) { return QFile::decodeName(text); }

git::RefValues valuesOf(const QMap<QString, QString> &stored)
{
    git::RefValues values;
    for (auto it = stored.begin(); it != stored.end(); ++it)
        values[QFile::encodeName(it.key())] = QFile::encodeName(it.value());
    return values;
}

bool isBranch(const QByteArray &ref) { return ref.startsWith("refs/"); }

} // namespace

RefWatcher::RefWatcher(state::Stores &stores, Workers &workers, Vaults &vaults, monitor::AlertCenter &alerts,
                       const DataFolder &data)
    : m_stores(stores)
    , m_workers(workers)
    , m_moved(stores, vaults, alerts, data)
{
    m_timer.setInterval(closely);
    connect(&m_timer, &QTimer::timeout, this, &RefWatcher::lookClosely);
    connect(&m_notifier, &git::RefNotifier::changed, this, [this](const QString &name) {
        if (const auto project = ProjectName::parse(name))
            lookSoon(*project);
    });
}

RefWatcher::~RefWatcher() { stop(); }

void RefWatcher::begin()
{
    const auto projects = m_stores.projects.all();
    if (!projects) {
        qCWarning(lcRecovery).noquote() << "no branches are watched:" << projects.error().message;
        return;
    }
    for (const auto &project : *projects) {
        if (state::mayTouch(project) && !project.missing) {
            watch(project);
            watchClosely(project.name); // until the first look says that none of its agents lives
        }
    }
}

void RefWatcher::watch(const state::Project &project)
{
    if (!state::mayTouch(project) || project.missing)
        return forget(project.name);
    Watched &watched = m_watched[project.name];
    if (std::exchange(watched.gone, false))
        watched.eye.reset();
    if (!watched.eye || watched.eye->path != project.path)
        watched.eye = std::shared_ptr<Eye>(new Eye{.project = project.name, .path = project.path});
    lookSoon(project.name);
}

void RefWatcher::forget(const ProjectName &project)
{
    const auto watched = m_watched.find(project);
    if (watched == m_watched.end())
        return;
    watched->second.gone = true;
    watched->second.closely = false;
    for (const auto &promise : std::exchange(watched->second.waiting, {})) {
        promise->addResult(Watch());
        promise->finish();
    }
    m_notifier.forget(project.toString());
}

void RefWatcher::watchClosely(const ProjectName &project)
{
    const auto watched = m_watched.find(project);
    if (watched == m_watched.end() || watched->second.gone)
        return;
    watched->second.closely = true;
    if (!m_timer.isActive())
        m_timer.start();
}

void RefWatcher::lookClosely()
{
    bool any = false;
    for (const auto &[project, watched] : m_watched) {
        any = any || watched.closely;
        if (watched.closely)
            lookSoon(project);
    }
    if (!any)
        m_timer.stop();
}

QFuture<Result<RefWatcher::Watch>> RefWatcher::look(const ProjectName &project)
{
    const auto watched = m_watched.find(project);
    if (watched == m_watched.end() || watched->second.gone)
        return readyFuture<Watch>(Watch());
    auto promise = std::make_shared<QPromise<Result<Watch>>>();
    promise->start();
    watched->second.waiting.push_back(promise);
    lookSoon(project);
    return promise->future();
}

void RefWatcher::lookSoon(const ProjectName &project)
{
    Watched &watched = m_watched[project];
    if (watched.gone)
        return;
    if (watched.looking) {
        watched.again = true;
        return;
    }
    watched.looking = true;
    watched.again = false;
    auto waiting = std::exchange(watched.waiting, {});
    const Instant begun = m_stores.clock.now();
    auto looked = m_lookers.run(project.toString(), [this, eye = watched.eye]() -> Result<Watch> {
        auto seen = lookJob(*eye);
        if (const auto left = std::exchange(eye->interrupted, {}))
            finishLater(eye, *left);
        if (QList<RefChange> outside = std::exchange(eye->outside, {}); !outside.isEmpty())
            settle(eye, outside);
        return seen;
    });
    whenDone(std::move(looked), this, [this, project, begun, waiting = std::move(waiting)](const Result<Watch> &seen) {
        onLooked(project, begun, seen);
        for (const auto &promise : waiting) {
            promise->addResult(seen);
            promise->finish();
        }
    });
}

void RefWatcher::onLooked(const ProjectName &project, Instant begun, const Result<Watch> &looked)
{
    Watched &watched = m_watched[project];
    watched.looking = false;
    if (!looked) {
        if (looked.error().code != ErrorCode::ShuttingDown)
            qCDebug(lcRecovery).noquote()
                << "the branches of" << project.toString() << "could not be looked at:" << looked.error().message;
    } else if (looked->settled) {
        noteCheck(project, begun);
    }
    if (watched.again && !watched.gone)
        lookSoon(project);
}

// With all accounted for: when no agent lives any more, none that ran until now can be the one who moves something.
void RefWatcher::noteCheck(const ProjectName &project, Instant begun)
{
    Watched &watched = m_watched[project];
    if (!watched.closely)
        return;
    m_stores.commits.submitOrLog(
        u"that the branches of %1 were looked at"_s.arg(project.toString()),
        [this, project, begun, &watched]() -> Result<> {
            HUB_TRY(const auto since, m_stores.refs.checkedAt(project));
            HUB_TRY(const auto runs, m_stores.runs.ofProjectSince(project, since.value_or(Instant{})));
            for (const Run &run : runs) {
                if (run.state == RunState::Starting || run.state == RunState::Running ||
                    run.endedAt.value_or(begun) >= begun)
                    return {};
            }
            watched.closely = false;
            return since && runs.isEmpty() ? Result<>() : m_stores.refs.setChecked(project, begun);
        });
}

Result<> RefWatcher::findRefs(Eye &eye)
{
    if (!eye.place) {
        HUB_TRY(eye.place, git::locateTree(QFile::encodeName(eye.path)));
    }
    if (const auto guarded = git::guardedRefs(eye.place->commonDir)) {
        eye.refs = *guarded;
        eye.guardGone = false;
        return {};
    }
    // The guard's file is gone, by another hand than the hub's: what was watched goes on being watched.
    HUB_TRY(const auto known, m_stores.commits.ask([&] { return m_stores.refs.known(eye.project); }));
    eye.guardGone = true;
    eye.refs.clear();
    for (auto it = known.begin(); it != known.end(); ++it) {
        if (isBranch(QFile::encodeName(it.key())))
            eye.refs << QFile::encodeName(it.key());
    }
    return {};
}

// On a queue of its own.
Result<RefWatcher::Watch> RefWatcher::lookJob(Eye &eye)
{
    HUB_CHECK(findRefs(eye));
    const QByteArray &commonDir = eye.place->commonDir;
    const Instant begun = m_stores.clock.now();
    if (eye.refs.isEmpty()) {
        m_notifier.forget(eye.project.toString());
        eye.state = {};
        eye.stamp.clear();
        return eye.state;
    }
    const QByteArray stamp = git::watchStamp(commonDir, eye.refs);
    eye.telling.removeIf([](const Telling &telling) { return telling.done->load(); });
    if (!stamp.isEmpty() && stamp == eye.stamp && !eye.unfinished) {
        eye.state.lookedAt = begun;
        return eye.state;
    }
    eye.state.heard = m_notifier.watch(eye.project.toString(), commonDir, eye.refs);
    const auto headLog = git::headLogAtRest(commonDir);
    auto now = git::readWatched(commonDir, eye.refs);
    eye.state.watched = now.has_value();
    if (!now) // damaged; whoever repairs it says so, and then it is looked at anew
        return eye.state;
    HUB_TRY(const auto positions, m_stores.commits.ask([&] { return m_stores.refs.movesRead(eye.project); }));
    HUB_TRY(const auto read, git::readMoves(commonDir, positions));
    QMap<uint, QString> names;
    for (const auto &move : read.moves) {
        if (!names.contains(move.uid))
            names[move.uid] = accountName(move.uid);
    }
    HUB_TRY(eye.outside, m_stores.commits.ask([&] { return account(eye, *now, read, names); }));
    eye.state.settled = eye.outside.isEmpty() && eye.telling.isEmpty();
    eye.headLog = headLog.value_or(eye.headLog);
    eye.stamp = eye.outside.isEmpty() ? stamp : QByteArray();
    eye.state.lookedAt = begun;
    return eye.state;
}

// On the queue of the looks, so that a branch is put back whatever the project's worker is busy with.
void RefWatcher::settle(const std::shared_ptr<Eye> &eye, QList<RefChange> changes)
{
    changes.removeIf([&](const RefChange &change) {
        return std::any_of(eye->telling.begin(), eye->telling.end(),
                           [&](const Telling &telling) { return telling.change == change; });
    });
    if (changes.isEmpty())
        return;
    // A file that is being written by hand may be half there.
    constexpr std::chrono::milliseconds settled{50};
    std::this_thread::sleep_for(settled);
    const auto now = git::readWatched(eye->place->commonDir, eye->refs);
    for (const RefChange &change : changes) {
        const auto value = now ? now->find(change.ref) : git::RefValues::const_iterator();
        if (!now || value == now->end() || value->second != change.after)
            continue;
        auto outcome = m_moved.settle(eye->project, *eye->place, change);
        if (outcome && *outcome)
            concludeLater(eye, **outcome);
        else if (!outcome)
            complain(eye->project, outcome.error());
    }
    QMetaObject::invokeMethod(this, [this, project = eye->project] { lookSoon(project); });
}

// Told by the project's worker, since the vault is its. Until then a value that stays is not judged again.
void RefWatcher::concludeLater(const std::shared_ptr<Eye> &eye, const MovedRefs::Outcome &outcome)
{
    auto done = std::make_shared<std::atomic<bool>>(false);
    if (!outcome.undone)
        eye->telling << Telling{outcome.change, done};
    auto told = m_workers.run(eye->project.toString(), [this, eye, outcome, place = *eye->place] {
        return m_moved.conclude(eye->project, place, outcome);
    });
    whenDone(std::move(told), this, [this, eye, done](const Result<> &concluded) {
        done->store(true);
        if (concluded)
            return lookSoon(eye->project);
        eye->unfinished = true;
        complain(eye->project, concluded.error());
    });
}

// Of a hub before this one, or what could not be told the last time.
void RefWatcher::finishLater(const std::shared_ptr<Eye> &eye, const QList<MovedRefs::Outcome> &outcomes)
{
    auto finished = m_workers.run(eye->project.toString(), [this, eye, outcomes, place = *eye->place]() -> Result<> {
        for (const auto &outcome : outcomes)
            HUB_CHECK(m_moved.conclude(eye->project, place, outcome));
        return m_moved.archiveHeld(eye->project, place);
    });
    whenDone(std::move(finished), this, [this, eye](const Result<> &done) {
        if (done)
            return;
        eye->unfinished = true;
        complain(eye->project, done.error());
    });
}

// Any thread. It is tried again at the next look.
void RefWatcher::complain(const ProjectName &project, const Error &error)
{
    if (error.code == ErrorCode::ShuttingDown)
        return;
    qCWarning(lcRecovery).noquote() << "a moved branch of" << project.toString()
                                    << "was not dealt with:" << error.message;
    QMetaObject::invokeMethod(
        this, [this, project] { QTimer::singleShot(closely, this, [this, project] { lookSoon(project); }); });
}

Result<QList<RefChange>> RefWatcher::account(Eye &eye, const git::RefValues &now, const git::MovesRead &read,
                                             const QMap<uint, QString> &names)
{
    const ProjectName &project = eye.project;
    HUB_TRY(const auto stored, m_stores.refs.known(project));
    if (eye.guardGone && stored.isEmpty()) // it was the hub that took it out
        return QList<RefChange>();
    RefFacts facts{.known = valuesOf(stored), .now = now, .moves = read.moves};
    for (const git::GuardMove &move : eye.intentions) {
        facts.pending.removeIf([&](const git::GuardMove &earlier) { return earlier.ref == move.ref; });
        const auto value = facts.known.find(move.ref);
        if (value == facts.known.end() || value->second != move.to)
            facts.pending << move;
    }
    if (!eye.headLog.isEmpty() && facts.known.contains(git::headLog))
        facts.known[git::headLog] = eye.headLog;
    facts.authorised = [&](const QByteArray &ref, const QByteArray &value) {
        return m_stores.refs.isAuthorised(project, shown(ref), shown(value)).valueOr(false);
    };
    const auto head = facts.known.find(git::headRef);
    if (head != facts.known.end() && head->second != now.at(git::headRef)) {
        HUB_TRY(facts.headIsFree, worksInPlace(project));
    }
    QList<RefChange> outside;
    for (const RefChange &change : steppedOver(facts))
        HUB_CHECK(m_moved.tellSteppedOver(project, change));
    const auto changes = judgeRefs(facts);
    if (eye.unfinished) {
        HUB_TRY(eye.interrupted, m_moved.interrupted(project, now));
        eye.unfinished = false;
    }
    HUB_CHECK(recordMoves(eye, read, names));
    for (const RefChange &change : changes) {
        if (change.cause == RefCause::Outside) {
            outside << change;
            continue;
        }
        if (change.cause == RefCause::Authorised)
            eye.ours.insert(shown(change.ref + ' ' + change.after));
        HUB_CHECK(m_stores.refs.setKnown(project, shown(change.ref), shown(change.after)));
        if (change.ref == git::headRef)
            HUB_CHECK(m_stores.refs.setKnown(project, shown(git::headLog), shown(now.at(git::headLog))));
    }
    for (auto it = stored.begin(); it != stored.end(); ++it) {
        if (isBranch(QFile::encodeName(it.key())) && !now.contains(QFile::encodeName(it.key())))
            HUB_CHECK(m_stores.refs.forget(project, it.key()));
    }
    return outside;
}

// What people moved, once a line. Intentions only say whose a value is.
Result<> RefWatcher::recordMoves(Eye &eye, const git::MovesRead &read, const QMap<uint, QString> &names)
{
    HUB_TRY(const auto positions, m_stores.refs.movesRead(eye.project));
    if (positions != read.positions)
        HUB_CHECK(m_stores.refs.setMovesRead(eye.project, read.positions));
    const qint64 now = toMillis(m_stores.clock.now());
    const auto isOver = [now](const git::GuardMove &move) { return move.at + intentionHolds < now; };
    eye.intentions.removeIf(isOver);
    eye.undone.removeIf(isOver);
    for (const git::GuardMove &move : read.moves) {
        if (!move.intended)
            continue;
        eye.intentions << move;
        eye.undone << move;
    }
    for (const git::GuardMove &move : read.moves) {
        HUB_TRY(const bool authorised, m_stores.refs.isAuthorised(eye.project, shown(move.ref), shown(move.to)));
        if (move.intended || authorised || eye.ours.remove(shown(move.ref + ' ' + move.to)))
            continue;
        QByteArray from = move.from;
        const auto intended = std::find_if(eye.undone.begin(), eye.undone.end(), [&](const git::GuardMove &other) {
            return other.ref == move.ref && other.to == move.to && other.uid == move.uid;
        });
        if (intended != eye.undone.end()) {
            from = intended->from;
            eye.undone.erase(intended);
        }
        if (from == move.to) // git writes a line for a ref that stays, too
            continue;
        HUB_CHECK(m_stores.gitLog.add({.project = eye.project.toString(),
                                       .who = names.value(move.uid),
                                       .action = u"moved by a person"_s,
                                       .refs = {{shown(move.ref), shown(from), shown(move.to)}},
                                       .outcome = u"done"_s,
                                       .detail = toIso(fromMillis(move.at))}));
    }
    return {};
}

Result<bool> RefWatcher::worksInPlace(const ProjectName &project) const
{
    HUB_TRY(const auto tasks, m_stores.tasks.all());
    return std::any_of(tasks.begin(), tasks.end(), [&](const Task &task) {
        return task.spec.project == project && task.spec.mode == TreeMode::InPlace && !task.tree.isEmpty() &&
               !isEnded(task.state);
    });
}

} // namespace hub::recovery
