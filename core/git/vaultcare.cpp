#include "core/git/vaultcare.h"

#include "core/base/durablefile.h"
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

constexpr int worthwhile = 5; // a pack is written anew when one part in so many of it goes

QByteArray careFolder(const QByteArray &vault) { return vault + "/care"; }

// Nothing of an interrupted try is used again.
Result<CareWork> newWork(Vault &vault, CareKind kind)
{
    HUB_TRY(const Seed seed, readSeed(vault.path()));
    HUB_CHECK(removeTree(careFolder(vault.path())));
    HUB_CHECK(removePackLeftovers(vault.path(), seed));
    static std::atomic<int> number{0};
    CareWork work{.kind = kind, .vault = vault.path()};
    // Of its own each time: a git that outlived its hub may still be writing into the last one.
    work.folder = careFolder(work.vault) + '/' + QByteArray::number(::getpid()) + '-' + QByteArray::number(++number);
    HUB_TRY(work.packs, listPacks(work.vault, seed));
    work.seedTips = seed.tips;
    return work;
}

Result<PackIndex> indexOf(const QByteArray &vault, const QByteArray &name)
{
    return PackIndex::open(packPath(vault, name, ".idx"));
}

// Commits and trees, for these name other objects.
Result<> addNamers(const ObjectStore &store, const ObjectId &id, std::set<ObjectId> &to)
{
    HUB_TRY(const auto header, store.header(id));
    if (header.first != ObjectType::Blob)
        to.insert(id);
    return {};
}

Result<> addNamersOf(const Vault &vault, const QByteArray &pack, std::set<ObjectId> &to)
{
    HUB_TRY(const PackIndex index, indexOf(vault.path(), pack));
    for (qint64 i = 0; i < index.count(); ++i)
        HUB_CHECK(addNamers(vault.objects(), index.id(i), to));
    return {};
}

Result<std::set<ObjectId>> namedByRefs(const Vault &vault)
{
    std::set<ObjectId> ids;
    HUB_TRY(const auto refs, vault.refs());
    for (const auto &[name, id] : refs)
        ids.insert(id);
    return ids;
}

// Those of which enough would go. What stays in the others is to stay whole, so it joins the roots.
Result<> choosePacks(CareWork &work, Instant before, const std::atomic<bool> &stop)
{
    std::vector<ObjectId> reached;
    HUB_CHECK(walk(work.vault, work.roots, work.seedTips, &stop, [&](const ObjectId &id) { reached.push_back(id); }));
    std::sort(reached.begin(), reached.end());
    HUB_TRY(const auto store, ObjectStore::open(work.vault + "/objects"));
    for (const PackFile &pack : work.packs) {
        if (pack.seeded || pack.writtenAt >= before)
            continue;
        HUB_TRY(const PackIndex index, indexOf(work.vault, pack.name));
        const auto sizes = index.sizes(pack.bytes);
        std::vector<ObjectId> unneeded;
        qint64 bytes = 0;
        for (qint64 i = 0; i < index.count(); ++i) {
            if (const ObjectId id = index.id(i); !std::binary_search(reached.begin(), reached.end(), id)) {
                unneeded.push_back(id);
                bytes += sizes[size_t(i)];
            }
        }
        if (bytes * worthwhile >= pack.bytes) {
            work.chosen << pack.name;
            work.youngest = std::max(work.youngest, pack.writtenAt);
        } else {
            for (const ObjectId &id : unneeded)
                HUB_CHECK(addNamers(*store, id, work.roots));
        }
    }
    return {};
}

GitCall packCall(const CareWork &work, const std::atomic<bool> &stop)
{
    const bool merge = work.kind == CareKind::Merge;
    GitCall call = careCall(work.vault, {"pack-objects", "-q", "--delta-base-offset", "--non-empty"}, &stop);
    for (const PackFile &pack : work.packs) {
        if (merge)
            call.input += (work.chosen.contains(pack.name) ? "" : "^") + pack.name + ".pack\n";
        else if (!work.chosen.contains(pack.name))
            call.arguments << "--keep-pack=" + pack.name + ".pack";
    }
    call.arguments << (merge ? "--stdin-packs" : "--revs");
    if (!merge)
        call.input = revisions(work.roots, work.seedTips);
    call.arguments << work.folder + "/pack";
    return call;
}

