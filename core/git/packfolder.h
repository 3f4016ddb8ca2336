// The packs of a vault: which are the hub's own, and what is in each. Those that it was seeded with are not rewritten
// but by a purge, and count in no quota. Private to core/git. Blocks; the project's git worker, and whoever builds a
// pack for it.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/git/objectid.h"

#include <QByteArray>
#include <QList>

#include <memory>
#include <vector>

namespace hub::git
{

struct PackFile {
    QByteArray name; // without folder and ending
    qint64 bytes = 0;
    Instant writtenAt{}; // of its youngest object
    bool seeded = false;
};

struct Seed {
    QList<QByteArray> packs;
    QList<ObjectId> tips; // all that they reach is in the seeded objects
};

// Written once, before the vault is used. A vault of before there was such a list has none: what it holds when
// readSeed() is called first counts as seeded then.
Result<> writeSeedList(const QByteArray &vault, const QList<ObjectId> &tips);
Result<Seed> readSeed(const QByteArray &vault);
// When a seeded pack had to be written anew after all.
Result<> writeSeed(const QByteArray &vault, const Seed &seed);

// Those that have an index, in the order of their names.
Result<QList<PackFile>> listPacks(const QByteArray &vault, const Seed &seed);

// Removes what interrupted work left: temporary files, packs without an index, indexes without a pack. Nobody may be
// writing a pack.
Result<> removePackLeftovers(const QByteArray &vault, const Seed &seed);
// All of them, also when a crash comes in between: what one holds may name what is in another. Durable on return.
Result<> removePacks(const QByteArray &vault, const QList<QByteArray> &names);
// Before anything else is done with the vault.
Result<> finishRemoval(const QByteArray &vault);

struct Unmap {
    size_t size = 0;
    void operator()(const unsigned char *data) const;
};

// The ids in a pack, from its index, mapped into memory.
class PackIndex
{
public:
    static Result<PackIndex> open(const QByteArray &path);

    qint64 count() const { return m_count; }
    ObjectId id(qint64 at) const;
    bool contains(const ObjectId &id) const;
    // By place of id: the bytes that each object takes in a pack of this size.
    std::vector<qint64> sizes(qint64 packBytes) const;

private:
    quint32 number(qint64 at) const;

    std::unique_ptr<const unsigned char, Unmap> m_data;
    qint64 m_count = 0;
};

QByteArray packPath(const QByteArray &vault, const QByteArray &name, const char *ending);

} // namespace hub::git
