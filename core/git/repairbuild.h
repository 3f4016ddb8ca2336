// Builds the new git folder of a repair: objects, refs, reflogs, files, working trees. Nothing beside it is written.
// Private to core/git.
#pragma once

#include "core/git/repair.h"
#include "core/git/repairobjects.h"

namespace hub::git
{

class RepairBuild
{
public:
    // `commonDir` is the old `.git`, which may be gone; `target` is the folder to fill.
    RepairBuild(const Vault &vault, const Record &record, const RepairRequest &request, QByteArray commonDir,
                QByteArray target);

    Result<> build(RepairReport &report);
    // Git's own look at the result, and whether every ref is what was planned.
    Result<> check() const;

private:
    Result<> makeFrame();
    Result<> fillObjects();
    Result<> decideRefs();
    QByteArray decideHead(const QByteArray &name) const;
    void decideLinked();
    Result<> writeRefs();
    Result<> writeLogs();
    QByteArray decideLog(const QByteArray &ref, ObjectStore &store) const;
    Result<> writeFiles();
    Result<> writeTree(const QByteArray &name);
    Result<bool> writeOldIndex(const QByteArray &name);
    Result<bool> writeRecordedIndex(const QByteArray &name, const RecordedTree &recorded);
    Result<> writeState(const QByteArray &name, const ObjectId &state);
    void carryOver(const QByteArray &name);
    Result<> setPermissions();

    bool isLeft(const QByteArray &name) const; // of a working tree that is not there any more
    QByteArray entryOf(const QByteArray &name) const
    {
        return name.isEmpty() ? m_target : m_target + "/worktrees/" + name;
    }
    QByteArray oldEntryOf(const QByteArray &name) const
    {
        return name.isEmpty() ? m_commonDir : m_commonDir + "/worktrees/" + name;
    }
    RepositoryPlace placeOf(const QByteArray &name) const;

    const Vault &m_vault;
    const Record &m_record;
    const RepairRequest &m_request;
    const QByteArray m_commonDir, m_target;
    GitFolder m_old;
    bool m_foreign = false; // what lies there is another repository
    GitFolder m_new;
    RepairReport m_report;
};

} // namespace hub::git
