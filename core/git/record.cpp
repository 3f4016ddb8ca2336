#include "core/git/record.h"

#include "core/base/durablefile.h"
#include "core/git/indextree.h"
#include "core/git/statefiles.h"
#include "core/git/treeobject.h"

#include <QCryptographicHash>
#include <QFile>

#include <set>
#include <sys/stat.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

const QByteArray recordFolder = "refs/records/";
constexpr qint64 keptRecords = 100;
constexpr qsizetype keptLines = 200; // of a reflog; of the stash's all, since there it is the only list

QByteArray commitText(const ObjectId &tree, const QList<ObjectId> &parents, Instant time, const QByteArray &message)
{
    const QByteArray who = " AgentHub <agenthub@localhost> " + QByteArray::number(toMillis(time) / 1000) + " +0000\n";
    QByteArray text = "tree " + tree.hex() + '\n';
    for (const ObjectId &parent : parents)
        text += "parent " + parent.hex() + '\n';
    return text + "author" + who + "committer" + who + '\n' + message + '\n';
}

// Refs go into one file for each kind, so that a moved branch does not write ten thousand tags again.
QByteArray kindOf(const QByteArray &ref)
{
    return ref.startsWith("refs/") ? "refs-" + ref.mid(5, ref.indexOf('/', 5) < 0 ? -1 : ref.indexOf('/', 5) - 5)
                                   : QByteArray("HEAD");
}

QByteArray newestLines(const QByteArray &log)
{
    qsizetype at = log.size();
    for (qsizetype lines = 0; lines <= keptLines; ++lines) {
        at = at > 0 ? log.lastIndexOf('\n', at - 1) : -1;
        if (at < 0)
            return log;
    }
    return log.mid(at + 1);
}

struct Parts {
    ObjectId commit;
    std::map<QByteArray, ObjectId> entries;
    QList<ObjectId> parents;
};

Result<Parts> partsOf(const ObjectSource &source, const ObjectId &commit)
{
    HUB_TRY(const CommitObject object, readCommit(source, commit));
    HUB_TRY(const auto entries, readTree(source, object.tree));
    Parts parts{.commit = commit, .parents = object.parents};
    for (const TreeEntry &entry : entries)
        parts.entries[entry.name] = entry.id;
    return parts;
}

Result<std::map<QByteArray, QByteArray>> textsIn(const ObjectSource &source, const ObjectId &tree)
{
    std::map<QByteArray, QByteArray> texts;
    HUB_TRY(const auto flat, flattenTree(source, tree));
    for (const auto &[name, held] : flat) {
        HUB_TRY(const RawObject object, source.read(held.id));
        texts[name] = object.bytes;
    }
    return texts;
}

std::optional<qint64> newestNumber(const Vault &vault)
{
    std::optional<qint64> newest;
    for (const QByteArray &name : namesBelow(vault.path() + '/' + recordFolder.chopped(1))) {
        if (const qint64 number = name.toLongLong(); number > newest.value_or(0))
            newest = number;
    }
    return newest;
}

class Recorder
{
public:
    Recorder(Vault &vault, const RepositoryPlace &place, Instant time)
        : m_vault(vault)
        , m_place(place)
        , m_time(time)
        , m_user(place)
        , m_writer(std::make_unique<PackWriter>(vault.objects()))
    {
    }

    Result<std::optional<ObjectId>> take()
    {
        m_folder = readGitFolder(m_place.commonDir);
        for (auto &[ref, log] : m_folder.logs) {
            if (ref != "refs/stash")
                log = newestLines(log);
        }
        const qint64 number = newestNumber(m_vault).value_or(0);
        if (number > 0) {
            HUB_TRY(m_before, newestRecord(m_vault));
            if (const QString lost = lostParts(*m_before, m_folder, m_place.commonDir); !lost.isEmpty())
                return fail(ErrorCode::Corrupt, lost, u"agenthubctl projects repair"_s);
            if (m_before->place == m_place && sameAs(m_before->folder))
                return std::optional<ObjectId>();
        }
        HUB_CHECK(import());
        HUB_TRY(const ObjectId commit, put(number + 1));
        HUB_CHECK(m_writer->finish());
        HUB_CHECK(m_vault.writeRefs(m_held));
        HUB_CHECK(m_vault.writeRefs({{recordFolder + QByteArray::number(number + 1), commit}}));
        if (number >= keptRecords)
            HUB_CHECK(m_vault.retireRefs({recordFolder + QByteArray::number(number + 1 - keptRecords)}, m_time));
        return std::optional(commit);
    }

private:
    bool sameAs(const GitFolder &then) const
    {
        return then.refs == m_folder.refs && then.logs == m_folder.logs && then.files == m_folder.files;
    }

