// Reads git's object databases (loose objects, packs, alternates), whatever the format of the repository around them.
// Thread-safe: the hashing threads ask has() at the same time.
#pragma once

#include "core/base/result.h"
#include "core/git/objectid.h"

#include <QByteArray>

#include <memory>

struct git_odb;

namespace hub::git
{

struct RawObject {
    ObjectType type = ObjectType::Blob;
    QByteArray bytes;
};

// What can give objects by id: a store on disk, or one with objects in memory before it.
class ObjectSource
{
public:
    virtual ~ObjectSource() = default;
    // NotFound when the object is not there, Corrupt when it does not read back as its name says.
    virtual Result<RawObject> read(const ObjectId &id) const = 0;
};

class ObjectStore final : public ObjectSource
{
public:
    // `folder` is an objects/ folder.
    static Result<std::unique_ptr<ObjectStore>> open(const QByteArray &folder);
    ~ObjectStore() override;

    bool has(const ObjectId &id) const;
    Result<RawObject> read(const ObjectId &id) const override;
    // Type and size without the content.
    Result<std::pair<ObjectType, qint64>> header(const ObjectId &id) const;
    // Writes one loose object, synced with its folder. An existing one is left as it is.
    Result<ObjectId> writeLoose(ObjectType type, const QByteArray &bytes);
    // Looks for packs that came since; has() never does so by itself.
    Result<> refresh();
    // Forgets packs that are gone, and every object that it remembers of them. Nobody may be reading.
    Result<> reopen();
    const QByteArray &folder() const { return m_folder; }

private:
    explicit ObjectStore(QByteArray folder, git_odb *odb)
        : m_folder(std::move(folder))
        , m_odb(odb)
    {
    }
    QByteArray m_folder;
    git_odb *m_odb;
};

// The name that git gives to these bytes.
ObjectId hashObject(ObjectType type, QByteArrayView bytes);
// "blob 12\0", what git hashes before the bytes.
QByteArray objectHeader(ObjectType type, qint64 size);

} // namespace hub::git
