#include "core/git/restore.h"

#include "core/git/treefile.h"
#include "core/git/treestate.h"

#include <algorithm>
#include <set>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

// What was erased from a snapshot can't come back.
void namePurged(const Manifest &then, const QByteArray &only, RestorePlan &plan)
{
    const auto name = [&](const QByteArray &path, const QString &what) {
        if (only.isEmpty() || isOrBelow(path, only))
            plan.purged.emplace_back(path, what);
    };
    for (const auto &[path, reason] : then.notHeld) {
        if (reason == NotHeldReason::Purged)
            name(path, u"its content was purged"_s);
    }
    for (const auto &[path, unused] : then.blanked)
        name(path, u"it has x in place of a text that was purged"_s);
}

// One snapshot, for questions about paths.
class Side
{
public:
    static Result<Side> open(const ObjectStore &store, const ObjectId &commit)
    {
        Side side(store);
        HUB_TRY(side.parts, readSnapshotCommit(store, commit));
        HUB_TRY(side.manifest, readManifest(store, side.parts));
        HUB_TRY(side.nested, nestedRoots(store, side.parts));
        return side;
    }

    Result<std::optional<Held>> find(const QByteArray &path) const
    {
        HUB_TRY(auto held, findInTree(*m_store, parts.files, path));
        if (!held && !parts.ignored.isNull()) {
            HUB_TRY(held, findInTree(*m_store, parts.ignored, path));
        }
        for (const auto &[root, there] : nested) {
            if (!held && path == root && there.mode != modeFolder)
                held = there;
            if (!held && isOrBelow(path, root) && path != root && there.mode == modeFolder) {
                HUB_TRY(held, findInTree(*m_store, there.id, path.mid(root.size() + 1)));
            }
        }
        return held;
    }

    Result<bool> hasFolder(const QByteArray &path) const
    {
        HUB_TRY(const auto held, find(path));
        if (held && held->mode != modeCommit)
            return held->mode == modeFolder; // a file may have a mode of its own, too
        const auto below = [&](const auto &map) {
            const auto at = map.lower_bound(path);
            return at != map.end() && (at->first == path || at->first.startsWith(path + '/'));
        };
        return below(manifest.emptyFolders) || below(nested) || below(manifest.notHeld) ||
               manifest.modes.contains(path);
    }

    // Whether git would have ignored the path, by the rules that this snapshot has.
    Result<bool> ignores(const QByteArray &path) const
    {
        auto rules = IgnoreRules::base(manifest.ignoreRules, {}, manifest.ignoreCase);
        qsizetype scopeStart = 0;
        ObjectId tree = parts.files;
        for (qsizetype slash = -1;;) {
            const QByteArray folder = path.left(std::max<qsizetype>(slash, 0));
            if (const auto root = nested.find(folder); root != nested.end()) {
                if (fileName(folder) == ".git")
                    return false; // held whole
                rules = IgnoreRules::base(manifest.ignoreRules, {}, manifest.ignoreCase);
                scopeStart = slash + 1;
                tree = root->second.id;
            }
            HUB_TRY(const auto file, findInTree(*m_store, tree, joinPath(folder.mid(scopeStart), ".gitignore")));
            if (file && (file->mode == modeFile || file->mode == modeExecutable)) {
                HUB_TRY(const RawObject object, m_store->read(file->id));
                rules = IgnoreRules::below(std::move(rules), folder.mid(scopeStart), object.bytes);
            }
            const qsizetype next = path.indexOf('/', slash + 1);
            const QByteArray here = (next < 0 ? path : path.first(next)).mid(scopeStart);
            if (rules->ignores({here.constData(), size_t(here.size())}, next >= 0))
                return true;
            if (next < 0)
                return false;
            slash = next;
        }
    }

    SnapshotParts parts;
    Manifest manifest;
    std::map<QByteArray, Held> nested;

private:
    explicit Side(const ObjectStore &store)
        : m_store(&store)
    {
    }
    const ObjectStore *m_store;
};

class Planner
{
public:
    Planner(const ObjectStore &store, const Side &now, const Side &then, RestorePlan &plan)
        : m_store(store)
        , m_now(now)
        , m_then(then)
        , m_plan(plan)
    {
    }

