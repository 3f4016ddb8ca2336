#include "core/git/vaultpurge.h"

#include "core/git/gitfolder.h"
#include "core/git/packfolder.h"
#include "core/git/purgerewrite.h"
#include "core/git/statefiles.h"
#include "core/git/vaultwalk.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

using Named = std::vector<std::pair<QByteArray, ObjectId>>;

QByteArray careFolder(const QByteArray &vault) { return vault + "/care"; }

// For a look: names are worked out, nothing is kept.
class Nowhere final : public ObjectSink
{
public:
    bool has(const ObjectId &) const override { return false; }
    Result<> add(const ObjectId &, ObjectType, QByteArrayView) override { return {}; }
    Result<bool> addLarge(const ObjectId &, qint64, const Read &) override { return true; }
};

// Those of the ids that the vault has.
std::set<ObjectId> present(const Vault &vault, const Named &named)
{
    std::set<ObjectId> ids;
    for (const auto &[name, id] : named) {
        if (vault.objects().has(id))
            ids.insert(id);
    }
    return ids;
}

Result<std::vector<ObjectId>> listCommits(const QByteArray &vault, const std::set<ObjectId> &from,
                                          const QList<QByteArray> &how, const std::atomic<bool> &stop)
{
    std::vector<ObjectId> ids;
    if (from.empty())
        return ids;
    GitCall call = careCall(vault, QList<QByteArray>{"rev-list"} + how + QList<QByteArray>{"--stdin"}, &stop);
    call.writes = false;
    call.input = revisions(from, {});
    QByteArray rest;
    call.take = [&](QByteArrayView more) {
        rest.append(more);
        qsizetype at = 0;
        for (qsizetype end; (end = rest.indexOf('\n', at)) >= 0; at = end + 1) {
            if (const auto id = ObjectId::fromHex(QByteArrayView(rest).sliced(at, end - at)))
                ids.push_back(*id);
        }
        rest.remove(0, at);
    };
    HUB_CHECK(runGit(call));
    return ids;
}

// One look at everything, and where each thing would go.
class Purge
{
public:
    Purge(Vault &vault, const PurgeTarget &target, const Named &named, const std::atomic<bool> &stop)
        : m_vault(vault)
        , m_target(target)
        , m_named(named)
        , m_stop(stop)
    {
    }

    Result<> run(ObjectSink &sink)
    {
        HUB_CHECK(m_vault.objects().refresh());
        HUB_TRY(m_scan, scanObjects(m_vault.path(), m_target.text, m_stop));
        HUB_TRY(m_refs, m_vault.refs());
        const std::set<ObjectId> fixed = present(m_vault, m_named);
        HUB_TRY(const auto reached, listCommits(m_vault.path(), fixed, {}, m_stop));
        m_fixed.insert(reached.begin(), reached.end());
        m_fixed.insert(fixed.begin(), fixed.end());
        HUB_TRY(const auto order, listCommits(m_vault.path(), {m_scan.commits.begin(), m_scan.commits.end()},
                                              {"--topo-order", "--reverse"}, m_stop));
        m_rewriter.emplace(m_vault.objects(), sink, m_target, m_scan, m_fixed);
        HUB_CHECK(m_rewriter->run(order));
        for (const auto &[name, id] : m_refs) {
            HUB_TRY(const ObjectId place, m_rewriter->placeOf(id));
            m_places[name] = place;
        }
        return {};
    }

    Result<VaultFindings> findings() const
    {
        VaultFindings found{.commits = m_rewriter->commits()};
        IdSet named;
        for (const auto &[name, id] : m_refs) {
            named.insert(id);
            if (m_places.at(name) == id)
                continue;
            const QList<QByteArray> parts = name.split('/');
            if (name.startsWith("refs/checkpoints/") && m_rewriter->snapshots().contains(id)) {
                ++found.checkpoints;
                ++found.tasks[parts.value(2)];
            } else if (name.startsWith("refs/records/")) {
                ++found.records;
            } else {
                ++found.others;
            }
        }
        const IdSet &snapshots = m_rewriter->snapshots();
        found.unnamed =
            std::count_if(snapshots.begin(), snapshots.end(), [&](const auto &id) { return !named.contains(id); });
        HUB_TRY(const qint64 loose, heldByNobody());
        found.unnamed += loose;
        found.paths = {m_rewriter->paths().begin(), m_rewriter->paths().end()};
        for (const auto &[name, id] : m_named) {
            if (m_rewriter->fixedWithIt().contains(id) && !found.refsOfUser.contains(name))
                found.refsOfUser << name;
        }
        return found;
    }