    // What the refs name must come in; of what only reflogs name, what is still there.
    Result<> import()
    {
        HUB_TRY(const ObjectStore *user, m_user.get());
        QList<ObjectId> named;
        for (const auto &[name, value] : m_folder.refs) {
            if (const auto id = ObjectId::fromHex(value); id && !m_writer->has(*id))
                named << *id;
        }
        QList<ObjectId> logged;
        for (const auto &[name, log] : m_folder.logs) {
            for (const QByteArray &line : log.split('\n')) {
                if (const auto id = loggedId(line); id && !m_writer->has(*id) && user->has(*id))
                    logged << *id;
            }
        }
        if (importCommits(*user, *m_writer, logged + named))
            return {};
        m_writer = std::make_unique<PackWriter>(m_vault.objects());
        return importCommits(*user, *m_writer, named);
    }

    Result<ObjectType> typeOf(const ObjectId &id)
    {
        if (const auto known = m_vault.objects().header(id))
            return known->first;
        HUB_TRY(const ObjectStore *user, m_user.get());
        HUB_TRY(const auto header, user->header(id));
        return header.first;
    }

    // A commit without files whose parents are these: it keeps them, and is the same as long as they are.
    Result<ObjectId> anchor(const std::set<ObjectId> &ids)
    {
        QList<ObjectId> commits;
        for (const ObjectId &id : ids) {
            HUB_TRY(const ObjectType type, typeOf(id));
            if (type == ObjectType::Commit)
                commits << id;
            else if (const QByteArray name = "refs/held/" + id.hex(); !m_vault.ref(name).valueOr({}))
                m_held.emplace_back(name, id);
        }
        HUB_TRY(const ObjectId nothing, m_writer->put(ObjectType::Tree, {}));
        return m_writer->put(ObjectType::Commit, commitText(nothing, commits, Instant{}, "Kept by a record"));
    }

    Result<TreeEntry> text(const QByteArray &name, const QByteArray &bytes)
    {
        HUB_TRY(const ObjectId id, m_writer->put(ObjectType::Blob, bytes));
        return TreeEntry{name, modeFile, id};
    }

    Result<> putRefs(std::vector<TreeEntry> &entries, QList<ObjectId> &parents)
    {
        std::map<QByteArray, QByteArray> texts;
        std::map<QByteArray, std::set<ObjectId>> ids;
        for (const auto &[name, value] : m_folder.refs) {
            const QByteArray kind = kindOf(name);
            texts[kind] += name + ' ' + value + '\n';
            if (const auto id = ObjectId::fromHex(value))
                ids[kind].insert(*id);
        }
        for (const auto &[kind, lines] : texts) {
            HUB_TRY(const TreeEntry entry, text(kind, lines));
            HUB_TRY(const ObjectId kept, anchor(ids[kind]));
            entries.push_back(entry);
            parents << kept;
        }
        return {};
    }

