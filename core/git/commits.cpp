#include "core/git/commits.h"

#include "core/git/gitprogram.h"

#include <QFile>
#include <QRegularExpression>
#include <QSet>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

const QByteArray commitFormat = "--format=%H%x00%ct%x00%s";

std::vector<CommitInfo> parseCommits(const QByteArray &listed)
{
    std::vector<CommitInfo> commits;
    for (const QByteArray &line : listed.split('\n')) {
        const QList<QByteArray> words = line.split('\0');
        const auto id = words.size() == 3 ? ObjectId::fromHex(words[0]) : std::nullopt;
        if (id)
            commits.push_back({*id, fromMillis(words[1].toLongLong() * 1000), QString::fromUtf8(words[2])});
    }
    return commits;
}

Result<CommitInfo> describe(const RepositoryPlace &place, const ObjectId &id)
{
    HUB_TRY(
        const QByteArray listed,
        runGit({.folder = place.workTree, .arguments = {"log", "-1", "--no-show-signature", commitFormat, id.hex()}}));
    const auto commits = parseCommits(listed);
    if (commits.empty())
        return fail(ErrorCode::Git, u"git does not say what commit %1 is."_s.arg(QString::fromLatin1(id.hex())));
    return commits.front();
}

// A ref, a HEAD of any working tree, or a reflog leads to it: else git may remove it at any moment.
Result<bool> isReachable(const RepositoryPlace &place, const ObjectId &id)
{
    HUB_TRY(const QByteArray beyond,
            runGit({.folder = place.workTree,
                    .arguments = {"rev-list", "--max-count=1", id.hex(), "--not", "--all", "--reflog"}}));
    return beyond.trimmed().isEmpty();
}

// What the text may mean: as a name, and as the beginning of an id.
Result<QList<ObjectId>> meanings(const RepositoryPlace &place, const QString &text)
{
    static const QRegularExpression hex(u"\\A[0-9a-fA-F]{4,40}\\z"_s);
    QList<QByteArray> found;
    if (hex.match(text).hasMatch()) {
        HUB_TRY(const QByteArray listed,
                runGit({.folder = place.workTree, .arguments = {"rev-parse", "--disambiguate=" + text.toLatin1()}}));
        found = listed.split('\n');
    }
    HUB_TRY(const GitOutput named,
            tryGit({.folder = place.workTree,
                    .arguments = {"rev-parse", "--verify", "--quiet", QFile::encodeName(text) + "^{commit}"}}));
    if (named.exitCode == 0)
        found << named.out;
    QList<ObjectId> commits;
    for (const QByteArray &line : found) {
        const auto id = ObjectId::fromHex(line.trimmed());
        if (!id || commits.contains(*id))
            continue;
        HUB_TRY(const GitOutput type, tryGit({.folder = place.workTree, .arguments = {"cat-file", "-t", id->hex()}}));
        if (type.out.trimmed() == "commit")
            commits << *id;
    }
    return commits;
}

} // namespace

Result<CommitInfo> findCommit(const RepositoryPlace &place, const QString &text)
{
    if (text.startsWith(u'-'))
        return fail(ErrorCode::InvalidInput, u"'%1' is no commit."_s.arg(text));
    HUB_TRY(const auto candidates, meanings(place, text));
    std::vector<CommitInfo> commits;
    for (const ObjectId &id : candidates) {
        HUB_TRY(const bool reachable, isReachable(place, id));
        if (!reachable)
            continue;
        HUB_TRY(const CommitInfo commit, describe(place, id));
        commits.push_back(commit);
    }
    if (commits.size() == 1)
        return commits.front();
    if (commits.empty())
        return fail(ErrorCode::NotFound,
                    u"No branch, tag, HEAD or reflog of %1 leads to a commit '%2'; nothing was changed."_s.arg(
                        QFile::decodeName(place.workTree), text));
    Error error =
        fail(ErrorCode::Ambiguous, u"'%1' may be %2 commits; nothing was changed."_s.arg(text).arg(commits.size()),
             u"Give more of the id."_s);
    for (const CommitInfo &commit : commits)
        error.candidates << QString::fromLatin1(commit.id.hex()) + u' ' + commit.subject;
    return error;
}

Result<std::vector<CommitInfo>> recentCommits(const RepositoryPlace &place, const QByteArray &base, qint64 limit)
{
    HUB_TRY(const HeadState head, readHead(place));
    if (!head.commit)
        return std::vector<CommitInfo>();
    QList<QByteArray> words{"log", "--no-show-signature", "--max-count=" + QByteArray::number(limit), commitFormat,
                            "HEAD"};
    if (!base.isEmpty())
        words << "^" + base;
    HUB_TRY(const QByteArray listed, runGit({.folder = place.workTree, .arguments = words}));
    auto commits = parseCommits(listed);
    const auto id = ObjectId::fromHex(base);
    if (id && qint64(commits.size()) < limit) {
        if (auto first = describe(place, *id))
            commits.push_back(*std::move(first));
    }
    return commits;
}

Result<std::optional<ObjectId>> parentOf(const RepositoryPlace &place, const ObjectId &commit)
{
    HUB_TRY(const GitOutput parent,
            tryGit({.folder = place.workTree, .arguments = {"rev-parse", "--verify", "--quiet", commit.hex() + "^"}}));
    return ObjectId::fromHex(parent.out.trimmed());
}

Result<qint64> filesDiffering(const RepositoryPlace &place, const ObjectId &commit, bool untrackedToo)
{
    const auto paths = [&](QList<QByteArray> words) -> Result<QSet<QByteArray>> {
        HUB_TRY(const QByteArray listed, runGit({.folder = place.workTree, .arguments = std::move(words)}));
        const QList<QByteArray> parts = listed.split('\0');
        QSet<QByteArray> set(parts.begin(), parts.end());
        set.remove({});
        return set;
    };
    HUB_TRY(auto differing, paths({"diff", "--name-only", "--no-renames", "--no-ext-diff", "-z", commit.hex(), "--"}));
    if (!untrackedToo)
        return differing.size();
    HUB_TRY(const auto others, paths({"ls-files", "-z", "--others", "--exclude-standard"}));
    HUB_TRY(const auto held, paths({"ls-tree", "-r", "-z", "--name-only", "--full-tree", commit.hex()}));
    for (const QByteArray &path : others) {
        // Git takes what its index lacks for deleted; whether it is equal only its content tells.
        if (!held.contains(path)) {
            differing.insert(path);
            continue;
        }
        HUB_TRY(const GitOutput then,
                tryGit({.folder = place.workTree,
                        .arguments = {"rev-parse", "--verify", "--quiet", commit.hex() + ':' + path}}));
        HUB_TRY(const GitOutput now,
                tryGit({.folder = place.workTree, .arguments = {"hash-object", "--path=" + path, "--", path}}));
        if (now.exitCode == 0 && now.out == then.out)
            differing.remove(path);
    }
    return differing.size();
}

} // namespace hub::git
