#include "core/git/vault.h"

#include "core/base/durablefile.h"
#include "core/base/enumtext.h"
#include "core/git/gitprogram.h"
#include "core/git/packfolder.h"
#include "core/git/treeobject.h"
#include "core/git/vaultseed.h"

#include <QRandomGenerator>
#include <QSet>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

inline constexpr EnumText<SeedMethod> seedTexts[]{
    {SeedMethod::Reflink, "reflink"_L1}, {SeedMethod::Copy, "copy"_L1}, {SeedMethod::HardLink, "hard link"_L1}};

// More refs than this at once go into packed-refs: one file and one sync instead of two for each.
constexpr size_t looseRefs = 3;
const QByteArray goneFolder = "refs/gone/";

QByteArray configText(const QByteArray &id)
{
    // Nothing may ever remove an object by itself; the hub's own thinning does it by its own rules. The fsck settings
    // allow names that a working tree may have though git's own trees may not.
    return "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n\tfsync = all\n"
           "[gc]\n\tauto = 0\n\tpruneExpire = never\n\treflogExpire = never\n[maintenance]\n\tauto = false\n"
           "[receive]\n\tautogc = false\n[transfer]\n\tunpackLimit = 1\n"
           "[fsck]\n\thasDotgit = ignore\n\tgitmodulesSymlink = ignore\n\tgitmodulesBlob = ignore\n\tgitmodulesParse = "
           "ignore\n"
           "\tgitmodulesName = ignore\n\tgitmodulesUrl = ignore\n\tgitmodulesPath = ignore\n\tgitmodulesUpdate = "
           "ignore\n"
           "[agenthub]\n\tid = " +
           id.toHex() + "\n";
}

Result<QByteArray> idOf(const QByteArray &path)
{
    HUB_TRY(const QByteArray config, readFile(path + "/config"));
    const qsizetype at = config.indexOf("\tid = ");
    const QByteArray id = at < 0 ? QByteArray() : QByteArray::fromHex(config.mid(at + 6, 32));
    if (id.size() != 16)
        return fail(ErrorCode::Corrupt, u"%1 is not a vault of AgentHub."_s.arg(QString::fromLocal8Bit(path)));
    return id;
}

} // namespace

QString seedMethodText(SeedMethod method) { return textOf(seedTexts, method); }

Result<std::unique_ptr<Vault>> Vault::open(const QByteArray &path)
{
    HUB_TRY(const QByteArray id, idOf(path));
    HUB_CHECK(finishRemoval(path));
    HUB_TRY(auto objects, ObjectStore::open(path + "/objects"));
    return std::unique_ptr<Vault>(new Vault(path, id, std::move(objects)));
}

Result<std::unique_ptr<Vault>> Vault::create(const QByteArray &path, const RepositoryPlace &place,
                                             const SeedOptions &options, SeedReport *report)
{
    HUB_TRY(const auto refs, readRefs(place));
    QList<ObjectId> ids;
    for (const auto &[name, id] : refs)
        ids << id;
    struct stat info;
    if (::stat((path + "/config").constData(), &info) == 0) {
        HUB_TRY(auto vault, open(path));
        HUB_TRY(const auto source, ObjectStore::open(place.commonDir + "/objects"));
        PackWriter writer(vault->objects());
        HUB_CHECK(importCommits(*source, writer, ids));
        HUB_CHECK(writer.finish());
        HUB_CHECK(vault->checkConnected(ids));
        return vault;
    }
    const auto began = std::chrono::steady_clock::now();
    const QByteArray building = path + ".building";
    HUB_CHECK(removeTree(building));
    for (const char *folder : {"/objects/pack", "/objects/info", "/refs/heads", "/info"})
        HUB_CHECK(makeFolders(building + folder));
    QByteArray id(16, Qt::Uninitialized);
    QRandomGenerator::system()->generate(reinterpret_cast<quint32 *>(id.data()),
                                         reinterpret_cast<quint32 *>(id.data() + 16));
    HUB_CHECK(writeFileDurably(building + "/HEAD", "ref: refs/heads/none\n"));
    HUB_CHECK(writeFileDurably(building + "/config", configText(id)));
    HUB_TRY(SeedReport seeded, seedObjects(place, building, options));
    {
        HUB_TRY(auto vault, open(building));
        HUB_CHECK(vault->checkConnected(ids));
        HUB_CHECK(writeSeedList(building, ids));
    }
    if (::rename(building.constData(), path.constData()) != 0)
        return systemError(errno, u"rename", building);
    HUB_CHECK(syncFolder(path.first(path.lastIndexOf('/'))));
    seeded.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (report)
        *report = seeded;
    return open(path);
}