    Result<> putLogs(std::vector<TreeEntry> &entries, QList<ObjectId> &parents)
    {
        FlatTree tree;
        std::set<ObjectId> ids;
        for (const auto &[name, log] : m_folder.logs) {
            HUB_TRY(const ObjectId id, m_writer->put(ObjectType::Blob, log));
            tree.emplace_back(name, Held{id, modeFile});
            for (const QByteArray &line : log.split('\n')) {
                if (const auto logged = loggedId(line); logged && m_writer->has(*logged))
                    ids.insert(*logged);
            }
        }
        std::sort(tree.begin(), tree.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
        HUB_TRY(const ObjectId id, buildTree(tree, *m_writer));
        HUB_TRY(const ObjectId kept, anchor(ids));
        entries.push_back({"logs", modeFolder, id});
        parents << kept;
        return {};
    }

    Result<> putFiles(std::vector<TreeEntry> &entries)
    {
        FlatTree tree;
        QByteArray modes;
        for (const auto &[name, file] : m_folder.files) {
            HUB_TRY(const ObjectId id, m_writer->put(ObjectType::Blob, file.bytes));
            tree.emplace_back(name, Held{id, file.link ? modeLink : modeFile});
            modes += QByteArray::number(file.permissions, 8) + ' ' + encodeName(name) + '\n';
        }
        HUB_TRY(const ObjectId id, buildTree(tree, *m_writer));
        HUB_TRY(const TreeEntry permissions, text("modes", modes));
        entries.push_back({"files", modeFolder, id});
        entries.push_back(permissions);
        return {};
    }

    // Index and operation state; a tree in which they can't be read is recorded without.
    Result<std::optional<ObjectId>> putTree(const QByteArray &name, QList<ObjectId> &commits)
    {
        const RepositoryPlace place =
            name.isEmpty() ? RepositoryPlace{m_place.workTree, m_place.commonDir, m_place.commonDir}
                           : RepositoryPlace{m_folder.linked.at(name), m_place.commonDir + "/worktrees/" + name,
                                             m_place.commonDir};
        auto index = currentIndex(place);
        if (!index || index->checksum.isEmpty())
            return std::optional<ObjectId>();
        ObjectId base;
        if (const auto head = m_folder.resolve(name.isEmpty() ? QByteArray("HEAD") : "worktrees/" + name + "/HEAD");
            head && m_vault.objects().has(*head)) {
            HUB_TRY(const CommitObject commit, readCommit(m_vault.objects(), *head));
            base = commit.tree;
        }
        Manifest manifest;
        HUB_CHECK(storeIndex(m_vault.objects(), m_user, *m_writer, true, base, *index, manifest));
        HUB_TRY(const TreeEntry flags, text("manifest", manifestBytes(manifest)));
        std::vector<TreeEntry> entries{{"index", modeFolder, index->tree}, flags};
        HUB_TRY(const ObjectId state, storeOperationState(place, *m_writer, commits));
        if (!index->conflicts.isNull())
            entries.push_back({"conflicts", modeFolder, index->conflicts});
        if (!state.isNull())
            entries.push_back({"state", modeFolder, state});
        HUB_TRY(const ObjectId id, m_writer->put(ObjectType::Tree, treeBytes(entries)));
        return std::optional(id);
    }

    Result<> putTrees(std::vector<TreeEntry> &entries, QList<ObjectId> &parents)
    {
        std::vector<TreeEntry> trees;
        QList<ObjectId> commits;
        QList<QByteArray> names{{}};
        for (const auto &[name, unused] : m_folder.linked)
            names << name;
        for (const QByteArray &name : names) {
            HUB_TRY(const auto tree, putTree(name, commits));
            if (tree)
                trees.push_back({name.isEmpty() ? "main" : "linked-" + name, modeFolder, *tree});
        }
        HUB_TRY(const ObjectStore *user, m_user.get());
        commits.removeIf([&](const ObjectId &id) { return !m_writer->has(id) && !user->has(id); });
        HUB_CHECK(importCommits(*user, *m_writer, commits));
        HUB_TRY(const ObjectId kept, anchor(std::set<ObjectId>(commits.begin(), commits.end())));
        HUB_TRY(const ObjectId id, m_writer->put(ObjectType::Tree, treeBytes(trees)));
        entries.push_back({"trees", modeFolder, id});
        parents << kept;
        return {};
    }

    Result<ObjectId> put(qint64 number)
    {
        std::vector<TreeEntry> entries;
        QList<ObjectId> parents;
        HUB_CHECK(putRefs(entries, parents));
        HUB_CHECK(putLogs(entries, parents));
        HUB_CHECK(putFiles(entries));
        HUB_CHECK(putTrees(entries, parents));
        HUB_TRY(const TreeEntry place, text("place", encodeName(m_place.workTree) + '\n' + encodeName(m_place.gitDir) +
                                                         '\n' + encodeName(m_place.commonDir) + '\n'));
        entries.push_back(place);
        HUB_TRY(const ObjectId root, m_writer->put(ObjectType::Tree, treeBytes(entries)));
        return m_writer->put(ObjectType::Commit,
                             commitText(root, parents, m_time, "Record " + QByteArray::number(number)));
    }

    Vault &m_vault;
    const RepositoryPlace m_place;
    const Instant m_time;
    UserObjects m_user;
    std::unique_ptr<PackWriter> m_writer;
    GitFolder m_folder;
    std::optional<Record> m_before;
    std::vector<std::pair<QByteArray, ObjectId>> m_held;
};

Result<Instant> timeOf(const ObjectSource &source, const ObjectId &commit)
{
    HUB_TRY(const RawObject object, source.read(commit));
    const qsizetype at = object.bytes.indexOf("\ncommitter ");
    const QByteArray line = object.bytes.mid(at + 1, object.bytes.indexOf('\n', at + 1) - at - 1);
    return fromMillis(line.split(' ').value(line.split(' ').size() - 2).toLongLong() * 1000);
}

} // namespace

