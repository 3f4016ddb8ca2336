#include "core/recovery/storagegovernor.h"

#include "core/base/durablefile.h"
#include "core/base/log.h"
#include "core/git/compare.h"
#include "core/git/workingtree.h"
#include "core/recovery/checkpointsnapshot.h"
#include "core/recovery/diskuse.h"
#include "core/settings/projectsettings.h"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QRandomGenerator>

#include <algorithm>
#include <limits>

using namespace Qt::StringLiterals;

namespace hub::recovery
{

namespace
{

const QString queue = u"caches"_s;
constexpr auto betweenLooks = std::chrono::minutes{10};
constexpr auto leastAge = std::chrono::hours{1}; // of what goes by itself: somebody may be building there
constexpr qsizetype namedAtMost = 20;

QString listed(const std::vector<git::CacheEntry> &entries)
{
    QStringList names;
    for (const git::CacheEntry &entry : entries) {
        if (names.size() == namedAtMost)
            return names.join(u", "_s) + u" and %1 more"_s.arg(qsizetype(entries.size()) - namedAtMost);
        names << QFile::decodeName(entry.path);
    }
    return names.join(u", "_s);
}

} // namespace

qint64 TreeCaches::bytes() const
{
    qint64 sum = 0;
    for (const git::CacheEntry &entry : entries)
        sum += entry.bytes;
    return sum;
}

qint64 CachePlan::bytes() const
{
    qint64 sum = 0;
    for (const TreeCaches &tree : trees)
        sum += tree.stays.isEmpty() ? tree.bytes() : 0;
    return sum;
}

QString CachePlan::confirm() const
{
    QStringList lines;
    for (const TreeCaches &tree : trees) {
        for (const git::CacheEntry &entry : tree.entries) {
            if (tree.stays.isEmpty())
                lines << u"%1 %2 %3 %4 %5"_s.arg(tree.task.toString(), QString::fromLatin1(entry.path.toHex()),
                                                 QString::number(entry.bytes), QString::number(toMillis(entry.newest)),
                                                 QString::number(entry.inode));
        }
    }
    lines.sort();
    const QByteArray hash = QCryptographicHash::hash(lines.join(u'\n').toUtf8(), QCryptographicHash::Sha256);
    return u"caches "_s + QString::fromLatin1(hash.toHex().first(24));
}

CachePlan CachePlan::oldest(qint64 enough, Instant before) const
{
    struct Place {
        qsizetype tree;
        const git::CacheEntry *entry;
    };
    std::vector<Place> all;
    CachePlan some = *this;
    for (qsizetype i = 0; i < trees.size(); ++i) {
        some.trees[i].entries.clear();
        if (!trees[i].stays.isEmpty())
            continue;
        for (const git::CacheEntry &entry : trees[i].entries) {
            if (entry.newest < before)
                all.push_back({i, &entry});
        }
    }
    std::sort(all.begin(), all.end(), [](const Place &a, const Place &b) { return a.entry->newest < b.entry->newest; });
    qint64 sum = 0;
    for (const Place &place : all) {
        if (sum >= enough)
            break;
        some.trees[place.tree].entries.push_back(*place.entry);
        sum += place.entry->bytes;
    }
    some.trees.removeIf([](const TreeCaches &tree) { return tree.entries.empty(); });
    return some;
}

StorageGovernor::StorageGovernor(state::Stores &stores, Workers &workers, Vaults &vaults, const DataFolder &data,
                                 const Settings &settings)
    : m_stores(stores)
    , m_workers(workers)
    , m_vaults(vaults)
    , m_data(data)
    , m_settings(settings)
{
}

QByteArray StorageGovernor::asideFolder() const { return QFile::encodeName(m_data.path(u"scratch/caches"_s)); }

void StorageGovernor::begin()
{
    m_workers.run(queue, [folder = asideFolder()] { return removeTree(folder); });
}

git::CacheRules StorageGovernor::rulesFor(const state::Project &project)
{
    const ProjectSettings settings(project.options);
    const auto patterns = [&](const SettingSpec &spec) {
        const QString text = settings.text(spec);
        return text == u"none" ? QList<QByteArray>() : QFile::encodeName(text).split(',');
    };
    return {.more = patterns(projectsetting::caches), .kept = patterns(projectsetting::bring)};
}

// Of tasks with a working tree of the hub's own.
Result<QList<Task>> StorageGovernor::candidates() const
{
    HUB_TRY(QList<Task> tasks, m_stores.tasks.all());
    tasks.removeIf([&](const Task &task) {
        return task.spec.mode == TreeMode::InPlace || task.tree.isEmpty() ||
               task.tree != m_data.workTree(task.spec.project, task.id);
    });
    return tasks;
}

Result<StorageGovernor::Facts> StorageGovernor::factsOf(TaskId id) const
{
    HUB_TRY(const Task task, m_stores.tasks.get(id));
    HUB_TRY(const auto project, m_stores.projects.get(task.spec.project));
    HUB_TRY(const auto newest, m_stores.tasks.newestCheckpoint(id));
    HUB_TRY(const auto run, m_stores.runs.livingOf(id));
    HUB_TRY(const auto executing, m_stores.operations.executing());
    const bool operated = std::any_of(executing.begin(), executing.end(),
                                      [&](const state::Operation &operation) { return operation.task == id; });
    Facts facts{task, project, newest, {}};
    if (!project.blocked.isEmpty())
        facts.stays = project.blocked;
    else if (run)
        facts.stays = u"its agent has not ended"_s;
    else if (task.state == TaskState::Queued || task.state == TaskState::Preparing || task.state == TaskState::Running)
        facts.stays = u"it is about to start"_s;
    else if (operated)
        facts.stays = u"a rollback or a finish of it is going on"_s;
    else if (ProjectSettings(project.options).text(projectsetting::ignored) == u"keep")
        facts.stays = u"its project keeps ignored files (projects set %1 ignored)"_s.arg(project.name.toString());
    else if (!newest)
        facts.stays = u"it has no checkpoint yet"_s;
    return facts;
}

QFuture<Result<CachePlan>> StorageGovernor::plan()
{
    return m_workers.run(queue, [this] { return planJob(); });
}

Result<CachePlan> StorageGovernor::planJob()
{
    CachePlan plan;
    HUB_TRY(const auto tasks, m_stores.commits.ask([&] { return candidates(); }));
    for (const Task &task : tasks) {
        if (!QFileInfo::exists(task.tree))
            continue;
        HUB_TRY(const Facts facts, m_stores.commits.ask([&] { return factsOf(task.id); }));
        TreeCaches tree{task.id, task.spec.project, task.tree, {}, {}, facts.stays};
        if (tree.stays.isEmpty()) {
            const auto place = git::locateTree(QFile::encodeName(task.tree));
            auto search =
                place ? git::findCaches(*place, rulesFor(facts.project)) : Result<git::CacheSearch>(place.error());
            if (search) {
                tree.entries = std::move(search->found);
                tree.withheld = std::move(search->withheld);
            } else {
                tree.stays = search.error().message;
            }
        }
        if (!tree.entries.empty() || !tree.withheld.empty() || !tree.stays.isEmpty())
            plan.trees << tree;
    }
    const auto oldest = [](const TreeCaches &tree) {
        return tree.entries.empty() ? Instant::max() : tree.entries.front().newest;
    };
    std::stable_sort(plan.trees.begin(), plan.trees.end(),
                     [&](const TreeCaches &a, const TreeCaches &b) { return oldest(a) < oldest(b); });
    return plan;
}

QFuture<Result<CachePlan>> StorageGovernor::carryOut(const CachePlan &plan, const QString &who, const QString &origin)
{
    auto round = std::make_shared<Round>();
    round->plan = plan;
    round->who = who;
    round->origin = origin;
    round->promise.start();
    auto future = round->promise.future();
    takeNext(round);
    return future;
}

// One tree after the other; the project's worker is needed only until it is taken out of the tree.
void StorageGovernor::takeNext(const std::shared_ptr<Round> &round)
{
    while (round->next < round->plan.trees.size() &&
           (round->plan.trees[round->next].entries.empty() || !round->plan.trees[round->next].stays.isEmpty()))
        round->gone.trees << round->plan.trees[round->next++];
    if (round->next == round->plan.trees.size()) {
        round->promise.addResult(round->gone);
        round->promise.finish();
        return;
    }
    const TreeCaches &tree = round->plan.trees[round->next++];
    auto taken = m_workers.run(tree.project.toString(), [this, tree, who = round->who, origin = round->origin] {
        return takeOutJob(tree, who, origin);
    });
    whenDone(std::move(taken), this, [this, round, tree](const Result<TakenOut> &out) {
        TreeCaches gone = out ? out->tree : tree;
        if (!out)
            gone.stays = out.error().message;
        round->gone.trees << gone;
        auto removed = m_workers.run(queue, [aside = out ? out->aside : QList<QByteArray>()]() -> Result<> {
            for (const QByteArray &path : aside)
                HUB_CHECK(removeTree(path));
            return {};
        });
        whenDone(std::move(removed), this, [this, round](const Result<> &done) {
            if (!done && done.error().code != ErrorCode::ShuttingDown)
                qCWarning(lcRecovery).noquote() << "build output is not wholly removed yet:" << done.error().message;
            takeNext(round);
        });
    });
}

// On the project's worker, so nothing of the task can start meanwhile.
Result<StorageGovernor::TakenOut> StorageGovernor::takeOutJob(TreeCaches tree, const QString &who,
                                                              const QString &origin)
{
    HUB_TRY(const Facts facts, m_stores.commits.ask([&] { return factsOf(tree.task); }));
    if (!facts.stays.isEmpty()) {
        tree.stays = facts.stays;
        return TakenOut{tree, {}};
    }
    HUB_TRY(const auto place, git::locateTree(QFile::encodeName(tree.tree)));
    HUB_TRY(git::Vault * vault, m_vaults.of(tree.project));
    HUB_TRY(const auto snapshot, snapshotOf(*facts.newest));
    const QByteArray cache = m_data.statCache(tree.task);
    HUB_CHECK(git::checkHeld(*vault, place, snapshot, cache));
    HUB_TRY(const auto now, git::findCaches(place, rulesFor(facts.project)));
    std::vector<git::CacheEntry> going;
    for (const git::CacheEntry &entry : tree.entries) {
        HUB_TRY(const bool held, git::holdsPath(*vault, snapshot, entry.path));
        if (held)
            tree.withheld.emplace_back(entry.path, u"is in its newest checkpoint"_s);
        else if (std::find(now.found.begin(), now.found.end(), entry) == now.found.end())
            tree.withheld.emplace_back(entry.path, u"changed since it was looked at"_s);
        else
            going.push_back(entry);
    }
    tree.entries = going;
    if (going.empty())
        return TakenOut{tree, {}};
    HUB_CHECK(record(tree, who, origin));
    HUB_CHECK(makeFolders(asideFolder()));
    TakenOut out{.tree = tree};
    out.tree.entries.clear();
    const QByteArray stem = asideFolder() + '/' + tree.task.toString().toLatin1() + '-' +
                            QByteArray::number(QRandomGenerator::global()->generate64(), 16) + '-';
    for (const git::CacheEntry &entry : going) {
        const QByteArray to = stem + QByteArray::number(out.aside.size());
        if (const auto taken = git::takeOut(place, entry, to); !taken) {
            out.tree.withheld.emplace_back(entry.path, taken.error().message);
            continue;
        }
        out.aside << to;
        out.tree.entries.push_back(entry);
    }
    // Nothing that the checkpoint holds may have gone along. Until here all of it can go back.
    if (const auto whole = git::checkHeld(*vault, place, snapshot, cache); !whole) {
        for (qsizetype i = 0; i < out.aside.size(); ++i)
            std::ignore = ::rename(out.aside[i].constData(),
                                   (place.workTree + '/' + out.tree.entries[size_t(i)].path).constData());
        return fail(whole.error().code, u"Its build output was put back: %1"_s.arg(whole.error().message));
    }
    return out;
}

// Setup runs again before an agent does, for what it made may be among what goes; the agent reads why it is gone.
Result<> StorageGovernor::record(const TreeCaches &tree, const QString &who, const QString &origin)
{
    return m_stores.commits.ask([&]() -> Result<> {
        HUB_CHECK(m_stores.tasks.setTreeFact(tree.task, state::TaskStore::TreeFact::SetUp, {}));
        const QString what = u"build output and caches (%1): %2"_s.arg(sizeText(tree.bytes()), listed(tree.entries));
        HUB_CHECK(m_stores.talk.append(
            tree.task,
            {.role = u"hub"_s, .kind = u"note"_s, .author = who, .body = u"Removed to free space: "_s + what}));
        return m_stores.audit.add({.who = who,
                                   .origin = origin,
                                   .role = u"machine"_s,
                                   .action = u"cleanup"_s,
                                   .task = tree.task,
                                   .detail = u"removed "_s + what,
                                   .outcome = u"done"_s});
    });
}

void StorageGovernor::noteDisk(std::optional<qint64> missing)
{
    const bool was = m_missing.has_value();
    m_missing = missing;
    const QString mode = m_settings.text(setting::evictCaches);
    if (!missing || mode == u"off") {
        m_known.reset();
        m_lookedAt.reset();
        if (was)
            Q_EMIT notNeeded();
        return;
    }
    if (m_looking || (m_lookedAt && m_stores.clock.now() - *m_lookedAt < betweenLooks))
        return;
    m_looking = true;
    whenDone(plan(), this, [this](const Result<CachePlan> &plan) {
        m_looking = false;
        m_lookedAt = m_stores.clock.now();
        if (plan)
            looked(*plan);
        else if (plan.error().code != ErrorCode::ShuttingDown)
            qCWarning(lcRecovery).noquote() << "build output was not looked for:" << plan.error().message;
    });
}

void StorageGovernor::looked(const CachePlan &plan)
{
    if (!m_missing)
        return; // there is room by now
    m_known = plan.bytes();
    Q_EMIT found(*m_known);
    if (m_settings.text(setting::evictCaches) != u"when-low")
        return;
    const CachePlan going = plan.oldest(*m_missing, m_stores.clock.now() - leastAge);
    if (going.trees.isEmpty())
        return;
    whenDone(carryOut(going, u"the hub"_s, u"hub"_s), this, [this](const Result<CachePlan> &gone) {
        if (!gone)
            return;
        m_known = std::max<qint64>(m_known.value_or(0) - gone->bytes(), 0);
        qCInfo(lcRecovery).noquote() << "freed" << sizeText(gone->bytes()) << "of build output";
        if (m_missing)
            Q_EMIT found(*m_known);
    });
}

} // namespace hub::recovery