    Result<> moveRefs()
    {
        std::vector<std::pair<QByteArray, ObjectId>> moved;
        QList<QByteArray> gone;
        for (const auto &[name, id] : m_refs) {
            const ObjectId place = m_places.at(name);
            if (place == id)
                continue;
            // Some have the name of what they keep as their own.
            const bool ofItself = name.endsWith('/' + id.hex());
            if (!place.isNull())
                moved.emplace_back(ofItself ? name.chopped(40) + place.hex() : name, place);
            if (ofItself || place.isNull())
                gone << name;
        }
        HUB_CHECK(keepShallow());
        if (!moved.empty())
            HUB_CHECK(m_vault.writeRefs(moved));
        return gone.isEmpty() ? Result<>() : m_vault.removeRefs(gone);
    }

    VaultRewrite rewrite() const
    {
        VaultRewrite done;
        for (const auto &[from, to] : m_rewriter->moved())
            done.moved[from] = to;
        IdSet left = m_rewriter->left();
        for (const IdSet *ids : {&m_scan.blobs, &m_scan.sealed, &m_scan.others})
            left.insert(ids->begin(), ids->end());
        done.left = {left.begin(), left.end()};
        for (const auto *ids : {&m_scan.commits, &m_scan.tags}) {
            for (const ObjectId &id : *ids) {
                if (!left.contains(id))
                    done.clean << id;
            }
        }
        return done;
    }

private:
    // What holds the text, and is in nothing that was rewritten, nor in what the user has.
    Result<qint64> heldByNobody() const
    {
        IdSet free;
        for (const IdSet *ids : {&m_scan.blobs, &m_scan.sealed, &m_scan.others}) {
            for (const ObjectId &id : *ids) {
                if (!m_rewriter->left().contains(id) && !m_fixed.contains(id))
                    free.insert(id);
            }
        }
        if (!free.empty())
            HUB_CHECK(walk(m_vault.path(), present(m_vault, m_named), {}, &m_stop,
                           [&](const ObjectId &id) { free.erase(id); }));
        return qint64(free.size());
    }

    // Where a shallow history ends it has to end under the new names too.
    Result<> keepShallow() const
    {
        const QByteArray path = m_vault.path() + "/shallow";
        const auto text = readFile(path);
        if (!text)
            return text.error().code == ErrorCode::NotFound ? Result<>() : Result<>(text.error());
        QByteArray more = *text;
        for (const QByteArray &line : text->split('\n')) {
            const auto id = ObjectId::fromHex(line);
            const auto moved = id ? m_rewriter->moved().find(*id) : m_rewriter->moved().end();
            if (moved != m_rewriter->moved().end() && !more.contains(moved->second.hex()))
                more += moved->second.hex() + '\n';
        }
        return more == *text ? Result<>() : writeFileDurably(path, more);
    }

    Vault &m_vault;
    const PurgeTarget &m_target;
    const Named &m_named;
    const std::atomic<bool> &m_stop;
    ObjectScan m_scan;
    IdSet m_fixed;
    std::map<QByteArray, ObjectId> m_refs, m_places;
    std::optional<PurgeRewriter> m_rewriter;
};