Result<std::optional<ObjectId>> takeRecord(Vault &vault, const RepositoryPlace &place, Instant time)
{
    auto taken = Recorder(vault, place, time).take();
    return taken ? std::move(taken)
                 : Result<std::optional<ObjectId>>(std::move(taken).error().within(u"record the repository"));
}

Result<std::optional<Record>> newestRecord(const Vault &vault)
{
    const auto number = newestNumber(vault);
    if (!number)
        return std::optional<Record>();
    HUB_TRY(const auto commit, vault.ref(recordFolder + QByteArray::number(*number)));
    if (!commit)
        return fail(ErrorCode::Corrupt, u"Record %1 of the repository is damaged."_s.arg(*number));
    const ObjectStore &store = vault.objects();
    HUB_TRY(Parts parts, partsOf(store, *commit));
    Record record{.commit = *commit, .number = *number};
    HUB_TRY(record.at, timeOf(store, *commit));
    HUB_TRY(const RawObject place, store.read(parts.entries["place"]));
    const auto paths = place.bytes.split('\n');
    record.place = {decodeName(paths.value(0)), decodeName(paths.value(1)), decodeName(paths.value(2))};
    GitFolder &folder = record.folder;
    for (const auto &[name, id] : parts.entries) {
        if (name != "HEAD" && !name.startsWith("refs-"))
            continue;
        HUB_TRY(const RawObject lines, store.read(id));
        for (const QByteArray &line : lines.bytes.split('\n')) {
            if (const qsizetype space = line.indexOf(' '); space > 0)
                folder.refs[line.first(space)] = line.mid(space + 1);
        }
    }
    HUB_TRY(folder.logs, textsIn(store, parts.entries["logs"]));
    HUB_TRY(const auto files, flattenTree(store, parts.entries["files"]));
    for (const auto &[name, held] : files) {
        HUB_TRY(const RawObject object, store.read(held.id));
        folder.files[name] = {object.bytes, 0644, held.mode == modeLink};
        if (name.startsWith("worktrees/") && name.endsWith("/gitdir"))
            folder.linked[name.mid(10).chopped(7)] = object.bytes.trimmed().chopped(5);
    }
    HUB_TRY(const RawObject modes, store.read(parts.entries["modes"]));
    for (const QByteArray &line : modes.bytes.split('\n')) {
        const qsizetype space = line.indexOf(' ');
        if (space > 0 && folder.files.contains(decodeName(line.mid(space + 1))))
            folder.files[decodeName(line.mid(space + 1))].permissions = line.first(space).toUInt(nullptr, 8);
    }
    HUB_TRY(const auto trees, readTree(store, parts.entries["trees"]));
    for (const TreeEntry &tree : trees) {
        RecordedTree &recorded = record.trees[tree.name == "main" ? QByteArray() : tree.name.mid(7)];
        HUB_TRY(const auto entries, readTree(store, tree.id));
        const std::pair<const char *, ObjectId *> names[] = {{"index", &recorded.index},
                                                             {"conflicts", &recorded.conflicts},
                                                             {"manifest", &recorded.manifest},
                                                             {"state", &recorded.state}};
        for (const TreeEntry &entry : entries) {
            for (const auto &[name, id] : names) {
                if (entry.name == name)
                    *id = entry.id;
            }
        }
    }
    return std::optional(std::move(record));
}