Result<std::optional<ObjectId>> Vault::ref(const QByteArray &name) const { return readRef({{}, m_path, m_path}, name); }

// Apart from the refs until it is whole: git takes every file among them for a ref.
Result<> Vault::writeLooseRef(const QByteArray &name, const ObjectId &id)
{
    const QByteArray path = m_path + '/' + name, folder = path.first(path.lastIndexOf('/'));
    const QByteArray prepared = m_path + "/agenthub-ref";
    HUB_CHECK(makeFolders(folder));
    {
        HUB_TRY(const FileHandle file, openFile(prepared, O_WRONLY | O_CREAT | O_TRUNC));
        HUB_CHECK(writeAll(file.fd(), id.hex() + '\n', prepared));
        HUB_CHECK(syncFile(file.fd(), prepared));
    }
    if (::rename(prepared.constData(), path.constData()) != 0)
        return systemError(errno, u"write", path);
    return syncFolder(folder);
}

Result<std::map<QByteArray, QByteArray>> Vault::packedRefs() const
{
    std::map<QByteArray, QByteArray> refs;
    auto text = readFile(m_path + "/packed-refs");
    if (!text && text.error().code != ErrorCode::NotFound)
        return std::move(text).error();
    for (const QByteArray &line : text.valueOr({}).split('\n')) {
        if (line.size() > 41 && line[40] == ' ')
            refs[line.mid(41)] = line.first(40);
    }
    return refs;
}

Result<> Vault::writePackedRefs(const std::map<QByteArray, QByteArray> &refs)
{
    QByteArray text = "# pack-refs with: sorted \n";
    for (const auto &[name, hex] : refs)
        text += hex + ' ' + name + '\n';
    return writeFileDurably(m_path + "/packed-refs", text);
}

Result<> Vault::writeRefs(const std::vector<std::pair<QByteArray, ObjectId>> &refs)
{
    std::vector<std::pair<QByteArray, ObjectId>> together;
    for (const auto &[name, id] : refs) {
        // A loose file wins over packed-refs: where there is one it must be the one to change.
        if (refs.size() <= looseRefs || ::access((m_path + '/' + name).constData(), F_OK) == 0)
            HUB_CHECK(writeLooseRef(name, id));
        else
            together.emplace_back(name, id);
    }
    if (together.empty())
        return {};
    HUB_TRY(auto packed, packedRefs());
    for (const auto &[name, id] : together)
        packed[name] = id.hex();
    return writePackedRefs(packed);
}

// Not by git: killed in the middle it would leave a lock that nobody removes.
Result<> Vault::removeRefs(const QList<QByteArray> &names)
{
    HUB_TRY(auto packed, packedRefs());
    size_t erased = 0;
    for (const QByteArray &name : names)
        erased += packed.erase(name);
    if (erased > 0)
        HUB_CHECK(writePackedRefs(packed));
    QSet<QByteArray> folders;
    for (const QByteArray &name : names) {
        const QByteArray path = m_path + '/' + name;
        if (::unlink(path.constData()) == 0)
            folders.insert(path.first(path.lastIndexOf('/')));
        else if (errno != ENOENT && errno != ENOTDIR)
            return systemError(errno, u"remove", path);
    }
    for (const QByteArray &folder : folders)
        HUB_CHECK(syncFolder(folder));
    return {};
}