// As old as its youngest object, and on the disk.
Result<> finishBuilt(const CareWork &work)
{
    for (const char *ending : {".pack", ".idx"}) {
        const QByteArray path = work.folder + '/' + work.built + ending;
        HUB_TRY(const FileHandle file, openFile(path, O_RDONLY));
        const auto written = toMillis(work.youngest);
        const timespec time{written / 1000, (written % 1000) * 1000000};
        const timespec times[2]{time, time};
        if (::futimens(file.fd(), times) != 0)
            return systemError(errno, u"date", path);
        HUB_CHECK(syncFile(file.fd(), path));
    }
    return {};
}

// What is to go and is in none of the packs that stay.
class Going
{
public:
    static Result<Going> open(const CareWork &work, const QList<PackFile> &now)
    {
        Going going;
        for (const PackFile &pack : now) {
            HUB_TRY(PackIndex index, indexOf(work.vault, pack.name));
            (work.chosen.contains(pack.name) ? going.m_chosen : going.m_staying).push_back(std::move(index));
        }
        if (!work.built.isEmpty()) {
            HUB_TRY(PackIndex index, PackIndex::open(work.folder + '/' + work.built + ".idx"));
            going.m_staying.push_back(std::move(index));
            std::swap(going.m_staying.front(), going.m_staying.back()); // most are there
        }
        return going;
    }
    bool contains(const ObjectId &id) const { return isIn(m_chosen, id) && !isIn(m_staying, id); }
    qint64 count() const
    {
        qint64 number = 0;
        for (const PackIndex &index : m_chosen) {
            for (qint64 i = 0; i < index.count(); ++i)
                number += !isIn(m_staying, index.id(i));
        }
        return number;
    }

private:
    static bool isIn(const std::vector<PackIndex> &packs, const ObjectId &id)
    {
        return std::any_of(packs.begin(), packs.end(), [&](const PackIndex &index) { return index.contains(id); });
    }
    std::vector<PackIndex> m_chosen, m_staying;
};

// Whether what came since the plan needs something of what is to go.
Result<bool> neededAgain(const Vault &vault, const CareWork &work, const QList<PackFile> &now, const Going &going)
{
    HUB_TRY(auto roots, namedByRefs(vault));
    for (const PackFile &pack : now) {
        if (std::none_of(work.packs.begin(), work.packs.end(), [&](const auto &p) { return p.name == pack.name; }))
            HUB_CHECK(addNamersOf(vault, pack.name, roots));
    }
    QList<ObjectId> known = work.seedTips;
    for (const ObjectId &id : work.roots) {
        roots.erase(id);
        known << id;
    }
    bool needed = false;
    HUB_CHECK(
        walk(work.vault, roots, known, nullptr, [&](const ObjectId &id) { needed = needed || going.contains(id); }));
    return needed;
}

Result<> moveIn(const CareWork &work)
{
    for (const char *ending : {".pack", ".idx"}) {
        const QByteArray from = work.folder + '/' + work.built + ending;
        if (::rename(from.constData(), packPath(work.vault, work.built, ending).constData()) != 0)
            return systemError(errno, u"rename", from);
    }
    return syncFolder(work.vault + "/objects/pack");
}

} // namespace

