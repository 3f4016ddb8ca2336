#include "core/git/displaced.h"

#include "core/git/gitprogram.h"
#include "core/git/refwatch.h"

#include <QDateTime>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

const QByteArray heldFolder = "refs/agenthub/moved/", archiveFolder = "refs/archive/moved/";

// Of this ref, as names below those folders have it.
QByteArray stemOf(const QByteArray &ref) { return (ref.startsWith("refs/heads/") ? ref.mid(11) : ref) + '-'; }

Result<> updateRef(const RepositoryPlace &place, const QList<QByteArray> &words)
{
    HUB_CHECK(runGit({.folder = place.commonDir,
                      .arguments = QList<QByteArray>{"-c", "core.hooksPath=/dev/null", "update-ref"} + words,
                      .writes = true}));
    return {};
}

} // namespace

Result<QByteArray> holdDisplaced(const RepositoryPlace &place, const QByteArray &ref, const QByteArray &value)
{
    const auto id = commitOf(place, value);
    if (!id)
        return QByteArray();
    const QByteArray held = heldFolder + stemOf(ref) + id->hex();
    HUB_CHECK(updateRef(place, {held, id->hex()}));
    HUB_CHECK(syncRef(place, held));
    return held;
}

Result<> dropHeld(const RepositoryPlace &place, const QByteArray &held)
{
    return held.isEmpty() ? Result<>() : updateRef(place, {"-d", held});
}

Result<QByteArray> archiveDisplaced(Vault &vault, const RepositoryPlace &place, const QByteArray &ref,
                                    const QByteArray &value, Instant now)
{
    const auto id = commitOf(place, value);
    if (!id)
        return QByteArray();
    const QByteArray stem = archiveFolder + stemOf(ref);
    HUB_TRY(const auto refs, vault.refs());
    for (auto it = refs.lower_bound(stem); it != refs.end() && it->first.startsWith(stem); ++it) {
        if (it->second == *id)
            return it->first;
    }
    const QByteArray first =
        stem + QDateTime::fromMSecsSinceEpoch(toMillis(now), Qt::UTC).toString(u"yyyyMMdd'T'HHmmss'Z'").toLatin1();
    QByteArray name = first;
    for (int n = 2; refs.contains(name); ++n)
        name = first + '-' + QByteArray::number(n);
    HUB_CHECK(archiveCommit(vault, place, name, *id));
    return name;
}

Result<> archiveHeld(Vault &vault, const RepositoryPlace &place, Instant now)
{
    HUB_TRY(const auto refs, readRefs(place));
    for (auto it = refs.lower_bound(heldFolder); it != refs.end() && it->first.startsWith(heldFolder); ++it) {
        const QByteArray name = it->first.mid(heldFolder.size());
        HUB_CHECK(archiveDisplaced(vault, place, name.first(std::max<qsizetype>(name.lastIndexOf('-'), 0)),
                                   it->second.hex(), now));
        HUB_CHECK(dropHeld(place, it->first));
    }
    return {};
}

} // namespace hub::git
