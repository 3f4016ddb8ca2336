#include "core/git/repairbuild.h"

#include "core/base/durablefile.h"
#include "core/git/gitprogram.h"

#include <QFile>
#include <QSet>

#include <cerrno>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

const QByteArray nothingYet(40, '0');

QList<QByteArray> linesOf(const QByteArray &text)
{
    QList<QByteArray> lines = text.split('\n');
    lines.removeAll({});
    return lines;
}

bool belongsToTree(const QByteArray &ref)
{
    return ref.startsWith("refs/bisect/") || ref.startsWith("refs/worktree/") || ref.startsWith("refs/rewritten/");
}

// "worktrees/NAME/…" → NAME
QByteArray linkedNameOf(const QByteArray &path)
{
    return path.startsWith("worktrees/") ? path.mid(10, path.indexOf('/', 10) - 10) : QByteArray();
}

// Somebody made a new repository there: it shares no object and no ref with the recorded one.
bool isForeign(const Record &record, const GitFolder &old, const QByteArray &commonDir)
{
    const auto store = ObjectStore::open(commonDir + "/objects");
    for (const auto &[name, value] : record.folder.refs) {
        const auto id = ObjectId::fromHex(value);
        const auto same = old.refs.find(name);
        if (id && ((store && (*store)->has(*id)) || (same != old.refs.end() && same->second == value)))
            return false;
    }
    return true;
}

} // namespace

RepairBuild::RepairBuild(const Vault &vault, const Record &record, const RepairRequest &request, QByteArray commonDir,
                         QByteArray target)
    : m_vault(vault)
    , m_record(record)
    , m_request(request)
    , m_commonDir(std::move(commonDir))
    , m_target(std::move(target))
    , m_old(readGitFolder(m_commonDir))
    , m_foreign(isForeign(record, m_old, m_commonDir))
    , m_new(record.folder)
{
    if (m_foreign)
        m_old = {};
}

RepositoryPlace RepairBuild::placeOf(const QByteArray &name) const
{
    const auto linked = m_new.linked.find(name);
    return {linked == m_new.linked.end() ? m_request.workTree : linked->second, entryOf(name), m_target};
}

Result<> RepairBuild::build(RepairReport &report)
{
    m_report = report;
    HUB_CHECK(makeFrame());
    HUB_CHECK(fillObjects());
    HUB_CHECK(decideRefs());
    decideLinked();
    HUB_CHECK(writeRefs());
    HUB_CHECK(writeFiles());
    HUB_CHECK(writeLogs());
    QList<QByteArray> trees{{}};
    for (const auto &[name, unused] : m_new.linked)
        trees << name;
    for (const QByteArray &name : std::as_const(trees)) {
        HUB_CHECK(writeTree(name));
        if (!m_foreign)
            carryOver(name);
    }
    HUB_CHECK(setPermissions());
    m_report.wasAnother = m_foreign && ::access(m_commonDir.constData(), F_OK) == 0;
    report = m_report;
    return {};
}

// As much as git needs to work in it.
Result<> RepairBuild::makeFrame()
{
    for (const char *folder : {"/objects/pack", "/objects/info", "/refs/heads", "/refs/tags", "/info", "/hooks"})
        HUB_CHECK(makeFolders(m_target + folder));
    HUB_CHECK(writeFileDurably(m_target + "/HEAD", "ref: refs/heads/none\n", 0644));
    return writeFileDurably(m_target + "/config", "[core]\n\trepositoryformatversion = 0\n", 0644);
}