QString lostParts(const Record &record, const GitFolder &now, const QByteArray &commonDir)
{
    const GitFolder &then = record.folder;
    if (!now.refs.contains("HEAD"))
        return u"HEAD is gone."_s;
    for (const auto &[name, value] : then.refs) {
        const auto head = now.refs.find(name);
        // The branch that a tree is on can't be deleted by git's own command.
        if (!name.startsWith("refs/") && head != now.refs.end() && head->second == value && then.resolve(name) &&
            !now.resolve(name))
            return u"%1, which a working tree is on, is gone."_s.arg(QString::fromUtf8(value.mid(5)));
    }
    const auto hasRefs = [](const GitFolder &folder) {
        const auto first = folder.refs.lower_bound("refs/");
        return first != folder.refs.end() && first->first.startsWith("refs/");
    };
    if (hasRefs(then) && !hasRefs(now))
        return u"All its branches and tags are gone."_s;
    for (const auto &[name, folder] : then.linked) {
        if (!now.linked.contains(name) && linksTo(folder, commonDir, name))
            return u"It does not know the working tree %1 any more."_s.arg(QFile::decodeName(folder));
    }
    const auto store = ObjectStore::open(commonDir + "/objects");
    if (!store)
        return u"Its objects are gone."_s;
    bool named = false;
    for (const auto &[name, value] : then.refs) {
        const auto id = ObjectId::fromHex(value);
        named = named || id;
        if (id && (*store)->has(*id))
            return {};
    }
    return named ? u"Nothing that its branches and tags named is there any more."_s : QString();
}

Result<bool> isRecordedIn(const Vault &vault, const RepositoryPlace &place)
{
    HUB_TRY(const auto record, newestRecord(vault));
    if (!record)
        return false;
    HUB_TRY(const auto store, ObjectStore::open(place.commonDir + "/objects"));
    const auto isBranch = [](const QByteArray &name) { return name.startsWith("refs/heads/"); };
    for (const auto &[name, value] : record->folder.refs) {
        if (const auto id = ObjectId::fromHex(value); id && isBranch(name) && store->has(*id))
            return true;
    }
    const GitFolder now = readGitFolder(place.commonDir);
    return std::any_of(now.refs.begin(), now.refs.end(), [&](const auto &ref) {
        const auto id = ObjectId::fromHex(ref.second);
        return id && isBranch(ref.first) && vault.objects().has(*id);
    });
}

bool linksTo(const QByteArray &folder, const QByteArray &commonDir, const QByteArray &name)
{
    const auto link = readFile(folder + "/.git");
    return link && link->startsWith("gitdir: ") && link->trimmed().endsWith(commonDir + "/worktrees/" + name);
}

QByteArray recordStamp(const RepositoryPlace &place)
{
    QCryptographicHash hash(QCryptographicHash::Sha1);
    const auto look = [&](const QByteArray &path, const auto &again) -> void {
        struct stat info;
        if (::lstat(path.constData(), &info) != 0)
            return;
        const qint64 facts[] = {qint64(info.st_ino),  qint64(info.st_size), info.st_mtim.tv_sec,
                                info.st_mtim.tv_nsec, info.st_ctim.tv_sec,  info.st_ctim.tv_nsec};
        hash.addData(path);
        hash.addData(QByteArrayView(reinterpret_cast<const char *>(facts), sizeof facts));
        if (!S_ISDIR(info.st_mode))
            return;
        for (const QByteArray &name : namesBelow(path))
            again(path + '/' + name, again);
    };
    for (const char *name : {"/HEAD", "/packed-refs", "/refs", "/config", "/config.worktree", "/hooks", "/info",
                             "/shallow", "/logs/refs/stash"})
        look(place.commonDir + name, look);
    for (const QByteArray &name : namesBelow(place.commonDir + "/worktrees")) {
        for (const char *file : {"/HEAD", "/gitdir", "/locked", "/config.worktree"})
            look(place.commonDir + "/worktrees/" + name + file, look);
    }
    return hash.result();
}

} // namespace hub::git