// What is to go: what was left behind and nothing that stays names; with it what only hangs about and names that.
Result<IdSet> condemned(Vault &vault, const VaultRewrite &rewrite, const Named &named, const std::atomic<bool> &stop)
{
    std::set<ObjectId> roots = present(vault, named);
    roots.insert(rewrite.clean.begin(), rewrite.clean.end());
    for (const auto &[from, to] : rewrite.moved) {
        if (!to.isNull())
            roots.insert(to);
    }
    HUB_TRY(const auto refs, vault.refs());
    for (const auto &[name, id] : refs)
        roots.insert(id);
    std::vector<ObjectId> reached;
    HUB_CHECK(walk(vault.path(), roots, {}, &stop, [&](const ObjectId &id) { reached.push_back(id); }));
    std::sort(reached.begin(), reached.end());
    const auto isReached = [&](const ObjectId &id) { return std::binary_search(reached.begin(), reached.end(), id); };
    IdSet going;
    for (const ObjectId &id : rewrite.left) {
        if (!isReached(id) && vault.objects().has(id))
            going.insert(id);
    }
    HUB_TRY(const ObjectScan all, scanObjects(vault.path(), {}, stop));
    std::vector<ObjectId> hanging;
    for (const ObjectId &id : all.trees) {
        if (!isReached(id) && !going.contains(id))
            hanging.push_back(id);
    }
    for (bool more = !going.empty(); std::exchange(more, false);) {
        for (const ObjectId &id : hanging) {
            if (going.contains(id))
                continue;
            HUB_TRY(const auto entries, readTree(vault.objects(), id));
            if (std::any_of(entries.begin(), entries.end(), [&](const auto &e) { return going.contains(e.id); })) {
                going.insert(id);
                more = true;
            }
        }
    }
    return going;
}

// The packs that have something of what goes, of one kind, written anew as one without it.
struct Replacement {
    QList<QByteArray> packs;
    QByteArray built; // empty: nothing of them stays
    Instant youngest{};
};

Result<Replacement> buildWithout(const QByteArray &vault, const QList<PackFile> &packs, const IdSet &going, bool seeded,
                                 const QByteArray &folder, const std::atomic<bool> &stop)
{
    Replacement made;
    std::set<ObjectId> staying;
    for (const PackFile &pack : packs) {
        if (pack.seeded != seeded)
            continue;
        HUB_TRY(const PackIndex index, PackIndex::open(packPath(vault, pack.name, ".idx")));
        if (std::none_of(going.begin(), going.end(), [&](const ObjectId &id) { return index.contains(id); }))
            continue;
        made.packs << pack.name;
        made.youngest = std::max(made.youngest, pack.writtenAt);
        for (qint64 i = 0; i < index.count(); ++i) {
            if (const ObjectId id = index.id(i); !going.contains(id))
                staying.insert(id);
        }
    }
    if (staying.empty())
        return made;
    HUB_CHECK(makeFolders(folder));
    GitCall call = careCall(vault, {"pack-objects", "-q", "--delta-base-offset", folder + "/pack"}, &stop);
    call.input = revisions(staying, {});
    HUB_TRY(const QByteArray name, runGit(call));
    made.built = "pack-" + name.trimmed();
    for (const char *ending : {".pack", ".idx"}) {
        const QByteArray path = folder + '/' + made.built + ending;
        HUB_TRY(const FileHandle file, openFile(path, O_RDONLY));
        const auto written = toMillis(made.youngest);
        const timespec time{written / 1000, (written % 1000) * 1000000};
        const timespec times[2]{time, time};
        if (::futimens(file.fd(), times) != 0)
            return systemError(errno, u"date", path);
        HUB_CHECK(syncFile(file.fd(), path));
    }
    return made;
}

Result<> moveIn(const QByteArray &vault, const QByteArray &folder, const QByteArray &built)
{
    for (const char *ending : {".pack", ".idx"}) {
        const QByteArray from = folder + '/' + built + ending;
        if (::rename(from.constData(), packPath(vault, built, ending).constData()) != 0)
            return systemError(errno, u"rename", from);
    }
    return syncFolder(vault + "/objects/pack");
}

Result<> removeLoose(const QByteArray &vault, const IdSet &going)
{
    std::set<QByteArray> folders;
    for (const ObjectId &id : going) {
        const QByteArray folder = vault + "/objects/" + id.hex().first(2), path = folder + '/' + id.hex().mid(2);
        if (::unlink(path.constData()) == 0)
            folders.insert(folder);
        else if (errno != ENOENT)
            return systemError(errno, u"remove", path);
    }
    for (const QByteArray &folder : folders)
        HUB_CHECK(syncFolder(folder));
    return {};
}

} // namespace