Result<> Vault::retireRefs(const QList<QByteArray> &names, Instant now)
{
    const QByteArray folder = goneFolder + QByteArray::number(toMillis(now) / 1000) + '/';
    std::vector<std::pair<QByteArray, ObjectId>> gone;
    HUB_TRY(const auto all, refs());
    for (const QByteArray &name : names) {
        if (const auto at = all.find(name); at != all.end())
            gone.emplace_back(folder + at->second.hex(), at->second);
    }
    std::sort(gone.begin(), gone.end());
    gone.erase(std::unique(gone.begin(), gone.end()), gone.end());
    HUB_CHECK(writeRefs(gone));
    return removeRefs(names);
}

Result<int> Vault::expireRetired(Instant before)
{
    HUB_TRY(const auto all, refs());
    QList<QByteArray> expired;
    for (auto at = all.lower_bound(goneFolder); at != all.end() && at->first.startsWith(goneFolder); ++at) {
        const QByteArray seconds = at->first.mid(goneFolder.size()).split('/').value(0);
        if (seconds.toLongLong() * 1000 < toMillis(before))
            expired << at->first;
    }
    HUB_CHECK(removeRefs(expired));
    return int(expired.size());
}

Result<std::map<QByteArray, ObjectId>> Vault::refs() const { return readRefs({m_path, m_path, m_path}); }

Result<> Vault::checkConnected(const QList<ObjectId> &ids) const
{
    QByteArray input;
    for (const ObjectId &id : ids)
        input += id.hex() + '\n';
    if (input.isEmpty())
        return {};
    auto checked = runGit({.folder = m_path,
                           .arguments = {"rev-list", "--objects", "--stdin", "--quiet"},
                           .input = input,
                           .timeLimit = std::chrono::hours{2}});
    if (!checked)
        return fail(ErrorCode::Corrupt,
                    u"The vault lacks objects that the repository names: %1"_s.arg(checked.error().message),
                    u"git fsck in the repository tells whether it is damaged itself"_s);
    return {};
}

Result<> importObject(const ObjectStore &from, ObjectSink &to, const ObjectId &id)
{
    if (to.has(id))
        return {};
    HUB_TRY(const RawObject object, from.read(id));
    return to.add(id, object.type, object.bytes);
}

namespace
{

Result<> importTree(const ObjectStore &from, ObjectSink &to, const ObjectId &id)
{
    if (to.has(id))
        return {};
    HUB_TRY(const auto entries, readTree(from, id));
    for (const TreeEntry &entry : entries) {
        if (entry.mode == modeFolder)
            HUB_CHECK(importTree(from, to, entry.id));
        else if (entry.mode != modeCommit)
            HUB_CHECK(importObject(from, to, entry.id));
    }
    HUB_CHECK(importObject(from, to, id)); // after what it names: what the sink has is complete
    return {};
}

} // namespace

Result<> importCommits(const ObjectStore &from, ObjectSink &to, const QList<ObjectId> &commits)
{
    QList<ObjectId> open = commits;
    QSet<ObjectId> seen;
    while (!open.isEmpty()) {
        const ObjectId id = open.takeLast();
        if (seen.contains(id) || to.has(id))
            continue;
        seen.insert(id);
        HUB_TRY(const RawObject object, from.read(id));
        if (object.type == ObjectType::Tag) {
            if (const auto target = ObjectId::fromHex(object.bytes.mid(7, 40));
                target && object.bytes.startsWith("object "))
                open << *target;
        } else if (object.type == ObjectType::Tree) {
            HUB_CHECK(importTree(from, to, id));
        } else if (object.type == ObjectType::Commit) {
            HUB_TRY(const CommitObject commit, readCommit(from, id));
            HUB_CHECK(importTree(from, to, commit.tree));
            open << commit.parents;
        }
        HUB_CHECK(to.add(id, object.type, object.bytes));
    }
    return {};
}

Result<> archiveCommit(Vault &vault, const RepositoryPlace &place, const QByteArray &ref, const ObjectId &commit)
{
    {
        HUB_TRY(const auto user, ObjectStore::open(place.commonDir + "/objects"));
        PackWriter writer(vault.objects());
        HUB_CHECK(importCommits(*user, writer, {commit}));
        HUB_CHECK(writer.finish());
    }
    HUB_CHECK(vault.writeRefs({{ref, commit}}));
    return vault.checkConnected({commit});
}

} // namespace hub::git
