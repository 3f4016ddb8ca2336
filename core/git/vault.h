// The hub's own bare repository of one project: snapshots live here, apart from the user's `.git`, with every object
// they need. Blocks; the project's git worker only.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/git/objectstore.h"
#include "core/git/packwriter.h"
#include "core/git/repository.h"

#include <map>
#include <memory>

namespace hub::git
{

enum class SeedMethod { Reflink, Copy, HardLink };
QString seedMethodText(SeedMethod method);

struct SeedOptions {
    qint64 copyLimit = 2ll << 30; // larger object stores are hard-linked when the file system can't share blocks
};

struct SeedReport {
    SeedMethod method = SeedMethod::Copy;
    qint64 bytes = 0; // of the objects taken over
    int files = 0;
    double seconds = 0;
    QString doesNotProtectFrom; // one sentence; empty when nothing is to say
};

class Vault
{
public:
    // Makes the vault at `path` with all objects that the repository's refs need; an existing one is opened and checked
    // again. Built beside under another name and renamed in when complete and synced, so a crash leaves none.
    static Result<std::unique_ptr<Vault>> create(const QByteArray &path, const RepositoryPlace &place,
                                                 const SeedOptions &options, SeedReport *report = nullptr);
    static Result<std::unique_ptr<Vault>> open(const QByteArray &path);

    const QByteArray &path() const { return m_path; }
    const QByteArray &id() const { return m_id; } // 16 bytes, its own for ever
    ObjectStore &objects() { return *m_objects; }
    const ObjectStore &objects() const { return *m_objects; }

    Result<std::optional<ObjectId>> ref(const QByteArray &name) const;
    // All durable on return. Many at once share one file and one sync.
    Result<> writeRefs(const std::vector<std::pair<QByteArray, ObjectId>> &refs);
    // For snapshots that turned out not to be needed; a missing ref is success.
    Result<> removeRefs(const QList<QByteArray> &names);
    Result<> removeRef(const QByteArray &name) { return removeRefs({name}); }
    // For what was needed until now: its objects stay until expireRetired(), named by refs/gone/SECONDS/ID.
    Result<> retireRefs(const QList<QByteArray> &names, Instant now);
    // Removes what was retired before `before`: how many.
    Result<int> expireRetired(Instant before);
    Result<std::map<QByteArray, ObjectId>> refs() const;

    // Every object that the ids of the user's repository reach is here. Git says what is missing.
    Result<> checkConnected(const QList<ObjectId> &ids) const;

private:
    Vault(QByteArray path, QByteArray id, std::unique_ptr<ObjectStore> objects)
        : m_path(std::move(path))
        , m_id(std::move(id))
        , m_objects(std::move(objects))
    {
    }
    Result<> writeLooseRef(const QByteArray &name, const ObjectId &id);
    Result<std::map<QByteArray, QByteArray>> packedRefs() const; // names to hex
    Result<> writePackedRefs(const std::map<QByteArray, QByteArray> &refs);

    QByteArray m_path, m_id;
    std::unique_ptr<ObjectStore> m_objects;
};

// Copies what the commits reach and the sink lacks; a commit that the sink has is taken to be complete.
Result<> importCommits(const ObjectStore &from, ObjectSink &to, const QList<ObjectId> &commits);
// Puts a commit of the repository into the vault under this name, with all that it reaches, and proves that the vault
// has it without the repository.
Result<> archiveCommit(Vault &vault, const RepositoryPlace &place, const QByteArray &ref, const ObjectId &commit);
// One object as it is; NotFound when `from` has none.
Result<> importObject(const ObjectStore &from, ObjectSink &to, const ObjectId &id);

} // namespace hub::git