Result<Named> namedInRepository(const RepositoryPlace &place)
{
    Named named;
    HUB_TRY(const auto user, ObjectStore::open(place.commonDir + "/objects"));
    const auto add = [&](const QByteArray &name, const ObjectId &id) {
        if (user->has(id)) // what git has pruned can't come back
            named.emplace_back(name, id);
    };
    const GitFolder folder = readGitFolder(place.commonDir);
    for (const auto &[name, value] : folder.refs) {
        if (const auto id = ObjectId::fromHex(value))
            add(name, *id);
    }
    for (const auto &[name, log] : folder.logs) {
        for (const QByteArray &line : log.split('\n')) {
            if (const auto id = loggedId(line))
                add("reflog of " + name, *id);
        }
    }
    // ORIG_HEAD, and what an unfinished merge or rebase names.
    QList<QByteArray> linked{{}};
    for (const auto &[name, unused] : folder.linked)
        linked << "/worktrees/" + name;
    for (const QByteArray &below : linked) {
        Nowhere nowhere;
        QList<ObjectId> commits;
        HUB_CHECK(storeOperationState({{}, place.commonDir + below, place.commonDir}, nowhere, commits));
        for (const ObjectId &id : std::as_const(commits))
            add("ORIG_HEAD or an unfinished merge" +
                    (below.isEmpty() ? QByteArray() : " in" + below.mid(10).replace('/', ' ')),
                id);
    }
    return named;
}

Result<VaultFindings> lookForPurge(Vault &vault, const PurgeTarget &target, const Named &named,
                                   const std::atomic<bool> &stop)
{
    Nowhere nowhere;
    Purge purge(vault, target, named, stop);
    HUB_CHECK(purge.run(nowhere));
    return purge.findings();
}

Result<VaultRewrite> rewriteForPurge(Vault &vault, const PurgeTarget &target, const Named &named,
                                     const std::atomic<bool> &stop)
{
    HUB_TRY(const Seed seed, readSeed(vault.path()));
    // What is being built beside may have it; whoever builds it finds that out when it is to be moved in.
    HUB_CHECK(removeTree(careFolder(vault.path())));
    HUB_CHECK(removePackLeftovers(vault.path(), seed));
    Purge purge(vault, target, named, stop);
    PackWriter writer(vault.objects());
    HUB_CHECK(purge.run(writer));
    HUB_CHECK(writer.finish());
    HUB_CHECK(purge.moveRefs());
    return purge.rewrite();
}

Result<qint64> dropPurged(Vault &vault, const VaultRewrite &rewrite, const Named &named, const std::atomic<bool> &stop)
{
    HUB_TRY(const IdSet going, condemned(vault, rewrite, named, stop));
    const QByteArray &path = vault.path(), folder = careFolder(path) + "/purge";
    HUB_TRY(Seed seed, readSeed(path));
    if (going.empty()) {
        HUB_CHECK(removePackLeftovers(path, seed));
        return 0;
    }
    HUB_TRY(const auto packs, listPacks(path, seed));
    HUB_TRY(const auto own, buildWithout(path, packs, going, false, folder, stop));
    HUB_TRY(const auto seeded, buildWithout(path, packs, going, true, folder, stop));
    // The list before the pack is there: it must never count as one of the hub's own.
    if (!seeded.built.isEmpty() && !seed.packs.contains(seeded.built))
        seed.packs << seeded.built;
    seed.tips.removeIf([&](const ObjectId &id) { return going.contains(id); });
    HUB_CHECK(writeSeed(path, seed));
    for (const Replacement *one : {&own, &seeded}) {
        if (!one->built.isEmpty())
            HUB_CHECK(moveIn(path, folder, one->built));
    }
    HUB_CHECK(removePacks(path, own.packs + seeded.packs));
    HUB_CHECK(removeLoose(path, going));
    seed.packs.removeIf([&](const QByteArray &pack) { return seeded.packs.contains(pack); });
    HUB_CHECK(writeSeed(path, seed));
    HUB_CHECK(removeTree(careFolder(path)));
    HUB_CHECK(removePackLeftovers(path, seed)); // of a program that built beside and died when its folder went
    HUB_CHECK(vault.objects().reopen());
    return qint64(going.size());
}

} // namespace hub::git
