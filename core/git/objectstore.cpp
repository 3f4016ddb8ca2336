#include "core/git/objectstore.h"

#include "core/base/durablefile.h"
#include "core/git/handle.h"

#include <QCryptographicHash>

using namespace Qt::StringLiterals;

namespace hub::git
{

namespace
{

const git_oid *asOid(const ObjectId &id)
{
    static_assert(sizeof(git_oid) == sizeof(id.bytes));
    return reinterpret_cast<const git_oid *>(id.bytes.data());
}

} // namespace

Result<std::unique_ptr<ObjectStore>> ObjectStore::open(const QByteArray &folder)
{
    HUB_TRY(OdbHandle odb, gitMake<OdbHandle>(u"open object store", git_odb_open, folder.constData()));
    return std::unique_ptr<ObjectStore>(new ObjectStore(folder, odb.release()));
}

ObjectStore::~ObjectStore() { git_odb_free(m_odb); }

bool ObjectStore::has(const ObjectId &id) const
{
    return git_odb_exists_ext(m_odb, asOid(id), GIT_ODB_LOOKUP_NO_REFRESH) == 1;
}

Result<RawObject> ObjectStore::read(const ObjectId &id) const
{
    git_odb_object *raw = nullptr;
    if (const int code = git_odb_read(&raw, m_odb, asOid(id)); code < 0) {
        Error error = gitError(code, u"read object "_s + QString::fromLatin1(id.hex()));
        if (code == GIT_EMISMATCH)
            error.code = ErrorCode::Corrupt;
        return error;
    }
    const OdbObjectHandle object(raw);
    return RawObject{
        ObjectType(git_odb_object_type(raw)),
        QByteArray(static_cast<const char *>(git_odb_object_data(raw)), qsizetype(git_odb_object_size(raw)))};
}

Result<std::pair<ObjectType, qint64>> ObjectStore::header(const ObjectId &id) const
{
    size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (const int code = git_odb_read_header(&size, &type, m_odb, asOid(id)); code < 0)
        return gitError(code, u"read object "_s + QString::fromLatin1(id.hex()));
    return std::pair(ObjectType(type), qint64(size));
}

Result<ObjectId> ObjectStore::writeLoose(ObjectType type, const QByteArray &bytes)
{
    git_oid id;
    if (const int code = git_odb_write(&id, m_odb, bytes.constData(), size_t(bytes.size()), git_object_t(type));
        code < 0)
        return gitError(code, u"write object");
    const ObjectId written = ObjectId::fromRaw(id.id);
    const QByteArray fanOut = m_folder + '/' + written.hex().first(2);
    if (auto synced = syncFolder(fanOut); !synced && synced.error().code != ErrorCode::NotFound)
        return std::move(synced).error();
    HUB_CHECK(syncFolder(m_folder));
    return written;
}

Result<> ObjectStore::refresh()
{
    if (const int code = git_odb_refresh(m_odb); code < 0)
        return gitError(code, u"look for new packs");
    return {};
}

Result<> ObjectStore::reopen()
{
    HUB_TRY(OdbHandle odb, gitMake<OdbHandle>(u"open object store", git_odb_open, m_folder.constData()));
    git_odb_free(std::exchange(m_odb, odb.release()));
    return {};
}

QByteArray objectHeader(ObjectType type, qint64 size)
{
    static constexpr const char *names[] = {"", "commit ", "tree ", "blob ", "tag "};
    return names[int(type)] + QByteArray::number(size) + '\0';
}

ObjectId hashObject(ObjectType type, QByteArrayView bytes)
{
    QCryptographicHash hash(QCryptographicHash::Sha1);
    hash.addData(objectHeader(type, bytes.size()));
    hash.addData(bytes);
    return ObjectId::fromRaw(hash.resultView().constData());
}

} // namespace hub::git
