// Writes the new objects of one or several snapshots into one pack of the vault: nothing is visible before finish(),
// and everything is on disk after it.
#pragma once

#include "core/base/durablefile.h"
#include "core/git/objectstore.h"

#include <QByteArray>

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace hub::git
{

// Where the objects of a snapshot go. add() and has() are thread-safe.
class ObjectSink
{
public:
    virtual ~ObjectSink() = default;
    // Whether the object need not be added: it is stored or about to be.
    virtual bool has(const ObjectId &id) const = 0;
    virtual Result<> add(const ObjectId &id, ObjectType type, QByteArrayView bytes) = 0;
    // Gives the next bytes of a large object into the buffer: their number, 0 at the end, negative on failure.
    using Read = std::function<qint64(char *buffer, qint64 size)>;
    // A blob of exactly `size` bytes whose id is known. False when what was read was not that object: nothing is kept.
    virtual Result<bool> addLarge(const ObjectId &id, qint64 size, const Read &read) = 0;

    Result<ObjectId> put(ObjectType type, const QByteArray &bytes);
};

class PackWriter final : public ObjectSink
{
public:
    // `store` is the vault's; objects that it has are not written again.
    explicit PackWriter(ObjectStore &store);
    ~PackWriter() override; // an unfinished pack leaves nothing behind

    bool has(const ObjectId &id) const override;
    Result<> add(const ObjectId &id, ObjectType type, QByteArrayView bytes) override;
    Result<bool> addLarge(const ObjectId &id, qint64 size, const Read &read) override;

    // Pack and index synced and renamed in, the folder synced. Without new objects nothing is written.
    Result<> finish();
    qint64 objects() const { return qint64(m_rows.size()); }
    qint64 bytes() const { return m_offset; }

private:
    struct Row {
        ObjectId id;
        quint32 crc;
        qint64 offset;
    };
    Result<> begin();
    Result<> append(const char *data, qsizetype size);
    Result<> flush();
    Result<QByteArray> writeIndex(const QByteArray &packSum);

    ObjectStore &m_store;
    mutable std::mutex m_mutex;
    std::unordered_set<ObjectId, ObjectIdHash> m_known;
    std::vector<Row> m_rows;
    FileHandle m_file;
    QByteArray m_path;
    QByteArray m_buffer;
    qint64 m_offset = 0; // of the next byte in the pack, buffered ones included
};

// Takes objects without writing any: tells what ids a working tree would have, and keeps the trees to read.
class MemorySink final : public ObjectSink, public ObjectSource
{
public:
    explicit MemorySink(const ObjectStore &store)
        : m_store(store)
    {
    }

    bool has(const ObjectId &id) const override;
    Result<> add(const ObjectId &id, ObjectType type, QByteArrayView bytes) override;
    Result<bool> addLarge(const ObjectId &id, qint64 size, const Read &read) override;
    Result<RawObject> read(const ObjectId &id) const override;

private:
    const ObjectStore &m_store;
    mutable std::mutex m_mutex;
    std::unordered_map<ObjectId, RawObject, ObjectIdHash> m_objects;
};

// Writes into a repository's own store, each object loose and synced: for the few that a rollback has to give back.
class LooseSink final : public ObjectSink
{
public:
    explicit LooseSink(ObjectStore &store)
        : m_store(store)
    {
    }
    bool has(const ObjectId &id) const override { return m_store.has(id); }
    Result<> add(const ObjectId &id, ObjectType type, QByteArrayView bytes) override;
    Result<bool> addLarge(const ObjectId &id, qint64 size, const Read &read) override;

private:
    ObjectStore &m_store;
};

} // namespace hub::git
