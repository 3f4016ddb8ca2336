#include "core/git/backups.h"

#include "core/git/gitprogram.h"

#include <QDateTime>
#include <QFile>
#include <QRegularExpression>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

const QByteArray archive = "refs/archive/heads/";
const QByteArray heads = "refs/heads/";

// Null when the name is not one that makeBackupBranch gives.
std::optional<Backup> backupNamed(const QByteArray &name)
{
    static const QRegularExpression form(
        u"\\Abackup/(.+)/([1-9][0-9]*)-([0-9]{8}T[0-9]{6})Z(?:-([1-9][0-9]{0,5}))?\\z"_s);
    const auto match = form.match(QFile::decodeName(name));
    QDateTime at = QDateTime::fromString(match.captured(3), u"yyyyMMdd'T'HHmmss"_s);
    at.setTimeSpec(Qt::UTC);
    if (!match.hasMatch() || !at.isValid())
        return std::nullopt;
    return Backup{.name = name,
                  .agent = QFile::encodeName(match.captured(1)),
                  .task = match.captured(2).toLatin1(),
                  .at = fromMillis(at.toMSecsSinceEpoch()),
                  .count = match.captured(4).isEmpty() ? 1 : match.captured(4).toInt()};
}

Result<> readBackups(const QByteArray &folder, const QByteArray &below, std::vector<Backup> &into)
{
    HUB_TRY(const QByteArray listed,
            runGit({.folder = folder,
                    .arguments = {"for-each-ref",
                                  "--format=%(objectname)%00%(refname)%00%(committeremail)%00%(parent)%00%(subject)",
                                  below + "backup/"}}));
    for (const QByteArray &line : listed.split('\n')) {
        const QList<QByteArray> words = line.split('\0');
        const auto id = words.size() == 5 ? ObjectId::fromHex(words[0]) : std::nullopt;
        auto backup = id ? backupNamed(words[1].mid(below.size())) : std::nullopt;
        const bool known = backup && std::any_of(into.begin(), into.end(),
                                                 [&](const Backup &other) { return other.name == backup->name; });
        if (!backup || known)
            continue;
        backup->commit = *id;
        backup->archived = below == archive;
        backup->ofTheHub = words[2] == "<agenthub@localhost>" && words[4].startsWith("Backup before ");
        backup->base = backup->ofTheHub ? ObjectId::fromHex(words[3]) : *id;
        into.push_back(std::move(*backup));
    }
    return {};
}

} // namespace

Result<std::vector<Backup>> listBackups(const RepositoryPlace &place, const Vault &vault)
{
    std::vector<Backup> backups;
    HUB_CHECK(readBackups(place.commonDir, heads, backups));
    HUB_CHECK(readBackups(vault.path(), archive, backups));
    std::stable_sort(backups.begin(), backups.end(), [](const Backup &a, const Backup &b) {
        return std::pair(a.at, a.count) > std::pair(b.at, b.count);
    });
    return backups;
}

Result<std::optional<Instant>> newestBackup(const RepositoryPlace &place)
{
    HUB_TRY(const QByteArray listed, runGit({.folder = place.commonDir,
                                             .arguments = {"for-each-ref", "--format=%(refname)", heads + "backup/"}}));
    std::optional<Instant> newest;
    for (const QByteArray &ref : listed.split('\n')) {
        if (const auto backup = backupNamed(ref.mid(heads.size())))
            newest = std::max(newest, std::optional(backup->at));
    }
    return newest;
}

QByteArray archiveRef(const Backup &backup) { return archive + backup.name; }

Result<> archiveBackup(Vault &vault, const RepositoryPlace &place, const Backup &backup)
{
    return archiveBranch(vault, place, backup.name, backup.commit, archiveRef(backup));
}

Result<> archiveBranch(Vault &vault, const RepositoryPlace &place, const QByteArray &branch, const ObjectId &commit,
                       const QByteArray &ref)
{
    const QString name = QFile::decodeName(branch);
    HUB_TRY(const QByteArray trees,
            runGit({.folder = place.commonDir, .arguments = {"worktree", "list", "--porcelain"}}));
    if (trees.split('\n').contains("branch " + heads + branch))
        return fail(ErrorCode::Conflict, u"a working tree has %1 checked out"_s.arg(name));
    HUB_TRY(const auto kept, vault.ref(ref));
    if (kept && *kept != commit)
        return fail(ErrorCode::Conflict, u"the vault keeps another commit under the name %1"_s.arg(name));
    HUB_CHECK(archiveCommit(vault, place, ref, commit));
    HUB_CHECK(runGit({.folder = place.commonDir,
                      .arguments = {"update-ref", "-m", "agenthub: cleanup", "-d", heads + branch, commit.hex()},
                      .writes = true}));
    return {};
}

} // namespace hub::git