Result<> RepairBuild::fillObjects()
{
    std::set<ObjectId> tips;
    for (const auto &[name, value] : m_record.folder.refs) {
        if (const auto id = ObjectId::fromHex(value))
            tips.insert(*id);
    }
    for (const auto &[name, log] : m_record.folder.logs) {
        for (const QByteArray &line : linesOf(log)) {
            if (const auto id = loggedId(line); id && m_vault.objects().has(*id))
                tips.insert(*id);
        }
    }
    HUB_CHECK(fillFromVault(m_vault, QList<ObjectId>(tips.begin(), tips.end()), m_target));
    // Where a history was cut off, either of the two may say.
    QSet<QByteArray> shallow;
    for (const GitFolder *folder : std::initializer_list<const GitFolder *>{&m_record.folder, &m_old}) {
        if (const auto file = folder->files.find("shallow"); file != folder->files.end()) {
            for (const QByteArray &line : linesOf(file->second.bytes)) {
                if (ObjectId::fromHex(line))
                    shallow.insert(line);
            }
        }
    }
    m_new.files.erase("shallow");
    HUB_TRY(const TakenOver taken,
            m_foreign ? Result(TakenOver()) : takeOverObjects(m_commonDir + "/objects", m_target));
    m_report.takenOver = taken.objects;
    m_report.unreadable = taken.unreadable;
    HUB_TRY(const auto store, ObjectStore::open(m_target + "/objects"));
    QByteArray lines;
    for (const QByteArray &line : std::as_const(shallow)) {
        if (store->has(*ObjectId::fromHex(line)))
            lines += line + '\n';
    }
    if (!lines.isEmpty())
        HUB_CHECK(writeFileDurably(m_target + "/shallow", lines, 0644));
    return {};
}

// A ref of the old folder counts where all that it names is here: it is what happened last.
Result<> RepairBuild::decideRefs()
{
    HUB_TRY(const auto store, ObjectStore::open(m_target + "/objects"));
    std::map<QByteArray, ObjectId> candidates;
    for (const auto &[name, value] : m_old.refs) {
        const auto id = ObjectId::fromHex(value);
        const auto recorded = m_record.folder.refs.find(name);
        if (id && store->has(*id) && (recorded == m_record.folder.refs.end() || recorded->second != value))
            candidates.emplace(name, *id);
        if (!id && name.startsWith("refs/") && recorded == m_record.folder.refs.end())
            m_new.refs[name] = value;
    }
    const auto connected = [&](const QByteArray &input) -> Result<bool> {
        HUB_TRY(const auto checked,
                tryGit({.arguments = {"--git-dir", m_target, "rev-list", "--objects", "--stdin", "--quiet"},
                        .input = input,
                        .timeLimit = std::chrono::hours{2}}));
        return checked.exitCode == 0;
    };
    QByteArray all;
    for (const auto &[name, id] : candidates)
        all += id.hex() + '\n';
    HUB_TRY(const bool whole, all.isEmpty() ? Result(true) : connected(all));
    for (const auto &[name, id] : candidates) {
        HUB_TRY(const bool good, whole ? Result(true) : connected(id.hex() + '\n'));
        if (!good)
            continue;
        m_new.refs[name] = id.hex();
        m_report.newer << name;
    }
    for (const auto &[name, folder] : m_old.linked)
        m_new.linked.emplace(name, folder);
    m_new.refs["HEAD"] = decideHead("HEAD");
    for (const auto &[name, unused] : m_new.linked)
        m_new.refs["worktrees/" + name + "/HEAD"] = decideHead("worktrees/" + name + "/HEAD");
    for (const auto &[name, value] : m_new.refs) {
        m_report.branches += name.startsWith("refs/heads/") ? 1 : 0;
        m_report.tags += name.startsWith("refs/tags/") ? 1 : 0;
    }
    return {};
}

QByteArray RepairBuild::decideHead(const QByteArray &name) const
{
    const auto old = m_old.refs.find(name);
    const auto recorded = m_record.folder.refs.find(name);
    const auto now = m_new.refs.find(name);
    if (old != m_old.refs.end()) {
        if (!old->second.startsWith("ref: ") && now != m_new.refs.end() && now->second == old->second)
            return old->second;
        if (old->second.startsWith("ref: ") && m_new.refs.contains(old->second.mid(5)))
            return old->second;
    }
    if (recorded != m_record.folder.refs.end())
        return recorded->second;
    return old != m_old.refs.end() && old->second.startsWith("ref: ") ? old->second : "ref: refs/heads/main";
}