    Result<> run()
    {
        struct Pair {
            QByteArray path;
            std::optional<Held> now, then;
        };
        std::vector<Pair> differing;
        HUB_CHECK(
            compareHeld(m_store, m_now.parts, m_then.parts, [&](const QByteArray &path, const auto &a, const auto &b) {
                if (wanted(path))
                    differing.push_back({path, a, b});
            }));
        for (const Pair &pair : differing) {
            if (pair.then)
                planWrite(pair.path, pair.now, *pair.then);
            else
                HUB_CHECK(planRemoval(pair.path, *pair.now));
        }
        HUB_CHECK(planFolders());
        HUB_CHECK(planModes());
        const auto rank = [](const RestoreStep &step) { return int(step.kind); };
        std::stable_sort(m_plan.steps.begin(), m_plan.steps.end(), [&](const RestoreStep &a, const RestoreStep &b) {
            if (rank(a) != rank(b))
                return rank(a) < rank(b);
            return a.kind == StepKind::RemoveFolder ? a.path > b.path : a.path < b.path; // deepest first
        });
        return {};
    }

private:
    bool wanted(const QByteArray &path)
    {
        if (!m_plan.options.only.isEmpty() && !isOrBelow(path, m_plan.options.only))
            return false;
        const QString *why = keptWhy(path);
        if (why)
            m_plan.kept.emplace_back(path, *why);
        return !why;
    }

    // Why the path stays as it is; null when it need not.
    const QString *keptWhy(const QByteArray &path) const
    {
        const auto &keep = m_plan.options.keep;
        for (QByteArray place = path; !keep.empty() && !place.isEmpty(); place = parentPath(place)) {
            if (const auto kept = keep.find(place); kept != keep.end())
                return &kept->second;
        }
        return nullptr;
    }

    void planWrite(const QByteArray &path, const std::optional<Held> &now, const Held &then)
    {
        if (const auto at = m_now.manifest.notHeld.find(path); at != m_now.manifest.notHeld.end()) {
            m_plan.kept.emplace_back(path, u"its present content is not held (%1)"_s.arg(notHeldText(at->second)));
            return;
        }
        RestoreStep step{StepKind::Write, path, {}, false, then.id, then.mode, 0};
        if (now) {
            step.now = now->id;
            step.nowIsLink = now->mode == modeLink;
        }
        step.permissions = then.mode == modeLink ? 0 : m_then.manifest.modeOf(path, then.mode);
        m_plan.steps.push_back(std::move(step));
        m_written.insert(path);
    }

    // What the target lacks was made since, unless the target would not have held it anyway.
    Result<> planRemoval(const QByteArray &path, const Held &now)
    {
        if (const auto at = m_then.manifest.notHeld.find(path); at != m_then.manifest.notHeld.end()) {
            m_plan.kept.emplace_back(path, u"the target did not hold it (%1)"_s.arg(notHeldText(at->second)));
            return {};
        }
        HUB_TRY(const bool lookedFor, targetLookedFor(path));
        HUB_TRY(const bool inTheWay, standsForAFile(parentPath(path)));
        if (!lookedFor && !inTheWay) {
            for (const auto &[root, unused] : m_now.nested) {
                if (isOrBelow(path, root) && !m_then.nested.contains(root)) {
                    m_plan.kept.emplace_back(path, u"a nested repository made since then"_s);
                    return {};
                }
            }
            HUB_TRY(const bool ignoredThen, m_then.ignores(path));
            HUB_TRY(const auto policy, findInTree(m_store, m_now.parts.ignored, path));
            if (ignoredThen || policy) {
                m_plan.kept.emplace_back(path, u"an ignored file"_s);
                return {};
            }
        }
        m_plan.steps.push_back({StepKind::Remove, path, now.id, now.mode == modeLink, {}, 0, 0});
        for (QByteArray folder = parentPath(path); !folder.isEmpty(); folder = parentPath(folder)) {
            if (!m_emptied.insert(folder).second)
                break;
        }
        return {};
    }

    // Where the target has a file a folder has to make way, whatever is in it: it is held now, so nothing is lost.
    Result<bool> standsForAFile(const QByteArray &folder)
    {
        if (folder.isEmpty())
            return false;
        if (const auto known = m_standsForAFile.find(folder); known != m_standsForAFile.end())
            return known->second;
        HUB_TRY(const auto held, m_then.find(folder));
        bool stands = held && held->mode != modeFolder && held->mode != modeCommit;
        if (!stands) {
            HUB_TRY(stands, standsForAFile(parentPath(folder)));
        }
        m_standsForAFile[folder] = stands;
        return stands;
    }

    // The target is itself a pre-rollback snapshot that looked for this path: it was really not there.
    Result<bool> targetLookedFor(const QByteArray &path)
    {
        if (!m_then.manifest.alsoHeld)
            return false;
        if (!m_looked) {
            HUB_TRY(Side side, Side::open(m_store, *m_then.manifest.alsoHeld));
            m_looked = std::make_unique<Side>(std::move(side));
        }
        HUB_TRY(const auto held, m_looked->find(path));
        return held.has_value();
    }