Result<std::optional<CareWork>> planMerge(Vault &vault, const CareRules &rules, Instant now)
{
    HUB_TRY(CareWork work, newWork(vault, CareKind::Merge));
    const Instant before = now - rules.grace;
    for (const bool young : {true, false}) {
        QList<PackFile> some;
        for (const PackFile &pack : work.packs) {
            if (!pack.seeded && (pack.writtenAt >= before) == young)
                some << pack;
        }
        if (some.size() <= rules.mostPacks)
            continue;
        // A large one waits until the smaller ones together are as large: so each byte is written anew only so often
        // that a vault doubles, not at each merge.
        std::sort(some.begin(), some.end(), [](const auto &a, const auto &b) { return a.bytes < b.bytes; });
        qint64 sum = 0;
        for (qsizetype i = 0; i < some.size() && (i <= some.size() / 2 || some[i].bytes <= sum); ++i) {
            sum += some[i].bytes;
            work.chosen << some[i].name;
            work.youngest = std::max(work.youngest, some[i].writtenAt);
        }
        return std::optional(std::move(work));
    }
    return std::optional<CareWork>();
}

Result<CareWork> planSweep(Vault &vault, const CareRules &rules, Instant now, const QList<ObjectId> &keep)
{
    const Instant before = now - rules.grace;
    HUB_CHECK(vault.expireRetired(before));
    HUB_TRY(CareWork work, newWork(vault, CareKind::Sweep));
    work.youngest = before;
    HUB_TRY(work.roots, namedByRefs(vault));
    for (const ObjectId &id : keep) {
        if (vault.objects().has(id))
            work.roots.insert(id);
    }
    for (const PackFile &pack : work.packs) {
        if (!pack.seeded && pack.writtenAt >= before)
            HUB_CHECK(addNamersOf(vault, pack.name, work.roots));
    }
    return work;
}

Result<> buildPack(CareWork &work, const std::atomic<bool> &stop)
{
    if (work.kind == CareKind::Sweep)
        HUB_CHECK(choosePacks(work, std::exchange(work.youngest, Instant{}), stop));
    if (work.chosen.isEmpty())
        return {};
    HUB_CHECK(makeFolders(work.folder));
    HUB_TRY(const QByteArray named, runGit(packCall(work, stop)));
    if (const QByteArray id = named.trimmed(); !id.isEmpty()) {
        work.built = "pack-" + id;
        HUB_CHECK(finishBuilt(work));
    }
    return {};
}

Result<CareReport> installPack(Vault &vault, const CareWork &work)
{
    CareReport report;
    if (work.chosen.isEmpty())
        return report;
    HUB_TRY(const Seed seed, readSeed(work.vault));
    HUB_TRY(const auto now, listPacks(work.vault, seed));
    QList<QByteArray> leaving;
    for (const PackFile &pack : now) {
        if (!work.chosen.contains(pack.name))
            continue;
        ++report.packsBefore;
        report.bytesBefore += pack.bytes;
        if (pack.name != work.built) // one pack alone, of which nothing goes, has the same name again
            leaving << pack.name;
    }
    {
        HUB_TRY(const Going going, Going::open(work, now));
        report.dropped = going.count();
        if (report.dropped > 0 && work.kind == CareKind::Merge)
            return fail(ErrorCode::Internal,
                        u"The merged pack lacks %1 objects of the old ones; those stay."_s.arg(report.dropped));
        HUB_TRY(report.postponed, report.dropped > 0 ? neededAgain(vault, work, now, going) : Result<bool>(false));
    }
    if (report.postponed) {
        HUB_CHECK(removeTree(work.folder));
        return report;
    }
    if (!work.built.isEmpty()) {
        struct stat info;
        if (::stat((work.folder + '/' + work.built + ".pack").constData(), &info) != 0)
            return systemError(errno, u"read", work.folder);
        report.packsAfter = 1;
        report.bytesAfter = info.st_size;
        HUB_CHECK(moveIn(work));
    }
    HUB_CHECK(removePacks(work.vault, leaving));
    HUB_CHECK(removeTree(work.folder));
    HUB_CHECK(vault.objects().reopen());
    return report;
}

Result<VaultSize> vaultSize(const QByteArray &vault)
{
    HUB_TRY(const Seed seed, readSeed(vault));
    HUB_TRY(const auto packs, listPacks(vault, seed));
    VaultSize size;
    for (const PackFile &pack : packs) {
        size.packs += !pack.seeded;
        (pack.seeded ? size.seededBytes : size.bytes) += pack.bytes;
    }
    return size;
}

} // namespace hub::git