bool RepairBuild::isLeft(const QByteArray &name) const
{
    const QByteArray lock = "worktrees/" + name + "/locked";
    return !linksTo(m_new.linked.at(name), m_commonDir, name) && !m_record.folder.files.contains(lock) &&
           !m_old.files.contains(lock);
}

void RepairBuild::decideLinked()
{
    QSet<QByteArray> left;
    for (const auto &[name, folder] : m_new.linked) {
        if (isLeft(name)) {
            left.insert(name);
            m_report.treesLeft << folder;
        } else {
            m_report.trees << folder;
        }
    }
    const auto isOfLeft = [&](const auto &entry) { return left.contains(linkedNameOf(entry.first)); };
    std::erase_if(m_new.linked, [&](const auto &entry) { return left.contains(entry.first); });
    std::erase_if(m_new.refs, isOfLeft);
    std::erase_if(m_new.logs, isOfLeft);
    for (const auto &[name, file] : m_old.files) {
        const auto recorded = m_record.folder.files.find(name);
        if (name != "shallow" && recorded == m_record.folder.files.end())
            m_new.files[name] = file;
        else if (name != "shallow" && !(recorded->second == file))
            m_report.recordedNot << name;
    }
    std::erase_if(m_new.files, isOfLeft);
}

Result<> RepairBuild::writeRefs()
{
    QByteArray packed = "# pack-refs with: sorted \n";
    for (const auto &[name, value] : m_new.refs) {
        if (belongsToTree(name))
            continue; // comes with the operation that it is part of
        if (name.startsWith("refs/") && !value.startsWith("ref: "))
            packed += value + ' ' + name + '\n';
        else
            HUB_CHECK(writeFileDurably(m_target + '/' + name, value + '\n', 0644));
    }
    return writeFileDurably(m_target + "/packed-refs", packed, 0644);
}

Result<> RepairBuild::writeFiles()
{
    for (const auto &[name, file] : m_new.files) {
        const QByteArray path = m_target + '/' + name;
        if (name.startsWith("hooks/") && !name.endsWith(".sample"))
            ++m_report.hooks;
        if (file.link) {
            HUB_CHECK(makeFolders(path.first(path.lastIndexOf('/'))));
            if (::symlink(file.bytes.constData(), path.constData()) != 0 && errno != EEXIST)
                return systemError(errno, u"link", path);
            continue;
        }
        HUB_CHECK(writeFileDurably(path, file.bytes, file.permissions));
        if (::chmod(path.constData(), file.permissions) != 0)
            return systemError(errno, u"change mode of", path);
    }
    return {};
}

// The reflog that ends at the ref's value, the old folder's first; entries whose commit is gone everywhere are left
// out, since git would stumble over them.
QByteArray RepairBuild::decideLog(const QByteArray &ref, ObjectStore &store) const
{
    const auto value = m_new.resolve(ref);
    if (!value)
        return {};
    QByteArray longest;
    for (const GitFolder *folder : {&m_old, &m_record.folder}) {
        const auto found = folder->logs.find(ref);
        if (found == folder->logs.end())
            continue;
        QByteArray log, last;
        for (const QByteArray &line : linesOf(found->second)) {
            const auto id = loggedId(line);
            if (!id || !store.has(*id))
                continue;
            const auto before = ObjectId::fromHex(line.first(40));
            const bool good = before && (before->isNull() || store.has(*before));
            log += (good ? line : (last.isEmpty() ? nothingYet : last) + line.mid(40)) + '\n';
            last = id->hex();
        }
        if (last == value->hex())
            return log;
        if (log.size() > longest.size())
            longest = log;
    }
    if (longest.isEmpty() && ref != "refs/stash")
        return longest;
    const QList<QByteArray> lines = linesOf(longest);
    return longest + (lines.isEmpty() ? nothingYet : lines.last().mid(41, 40)) + ' ' + value->hex() +
           " AgentHub <agenthub@localhost> " + QByteArray::number(toMillis(m_request.time) / 1000) +
           " +0000\tagenthub: repaired\n";
}

