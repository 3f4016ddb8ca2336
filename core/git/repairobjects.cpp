#include "core/git/repairobjects.h"

#include "core/git/gitprogram.h"

#include <QFile>
#include <QSet>

#include <tuple>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

constexpr std::chrono::hours patience{2};
constexpr qint64 largePack = 256 << 20; // bytes; what is taken over goes into packs of about this size

QList<ObjectId> looseIds(const QByteArray &objects)
{
    QList<ObjectId> ids;
    for (const QByteArray &fan : namesBelow(objects)) {
        if (fan.size() != 2)
            continue;
        for (const QByteArray &name : namesBelow(objects + '/' + fan)) {
            if (const auto id = ObjectId::fromHex(fan + name))
                ids << *id;
        }
    }
    return ids;
}

QList<QByteArray> packsIn(const QByteArray &objects, const QByteArray &suffix)
{
    QList<QByteArray> packs;
    for (const QByteArray &name : namesBelow(objects + "/pack")) {
        if (name.startsWith("pack-") && name.endsWith(suffix))
            packs << objects + "/pack/" + name.chopped(suffix.size());
    }
    return packs;
}

// The ids that a pack's index names; none when it is damaged.
QList<ObjectId> idsOf(const QByteArray &pack)
{
    QList<ObjectId> ids;
    const auto index = readFile(pack + ".idx");
    if (!index)
        return ids;
    const auto listed = runGit({.arguments = {"show-index"}, .input = *index, .timeLimit = patience});
    for (const QByteArray &line : listed.valueOr({}).split('\n')) {
        if (const auto id = ObjectId::fromHex(line.split(' ').value(1)))
            ids << *id;
    }
    return ids;
}

// Git's own way to get out of a damaged pack whatever can be had. What it says of the rest is known already.
void unpack(const QByteArray &pack, const QByteArray &gitDir)
{
    QFile file(QFile::decodeName(pack + ".pack"));
    if (!file.open(QIODevice::ReadOnly) || file.size() == 0)
        return;
    uchar *bytes = file.map(0, file.size());
    if (!bytes)
        return;
    std::ignore = tryGit({.arguments = {"--git-dir", gitDir, "unpack-objects", "-r", "-q"},
                          .input = QByteArray::fromRawData(reinterpret_cast<const char *>(bytes), file.size()),
                          .writes = true,
                          .timeLimit = patience});
    file.unmap(bytes);
}

} // namespace

Result<> fillFromVault(const Vault &vault, const QList<ObjectId> &tips, const QByteArray &gitDir)
{
    QByteArray input;
    for (const ObjectId &tip : tips)
        input += tip.hex() + '\n';
    if (input.isEmpty())
        return {};
    auto packed =
        runGit({.folder = vault.path(),
                .arguments = {"pack-objects", "--revs", "--delta-base-offset", "-q", gitDir + "/objects/pack/pack"},
                .input = input,
                .timeLimit = patience});
    if (!packed)
        return fail(ErrorCode::Corrupt,
                    u"The vault does not give everything that was recorded: %1"_s.arg(packed.error().message),
                    u"agenthubctl doctor"_s);
    return {};
}

Result<TakenOver> takeOverObjects(const QByteArray &oldObjects, const QByteArray &gitDir)
{
    TakenOver result;
    HUB_TRY(auto store, ObjectStore::open(gitDir + "/objects"));
    const auto old = ObjectStore::open(oldObjects);
    if (!old)
        return result;
    auto writer = std::make_unique<PackWriter>(*store);
    QSet<ObjectId> unreadable;
    const auto take = [&](const QList<ObjectId> &ids) -> Result<bool> {
        bool all = true;
        for (const ObjectId &id : ids) {
            if (writer->has(id))
                continue;
            const auto object = (*old)->read(id);
            if (!object) {
                unreadable.insert(id);
                all = false;
                continue;
            }
            HUB_CHECK(writer->add(id, object->type, object->bytes));
            ++result.objects;
            if (writer->bytes() > largePack) {
                HUB_CHECK(writer->finish());
                writer = std::make_unique<PackWriter>(*store);
            }
        }
        return all;
    };
    HUB_TRY(const bool loose, take(looseIds(oldObjects)));
    std::ignore = loose;
    QList<QByteArray> damaged;
    for (const QByteArray &pack : packsIn(oldObjects, ".pack")) {
        const QList<ObjectId> ids = idsOf(pack);
        HUB_TRY(const bool all, take(ids));
        if (!all || ids.isEmpty())
            damaged << pack;
    }
    HUB_CHECK(writer->finish());
    const qsizetype before = looseIds(gitDir + "/objects").size();
    for (const QByteArray &pack : damaged)
        unpack(pack, gitDir);
    result.objects += looseIds(gitDir + "/objects").size() - before;
    HUB_CHECK(store->refresh());
    for (const ObjectId &id : unreadable)
        result.unreadable += store->has(id) ? 0 : 1;
    return result;
}

Result<QString> findDamagedObject(const QByteArray &commonDir)
{
    const QByteArray objects = commonDir + "/objects";
    for (const QByteArray &pack : packsIn(objects, ".pack")) {
        HUB_TRY(const auto checked, tryGit({.arguments = {"verify-pack", pack + ".idx"}, .timeLimit = patience}));
        if (checked.exitCode != 0)
            return u"%1.pack is damaged."_s.arg(QFile::decodeName(pack));
    }
    HUB_TRY(const auto store, ObjectStore::open(objects));
    for (const ObjectId &id : looseIds(objects)) {
        if (!store->read(id))
            return u"The object %1 is damaged."_s.arg(QString::fromLatin1(id.hex()));
    }
    return QString();
}

} // namespace hub::git