    Result<> planFolders()
    {
        for (const auto &[path, unused] : m_now.manifest.emptyFolders) {
            if (m_then.manifest.emptyFolders.contains(path) || !wantedFolder(path))
                continue;
            for (QByteArray folder = path; !folder.isEmpty(); folder = parentPath(folder)) {
                if (!m_emptied.insert(folder).second)
                    break;
            }
        }
        for (const QByteArray &folder : m_emptied) {
            HUB_TRY(const bool there, m_then.hasFolder(folder));
            if (!there)
                m_plan.steps.push_back({StepKind::RemoveFolder, folder, {}, false, {}, 0, 0});
        }
        for (const auto &[path, unused] : m_then.manifest.emptyFolders) {
            if (!m_now.manifest.emptyFolders.contains(path) && wantedFolder(path))
                m_plan.steps.push_back(
                    {StepKind::MakeFolder, path, {}, false, {}, 0, m_then.manifest.modeOf(path, modeFolder)});
        }
        return {};
    }

    Result<> planModes()
    {
        const Manifest &now = m_now.manifest;
        const Manifest &then = m_then.manifest;
        std::set<QByteArray> candidates;
        for (const auto *modes : {&now.modes, &then.modes}) {
            for (const auto &[path, mode] : *modes)
                candidates.insert(path);
        }
        if (now.fileMode != then.fileMode || now.executableMode != then.executableMode ||
            now.folderMode != then.folderMode) {
            HUB_TRY(const auto all, heldPaths(m_store, m_then.parts));
            for (const auto &[path, held] : all) {
                for (QByteArray place = path; !place.isEmpty(); place = parentPath(place)) {
                    if (!candidates.insert(place).second && place != path)
                        break;
                }
            }
            for (const auto &[path, unused] : then.emptyFolders)
                candidates.insert(path);
        }
        for (const QByteArray &path : candidates) {
            if (m_written.contains(path) || !wantedFolder(path))
                continue;
            HUB_TRY(const auto heldThen, m_then.find(path));
            HUB_TRY(const bool folderThen, heldThen ? Result(heldThen->mode == modeFolder) : m_then.hasFolder(path));
            if (!heldThen && !folderThen)
                continue;
            HUB_TRY(const auto heldNow, m_now.find(path));
            HUB_TRY(const bool folderNow, heldNow ? Result(heldNow->mode == modeFolder) : m_now.hasFolder(path));
            if ((!heldNow && !folderNow) || folderNow != folderThen || now.notHeld.contains(path))
                continue;
            const quint32 was = now.modeOf(path, folderNow ? modeFolder : heldNow->mode);
            const quint32 will = then.modeOf(path, folderThen ? modeFolder : heldThen->mode);
            if (was != will && (folderThen || heldThen->mode != modeLink))
                m_plan.steps.push_back({StepKind::SetMode,
                                        path,
                                        heldNow && !folderNow ? std::optional(heldNow->id) : std::nullopt,
                                        false,
                                        {},
                                        folderThen ? modeFolder : heldThen->mode,
                                        will});
        }
        return {};
    }

    bool wantedFolder(const QByteArray &path)
    {
        const QByteArray &only = m_plan.options.only;
        return (only.isEmpty() || isOrBelow(path, only)) && !keptWhy(path);
    }

    const ObjectStore &m_store;
    const Side &m_now;
    const Side &m_then;
    RestorePlan &m_plan;
    std::set<QByteArray> m_written;
    std::set<QByteArray> m_emptied;              // folders that may have to go
    std::map<QByteArray, bool> m_standsForAFile; // by folder
    std::unique_ptr<Side> m_looked;
};

} // namespace

qint64 RestorePlan::filesWritten() const
{
    return std::count_if(steps.begin(), steps.end(), [](const RestoreStep &s) { return s.kind == StepKind::Write; });
}

qint64 RestorePlan::filesRemoved() const
{
    return std::count_if(steps.begin(), steps.end(), [](const RestoreStep &s) { return s.kind == StepKind::Remove; });
}

Result<RestorePlan> planRestore(const Vault &vault, const ObjectId &current, const ObjectId &target,
                                const RestoreOptions &options)
{
    const ObjectStore &store = vault.objects();
    HUB_TRY(const Side now, Side::open(store, current));
    HUB_TRY(const Side then, Side::open(store, target));
    RestorePlan plan;
    plan.current = current;
    plan.target = target;
    plan.options = options;
    plan.headNow = now.manifest.head;
    plan.headThen = then.manifest.head;
    plan.sameIndex = now.parts.index == then.parts.index && now.parts.conflicts == then.parts.conflicts &&
                     indexFlagLines(now.manifest.indexFlags) == indexFlagLines(then.manifest.indexFlags);
    namePurged(then.manifest, options.only, plan);
    HUB_CHECK(Planner(store, now, then, plan).run());
    return plan;
}

} // namespace hub::git