Result<> RepairBuild::writeLogs()
{
    HUB_TRY(const auto store, ObjectStore::open(m_target + "/objects"));
    for (const auto &[ref, unused] : m_new.refs) {
        const QByteArray log = decideLog(ref, *store);
        if (log.isEmpty())
            continue;
        if (ref == "refs/stash")
            m_report.stashes = linesOf(log).size();
        const QByteArray linked = linkedNameOf(ref);
        const QByteArray path =
            linked.isEmpty() ? m_target + "/logs/" + ref : m_target + "/worktrees/" + linked + "/logs/HEAD";
        HUB_CHECK(writeFileDurably(path, log, 0644));
    }
    return {};
}

// Folders as the old one was, or else as the working tree is: the account's other users read what they could.
Result<> RepairBuild::setPermissions()
{
    struct stat like;
    if (::stat(m_commonDir.constData(), &like) != 0 && ::stat(m_request.workTree.constData(), &like) != 0)
        return systemError(errno, u"look at", m_request.workTree);
    const mode_t folderMode = (like.st_mode & 07777) | 0700;
    const auto set = [&](const QByteArray &path, const auto &again) -> Result<> {
        struct stat info;
        if (::lstat(path.constData(), &info) != 0)
            return systemError(errno, u"look at", path);
        if (S_ISDIR(info.st_mode)) {
            if (::chmod(path.constData(), folderMode) != 0)
                return systemError(errno, u"change mode of", path);
            for (const QByteArray &name : namesBelow(path))
                HUB_CHECK(again(path + '/' + name, again));
        } else if (path.startsWith(m_target + "/objects/") &&
                   ::chmod(path.constData(), 0400 | (folderMode & 0044)) != 0) {
            return systemError(errno, u"change mode of", path);
        }
        return {};
    };
    for (const char *folder : {"/objects", "/refs", "/info", "/hooks", "/logs", "/worktrees"}) {
        struct stat info;
        if (::lstat((m_target + folder).constData(), &info) == 0)
            HUB_CHECK(set(m_target + folder, set));
    }
    return ::chmod(m_target.constData(), folderMode) == 0 ? Result<>()
                                                          : Result<>(systemError(errno, u"change mode of", m_target));
}

Result<> RepairBuild::check() const
{
    const auto git = [&](QList<QByteArray> words) {
        return runGit({.folder = m_request.workTree,
                       .arguments = QList<QByteArray>{"--git-dir", m_target} + words,
                       .timeLimit = std::chrono::hours{2}});
    };
    HUB_CHECK(git({"fsck", "--connectivity-only", "--no-dangling", "--no-progress"}));
    HUB_TRY(const QByteArray listed, git({"for-each-ref", "--format=%(refname) %(objectname)"}));
    std::map<QByteArray, QByteArray> refs;
    for (const QByteArray &line : linesOf(listed))
        refs[line.first(line.indexOf(' '))] = line.mid(line.indexOf(' ') + 1);
    for (const auto &[name, value] : m_new.refs) {
        if (!name.startsWith("refs/") || belongsToTree(name) || !m_new.resolve(name))
            continue;
        const auto found = refs.find(name);
        if (found == refs.end() || found->second != m_new.resolve(name)->hex())
            return fail(ErrorCode::Internal,
                        u"The repaired repository has not %1 as recorded."_s.arg(QString::fromUtf8(name)));
    }
    HUB_TRY(const QByteArray trees, git({"worktree", "list", "--porcelain", "-z"}));
    for (const auto &[name, folder] : m_new.linked) {
        if (!trees.split('\0').contains("worktree " + folder))
            return fail(ErrorCode::Internal,
                        u"The repaired repository does not know the working tree %1."_s.arg(QFile::decodeName(folder)));
    }
    return {};
}

} // namespace hub::git
